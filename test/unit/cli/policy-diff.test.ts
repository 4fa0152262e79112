import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'd4c-diff-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function diff(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [main, 'policy', 'diff', ...args], { encoding: 'utf8', cwd: folder, env });
}

const guarded = `selectors:
  - name: programs
    operation: createExecutable
    targetFilePath: [/usr/**, /opt/**]
responses:
  - match: programs
    actions: [alert, block]
`;
write('old.yaml', guarded);
write('weaker.yaml', guarded.replace(', /opt/**', ''));
write('same.yaml', guarded.replace('[/usr/**, /opt/**]', '[/opt/**, /usr/*, /usr/**]').replace('programs\n    op', 'programs\n    description: the same\n    op'));
write('dev.yaml', `selectors:
  - name: programs
    operation: createExecutable
    targetFilePath: [/usr/**, /opt/**]
  - name: dev
    operation: createExecutable
    kubernetesNamespace: dev
responses:
  - match: programs
    exclude: dev
    actions: [alert, block]
`);

test('what was blocked and is now allowed: exit 1, the path, and the lines behind it', () => {
  const { status, stdout } = diff('old.yaml', 'weaker.yaml');
  assert.equal(status, 1);
  assert.ok(stdout.startsWith(`old.yaml → weaker.yaml: 3 changes in meaning (every container is the same to both)

NOW ALLOWED, was blocked
  createExecutable  /opt/a
    was   alert, block  old.yaml:6, selector \`programs\`
    now   nothing       no selector matches
`), stdout);
  assert.match(stdout, /`--allow-weaker` accepts that/);
  assert.equal(diff('old.yaml', 'weaker.yaml', '--allow-weaker').status, 0);
});

test('what is only blocked anew: exit 0', () => {
  const { status, stdout } = diff('weaker.yaml', 'old.yaml');
  assert.equal(status, 0);
  assert.match(stdout, /now blocked, was allowed\n {2}createExecutable {2}\/opt\/a\n/);
  assert.match(stdout, /may be moved\n {2}a directory renamed {2}\/opt → \/usr\n.*\n {4}now {3}nothing {7}the same selectors match below both names\n/);
});

test('other words for the same: no change in meaning, proved', () => {
  const { status, stdout } = diff('old.yaml', 'same.yaml');
  assert.equal(stdout, 'old.yaml → same.yaml: no change in meaning (proved: every container is the same to both)\n');
  assert.equal(status, 0);
});

test('a change in some containers names them, and why', () => {
  const { stdout } = diff('old.yaml', 'dev.yaml');
  assert.match(stdout, /in {4}containers with namespace dev\n/);
  assert.match(stdout, /now {3}nothing {7}dev\.yaml:9 excludes it by `dev`\n/);
  assert.match(stdout, /only until a container is known\n/);
});

test('JSON has the facts of an example, ready for a policy test', () => {
  const { status, stdout } = diff('old.yaml', 'dev.yaml', '--json');
  assert.equal(status, 1);
  const result = JSON.parse(stdout);
  assert.deepEqual([result.same, result.proved, result.weaker, result.notProved, result.containers], [false, true, true, [], { kinds: 2, combinations: 2 }]);
  const [first] = result.changes;
  assert.deepEqual(first, {
    category: 'allowed', operations: ['createExecutable'], mounts: ['image', 'volume', 'file'],
    containers: [{ description: 'namespace dev', example: { namespace: 'dev', pod: 'pod', orchestrator: 'kubernetes' } }],
    processes: 'any',
    before: { actions: ['alert', 'block'], decided: true }, after: { actions: [], decided: true },
    examples: [{ path: '/opt/a' }, { path: '/usr/a' }], also: ['unknown'],
  });
});

test('a folder is all of its policies together', () => {
  const memory = 'selectors:\n  - name: memory\n    operation: execMemFd\nresponses:\n  - match: memory\n    actions: alert\n';
  mkdirSync(join(folder, 'both'));
  write('both/a.yaml', guarded);
  write('both/b.yml', memory);
  write('both/b.test.yml', 'policies: [b.yml]\n');
  write('one.yaml', `${guarded.replace('responses:', '  - name: memory\n    operation: execMemFd\nresponses:')}  - match: memory\n    actions: alert\n`);
  const { status, stdout } = diff('one.yaml', 'both');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /no change in meaning \(proved/);
});

test('a policy with errors: its findings, exit 1, no comparison', () => {
  write('bad.yaml', guarded.replace('createExecutable', 'createExecutabel'));
  const { status, stdout, stderr } = diff('old.yaml', 'bad.yaml');
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /bad\.yaml:3:16: error: unknown operation/);
});

for (const [args, said] of [
  [['old.yaml'], /missing required argument 'new'/],
  [['old.yaml', 'none.yaml'], /`none\.yaml` does not exist/],
  [['old.yaml', '.empty'], /there is no policy in the folder `\.empty`/],
] as const) {
  test(`diff ${args.join(' ')}: exit 2, and what to do`, () => {
    mkdirSync(join(folder, '.empty'), { recursive: true });
    const { status, stdout, stderr } = diff(...args);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, said);
  });
}

test('with --json the errors of all policies are one document on standard output', () => {
  write('broken.yaml', guarded.replace('[alert, block]', '[block]'));
  write('torn.yaml', guarded.replace('match: programs', 'match: programms'));
  const { status, stdout, stderr } = diff('broken.yaml', 'torn.yaml', '--json');
  assert.equal(status, 1);
  assert.equal(stderr, '');
  const { files } = JSON.parse(stdout) as { files: { file: string; ok: boolean; findings: { code: string; span: { line: number } }[] }[] };
  assert.deepEqual(
    files.map(({ file, ok, findings }) => [file, ok, findings.map(({ code, span }) => [code, span.line])]),
    [['broken.yaml', false, [['P4003', 7]]], ['torn.yaml', false, [['P4001', 6]]]],
  );
});
