import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, decide } from '#compiler';
import { parsePolicy, type Policy } from '#policy';
import { readTestFile } from '../../../src/cli/judging/test-file.ts';
import { type Reason, whyFailed } from '../../../src/cli/judging/why.ts';

const given = taken(`selectors:
  - name: a
    operation: createExecutable
    containerImageName: web
    targetFilePath:
      - /opt/**
      - /usr/bin/**
  - name: free
    targetFilePath: [/usr/bin/free-*]
  - name: root
    processUserId: [0]
responses:
  - match: [a]
    exclude: [free]
    actions: [alert, block]
  - match: [root]
    actions: [alert]
`);

function taken(text: string): Policy {
  const { policy } = parsePolicy('p.yaml', text);
  if (policy === null) throw new TypeError('the policy has errors');
  return policy;
}

/** What a test that has these keys is told. */
function why(keys: string, policy = given): readonly Reason[] {
  const { tests: [one] } = readTestFile('t.yaml', `policies: [p.yaml]\ntests:\n  - {name: one, process: {userId: 7}, ${keys}}\n`);
  const { actions, decided } = decide(compile([policy], one!.container).table, one!.event);
  return whyFailed([policy], one!, actions.filter((action) => action !== 'wouldBlock'), !decided);
}

const told = (reasons: readonly Reason[]): string => reasons.flatMap(({ text }) => text).join('\n');
const web = 'container: {image: web}';

test('what is too much: the response that applies, its values, and the exclusion that nearly held', () => {
  const reasons = why(`operation: createExecutable, path: /usr/bin/x, ${web}, expect: [alert]`);
  assert.equal(told(reasons), [
    '`block` is not expected',
    '  p.yaml:13: the response applies',
    '    match `a` (line 2) holds: `containerImageName` by `web` (line 4); `targetFilePath` by `/usr/bin/**` (line 7)',
    '    exclude `free` (line 8) does not hold: `targetFilePath` (line 9), the path is `/usr/bin/x`',
  ].join('\n'));
  assert.deepEqual(reasons.map(({ difference, actions, responses, selectors }) =>
    [difference, actions, responses.map(({ index }) => index), selectors.map(({ name }) => name)]), [['unexpected', ['block'], [0], ['a', 'free']]]);
});

test('what is missing: the condition that fails, with what the test says', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['operation: createExecutable, path: /usr/bin/x, container: {image: "docker.io/library/db:1"}', /`containerImageName` \(line 4\), the container has `db`$/m],
    ['operation: createExecutable, path: /usr/bin/x', /`containerImageName` \(line 4\), the container has none$/m],
    [`operation: createExecutable, path: /srv/x, ${web}`, /`targetFilePath` \(line 5\), the path is `\/srv\/x`$/m],
    [`operation: createExecutable, ${web}`, /`targetFilePath` \(line 5\), the file has no path$/m],
    [`operation: modifyExecutable, path: /opt/x, ${web}`, /`operation` \(line 2\), the operation is `modifyExecutable`$/m],
    [`operation: createExecutable, path: /usr/bin/free-x, ${web}`, /exclude `free` \(line 8\) holds: `targetFilePath` by `\/usr\/bin\/free-\*` \(line 9\)$/m],
  ];
  for (const [keys, said] of cases) {
    const text = told(why(`${keys}, expect: [alert, block]`));
    assert.match(text, /^`block` is missing\n {2}p\.yaml:13: the response does not apply\n/m, keys);
    assert.match(text, said, keys);
  }
  assert.match(told(why(`operation: createExecutable, path: /srv/x, ${web}, expect: [alert]`)), /p\.yaml:16[^]*`processUserId` \(line 11\), the user is `7`/);
  assert.equal(told(why(`operation: createFile, path: /srv/x, ${web}, expect: [log]`)), '`log` is missing: no response has it');
});

test('what is undecided, and what is decided after all', () => {
  const open = why('operation: createExecutable, path: /opt/x, container: unknown, expect: []');
  assert.equal(open[0]!.difference, 'undecided');
  assert.match(told(open), /^`alert` and `block` could still come[^]*match `a` \(line 2\) is undecided: `containerImageName` \(line 4\), not known of the container/);
  assert.match(told(why('operation: createExecutable, path: /x, container: unknown, undecided: true, expect: []')), /the outcome is decided, whatever/);
});

test('a block that the mode takes away is told so', () => {
  const monitored = Object.freeze({ ...given, mode: 'monitor' as const });
  const text = told(why(`operation: createExecutable, path: /opt/x, ${web}, expect: [alert, block]`, monitored));
  assert.equal(text, '`block` is missing: the policy is in mode monitor; `--mode enforce` shows what it would be\n  p.yaml:13: the response applies');
});

test('of many responses the nearest are told', () => {
  const selectors = [...Array(9).keys()].map((i) => `  - {name: s${i}, operation: createExecutable, containerImageName: i${i}, targetFilePath: [/d${i}/**]}`);
  const responses = [...Array(9).keys()].map((i) => `  - {match: [s${i}], actions: [alert]}`);
  const many = taken(`selectors:\n${selectors.join('\n')}\nresponses:\n${responses.join('\n')}\n`);
  const [reason] = why('operation: createExecutable, path: /d6/x, container: {image: web}, expect: [alert]', many);
  assert.equal(reason!.responses.length, 9);
  assert.match(reason!.text[1]!, /p\.yaml:18: /);
  assert.equal(reason!.text.at(-1), '  and 6 more: `d4c policy explain` has all');
});
