import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isFailure } from '#base';
import { readTestFile } from '../../../src/cli/judging/test-file.ts';
import { parseProcessFacts } from '../../../src/cli/process-facts.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'd4c-judging-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function d4c(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'policy', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const policy = file('p.yaml', `selectors:
  - name: a
    operation: createExecutable
    containerImageName: web
    targetFilePath:
      - /opt/**
      - /usr/bin/**
  - name: free
    targetFilePath: [/usr/bin/free-*]
responses:
  - match: [a]
    exclude: [free]
    actions: [alert, block]
`);
const explainX = ['explain', policy, '--operation', 'createExecutable', '--path', '/usr/bin/x', '--json'];

test('explain says which values hold, and where they stand', () => {
  const { status, stdout } = d4c(...explainX, '--container', 'image=docker.io/library/web:1');
  assert.equal(status, 0);
  const said = JSON.parse(stdout);
  assert.deepEqual(said.actions, ['alert', 'block']);
  assert.equal(said.decided, true);
  assert.deepEqual(said.responses, [
    { file: policy, section: 'file', index: 0, line: 11, applies: true, match: ['a'], exclude: ['free'], actions: ['alert', 'block'] },
  ]);
  const [a, free] = said.selectors;
  assert.deepEqual({ ...a, conditions: undefined }, { file: policy, section: 'file', name: 'a', line: 2, holds: true, conditions: undefined });
  assert.deepEqual(a.conditions.find((one: { name: string }) => one.name === 'targetFilePath'), {
    name: 'targetFilePath', holds: true, value: '/usr/bin/**', line: 7,
  });
  assert.equal(free.holds, false);
});

test('explain leaves open what an unknown container leaves open', () => {
  const said = JSON.parse(d4c(...explainX, '--container', 'unknown').stdout);
  assert.deepEqual([said.actions, said.decided, said.responses[0].applies, said.selectors[0].holds], [[], false, 'undecided', 'undecided']);
});

test('explain takes several operations, two paths, a mount and a process', () => {
  const words = ['explain', policy, '--operation', 'createFile,createExecutable', '--path', '/usr/bin/free-x', '--path', '/usr/bin/x'];
  const said = JSON.parse(d4c(...words, '--mount', 'volume', '--process', 'userId=0', '--container', 'image=web', '--json').stdout);
  assert.deepEqual(said.actions, ['alert', 'block']);
});

test('a wrong word on the command line: exit status 2, nothing on standard output', () => {
  const { status, stderr, stdout } = d4c('explain', policy, '--operation', 'createExecutabel', '--path', '/x');
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /`createExecutabel` is no operation[^]*did you mean `createExecutable`/);
});

test('explain says what was asked about where a condition does not hold, and wants a path that the kernel tells', () => {
  const asked = ['explain', policy, '--operation', 'modifyFile'];
  const { stdout } = d4c(...asked, '--path', '/srv/x', '--container', 'image=docker.io/library/db:1');
  assert.match(stdout, /line 2 {2}operation does not hold: the operation is `modifyFile`\n/);
  assert.match(stdout, /line 4 {2}containerImageName does not hold: the container has `db`\n/);
  assert.match(stdout, /line 5 {2}targetFilePath does not hold: the path is `\/srv\/x`\n/);
  const odd = d4c(...asked, '--path', '/usr/bin/../x/');
  assert.deepEqual([odd.status, odd.stdout], [2, '']);
  assert.match(odd.stderr, /`\/usr\/bin\/\.\.\/x\/` is not one that the kernel tells[^]*write `\/usr\/x`/);
});

test('wrong facts of a process are told with the nearest', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['execuable=/x', /`execuable` is no fact of a process.*did you mean `executable`/],
    ['userId', /`userId` has no value.*`userId=VALUE`/],
    ['userId=root', /`root` is no user id.*0 to 4294967294/],
    ['userId=4294967295', /`4294967295` is no user id/],
    ['interactive=yes', /`interactive` is `yes`.*`true` or `false`/],
    ['executable=bin/x', /`bin\/x` is not absolute/],
  ];
  for (const [option, message] of cases) assert.match(told(() => parseProcessFacts([option])), message);
  assert.match(told(() => parseProcessFacts(['userId=0', 'userId=1'])), /`userId` is given twice/);
});

/** Message and help of the Failure that something ends in. */
function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isFailure(error)) return `${error.message} ${error.help ?? ''}`;
    throw error;
  }
  return 'no failure';
}

const broken = file('broken.yaml', 'selectors: []\nresponses: []\n');

test('a policy with errors is not explained: its findings, exit status 1', () => {
  const { status, stdout, stderr } = d4c('explain', broken, '--operation', 'exec');
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /broken\.yaml/);
  const asJson = d4c('explain', broken, '--operation', 'exec', '--json');
  assert.deepEqual([asJson.status, asJson.stderr, JSON.parse(asJson.stdout).files[0].ok], [1, '', false]);
});

const tests = (text: string): string => file('t.yaml', text);

test('policy test runs what a file says, on every engine', () => {
  const given = tests(`policies: [p.yaml]
tests:
  - {name: one, operation: createExecutable, path: /usr/bin/x, container: {image: web}, expect: [block, alert]}
  - {name: two, operation: createExecutable, path: /usr/bin/free-x, container: {image: web}, expect: []}
  - {name: three, operation: createExecutable, path: /usr/bin/x, container: unknown, expect: [], undecided: true}
  - {name: four, operation: createExecutable, path: [], container: {image: web}, expect: [alert, block]}
  - {name: five, operation: createExecutable, container: {image: web}, expect: []}
`);
  for (const engine of ['oracle', 'tables']) {
    const { status, stdout } = d4c('test', given, '--engine', engine, '--json');
    assert.equal(status, 0);
    const { passed, failed, tests: results } = JSON.parse(stdout);
    assert.deepEqual([passed, failed], [5, 0]);
    assert.deepEqual(results[0], {
      file: given, name: 'one', pass: true, expected: ['block', 'alert'], actual: ['alert', 'block'], undecided: false,
    });
  }
});

test('a test that fails: exit status 1, with what was expected and what is', () => {
  const given = tests(`policies: [p.yaml]
tests:
  - {name: wrong, operation: createExecutable, path: /usr/bin/x, container: {image: web}, expect: [alert]}
  - {name: open, operation: createExecutable, path: /usr/bin/x, container: unknown, expect: []}
`);
  const { status, stdout } = d4c('test', given);
  assert.equal(status, 1);
  assert.match(stdout, /failed .*t\.yaml: wrong\n {2}expected \[alert\], is \[alert, block\]\n {2}`block` is not expected\n .*p\.yaml:11: the response applies/);
  const [{ why }] = JSON.parse(d4c('test', given, '--json').stdout).tests;
  assert.deepEqual([why[0].difference, why[0].actions, why[0].responses[0].line], ['unexpected', ['block'], 11]);
  assert.match(stdout, /failed .*t\.yaml: open\n {2}expected \[\], is \[\], undecided/);
  assert.match(stdout, /0 passed, 2 failed/);
});

test('in mode monitor there is no block, with --mode enforce there is', () => {
  const given = tests(`policy: |
  mode: monitor
  selectors: [{name: a, operation: createExecutable, targetFilePath: [/a]}]
  responses: [{match: [a], actions: [alert, block]}]
tests:
  - {name: one, operation: createExecutable, path: /a, expect: [alert]}
`);
  assert.equal(d4c('test', given).status, 0);
  const enforced = JSON.parse(d4c('test', given, '--mode', 'enforce', '--json').stdout);
  assert.deepEqual(enforced.tests[0].actual, ['alert', 'block']);
});

test('coverage lists what no test reaches', () => {
  const given = tests(`policies: [p.yaml]
tests:
  - {name: one, operation: createExecutable, path: /usr/bin/x, container: {image: web}, expect: [alert, block]}
`);
  const { coverage } = JSON.parse(d4c('test', given, '--coverage', '--json').stdout);
  assert.deepEqual(coverage, { selectors: [{ file: policy, section: 'file', name: 'free', line: 8 }], responses: [] });
});

test('a policy with errors: its findings, exit status 1, no test run', () => {
  const given = tests('policies: [broken.yaml]\ntests:\n  - {name: one, operation: exec, expect: []}\n');
  const { status, stdout, stderr } = d4c('test', given, '--json');
  assert.deepEqual([status, stderr], [1, '']);
  const { files, ...none } = JSON.parse(stdout);
  assert.deepEqual(none, { passed: 0, failed: 0, tests: [] });
  assert.deepEqual([files[0].file, files[0].ok, files[0].findings[0].code], [broken, false, 'P2003']);
  const text = d4c('test', given);
  assert.deepEqual([text.status, text.stdout], [1, '']);
  assert.match(text.stderr, /broken\.yaml/);
});

test('a test file that is wrong is told where, exit status 2', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['policies: [p.yaml]\ntests: []\n', /t\.yaml:1:1: there is no test/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exec}\n', /t\.yaml:3:5: a test has no `expect`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exce, expect: []}\n', /t\.yaml:3:26: `exce` is no operation[^]*did you mean `exec`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operatoin: exec, expect: []}\n', /t\.yaml:3:15: `operatoin` is not known here[^]*`operation`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exec, expect: [deny]}\n', /`deny` is no action/],
    ['policies: [p.yaml]\npolicy: x\ntests:\n  - {name: a, operation: exec, expect: []}\n', /either `policies`/],
    ['tests: {\n', /the YAML cannot be read/],
    ['policies: [p.yaml]\ntests:\n  - name: a\n   operation: exec\n', /t\.yaml:4:1: the YAML cannot be read: [^\n]*indicator $/],
    ['policy: p.yaml\ntests:\n  - {name: a, operation: exec, expect: []}\n', /t\.yaml:1:9: `policy` is the text of a policy[^]*`policies: \[p\.yaml\]`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exec, expect: [allow]}\n', /t\.yaml:3:40: `allow` is no action[^]*`expect: \[\]`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exec, expect: [], container: {image: ":x"}}\n', /t\.yaml:3:63: `:x` is no image reference/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: createFile, path: usr/x, expect: []}\n', /t\.yaml:3:44: the path `usr\/x` is not absolute/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: createFile, path: [/x, /usr//x], expect: []}\n', /t\.yaml:3:44: the path `\/usr\/\/x` is not one that the kernel tells[^]*`\/usr\/x`/],
    ['policies: [p.yaml]\ntests:\n  - {name: a, operation: exec, expect: [], container: {namspace: x}}\n', /`namspace` is not known here[^]*`namespace`/],
  ];
  for (const [text, message] of cases) assert.match(told(() => readTestFile('t.yaml', text)), message);
  const tooMuch: readonly (readonly [string, RegExp])[] = [
    [`policies: [p.yaml]\ntests: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`, /t\.yaml:2:72: lists and mappings lie too deep in one another here[^]*split it/],
    [`policies: [p.yaml]\ntests:\n${[...Array(5_000).keys()].map((i) => `${' '.repeat(i)}a:`).join('\n')}`, /t\.yaml:\d+:\d+: lists and mappings lie too deep/],
    [`policies: [p.yaml]\ntests:\n${'  - {name: a, operation: exec, expect: []}\n'.repeat(50_000)}`, /more than 150,000 keys and values/],
    ['x'.repeat(17 * 2 ** 20), /more than 16 MiB/],
  ];
  for (const [text, message] of tooMuch) assert.match(told(() => readTestFile('t.yaml', text)), message);
  const missing = d4c('test', tests('policies: [none.yaml]\ntests:\n  - {name: a, operation: exec, expect: []}\n'));
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /t\.yaml: `.*none\.yaml` does not exist\n.*relative to the file of tests/);
  const { status, stderr, stdout } = d4c('test', tests(cases[0]![0]));
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, cases[0]![1]);
});
