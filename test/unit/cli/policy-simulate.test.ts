import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseImageReference } from '#base';
import { type DocumentInput, toDocument } from '#ecs';
import { openDatabase } from '#outputs';
import { container, event, input, pair } from '../ecs/example.ts';

const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'd4c-simulate-'));
after(() => rmSync(folder, { recursive: true }));

function simulate(args: readonly string[], stdin = ''): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [main, 'policy', 'simulate', ...args], { encoding: 'utf8', input: stdin, cwd: folder, env });
}

const line = (given: Partial<DocumentInput>): string => JSON.stringify(toDocument(input(given)));
const argocd = { ...container, id: 'c'.repeat(64), facts: { ...container.facts, namespace: 'argocd', image: parseImageReference('quay.io/argoproj/argocd:v2.9') } };
const hook = (i: number): string => line({
  container: argocd, event: event({ id: `hook${i}`, denied: false, pairs: [pair(`/tmp/kustomize-${i}/.git/hooks/pre-push.sample`)] }),
});
const evil = line({});
const moved = line({
  event: event({
    id: 'moved', hook: 'path_rename', operations: ['createExecutable', 'createFile'], file: { ...event().file, mode: 0o100755 },
    pairs: [pair('/tmp/x', { operations: ['deleteFile'], actions: [] }), pair('/usr/bin/x', { operations: ['createFile', 'createExecutable'] })],
  }),
  judgement: { ...input().judgement, pair: 1 },
});
const nobody = line({ container: undefined, event: event({ id: 'nobody' }) });
const lines = [hook(1), evil, hook(2), moved, nobody, JSON.stringify({ ...JSON.parse(evil), data_stream: { dataset: 'cloud_defend.file' } })];
writeFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
writeFileSync(join(folder, 'p.yaml'), `file:
  selectors:
    - name: programs
      operation: createExecutable
    - name: argo
      containerImageName: argocd
      targetFilePath: /tmp/kustomize-*/**
    - name: left
      operation: deleteFile
      targetFilePath: /tmp/*
  responses:
    - match: programs
      exclude: argo
      actions: [alert, block]
    - match: left
      actions: log
`);

test('for people: by workload, with paths and the responses behind it', () => {
  const { status, stdout } = simulate(['p.yaml', '--events', 'events.jsonl']);
  assert.equal(status, 0);
  assert.equal(stdout, `5 operations in events.jsonl (6 documents, 1 document of an operation that another one has told of)
         3  would have been blocked
         2  would have been let through, nothing recorded

would have been blocked
  2 operations in 1 container of image docker.io/library/nginx:1.25, namespace shop  (2025-11-23T13:36:40Z)
         1  createExecutable: /usr/bin/evil.sh
            by p.yaml:12 \`programs\`
         1  deleteFile, createFile, createExecutable: /usr/bin/x
            by p.yaml:12 \`programs\`; p.yaml:15 \`left\`
  1 operation in 1 container of an image that is not known  (2025-11-23T13:36:40Z)
         1  createExecutable: /usr/bin/evil.sh
            by p.yaml:12 \`programs\`

note: a recording holds what the policies of its time recorded: of other operations this says nothing
`);
});

test('JSON: a line for each operation, then the sums', () => {
  const { status, stdout } = simulate(['p.yaml', '--events', 'events.jsonl', '--json']);
  assert.equal(status, 0);
  const [first, , , , , last, ...rest] = stdout.trimEnd().split('\n').map((one) => JSON.parse(one));
  assert.deepEqual(rest, []);
  assert.deepEqual([first.id, first.actions, first.decided, first.path, first.namespace], ['hook1', [], true, '/tmp/kustomize-1/.git/hooks/pre-push.sample', 'argocd']);
  assert.deepEqual(last.summary.outcomes, { block: 3, wouldBlock: 0, alert: 0, log: 0, undecided: 0, nothing: 2 });
});

test('a store is read as a file is, and standard input, and what `alerts --json` writes', () => {
  const path = join(folder, 'd4c.db');
  using database = openDatabase(path);
  database.commit(lines.map((document, i) => ({ id: String(i), stream: 'alerts', time: '', document })));
  const whole = simulate(['p.yaml', '--events', 'events.jsonl', '--json']).stdout;
  assert.equal(simulate(['p.yaml', '--events', 'd4c.db', '--json']).stdout, whole);
  assert.equal(simulate(['p.yaml', '--events', '-', '--json'], `[${lines.join(',\n')}]\n`).stdout, whole);
});

test('mode monitor: what would be blocked in mode enforce', () => {
  writeFileSync(join(folder, 'monitor.yaml'), 'mode: monitor\nselectors:\n  - {name: a, operation: createExecutable}\nresponses:\n  - {match: a, actions: [alert, block]}\n');
  assert.match(simulate(['monitor.yaml', '--events', 'events.jsonl']).stdout, / 5 {2}would have been blocked in mode enforce \(now: let through\)/);
  assert.match(simulate(['monitor.yaml', '--events', 'events.jsonl', '--mode', 'enforce']).stdout, / 5 {2}would have been blocked\n/);
});

test('what a document does not tell is undecided, and said', () => {
  writeFileSync(join(folder, 'ns.yaml'), 'selectors:\n  - {name: a, operation: createExecutable, containerImageName: nginx}\nresponses:\n  - {match: a, actions: [alert, block]}\n');
  const { stdout } = simulate(['ns.yaml', '--events', 'events.jsonl']);
  assert.match(stdout, / 1 {2}cannot be told: the documents do not say enough\n/);
  assert.match(stdout, /undecided: not told by the documents: the container \(1\)/);
});

test('a session leader whose name may have been cut is not taken for known', () => {
  const cut = JSON.parse(evil);
  cut.process.session_leader.name = 'abcdefghijklmno';
  writeFileSync(join(folder, 'leader.yaml'), 'selectors:\n  - {name: a, operation: createExecutable, sessionLeaderName: abcdefghijklmnopq}\nresponses:\n  - {match: a, actions: alert}\n');
  const { stdout } = simulate(['leader.yaml', '--events', '-'], `${JSON.stringify(cut)}\n`);
  assert.match(stdout, /undecided: not told by the documents: sessionLeaderName \(1\)/);
});

test('lines that are no documents are counted, the first is named', () => {
  const { status, stdout } = simulate(['p.yaml', '--events', '-'], `${evil}\nnonsense\n\n{"a": 1}\n`);
  assert.equal(status, 0);
  assert.match(stdout, /not judged: line 2 is no JSON/);
  assert.match(stdout, /not judged: line 4 has no `d4c\.operations`: it was not written by D4C/);
});

for (const [name, args, stdin, said] of [
  ['the policy taken for the events', ['p.yaml', '--events', 'p.yaml'], '', /nothing in `p\.yaml` could be judged: line 1 is no JSON/],
  ['no such file', ['p.yaml', '--events', 'none'], '', /the events `none` do not exist/],
  ['a folder', ['p.yaml', '--events', '.'], '', /the events `\.` are a directory/],
  ['no events named', ['p.yaml'], '', /required option '--events <source>' not specified/],
  ['both from standard input', ['-', '--events', '-'], '', /both the policy and the events are to be read from standard input/],
] as const) {
  test(`${name}: exit 2, and what to do`, () => {
    const { status, stderr } = simulate(args, stdin);
    assert.equal(status, 2);
    assert.match(stderr, said);
  });
}
