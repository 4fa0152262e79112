import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, parsePolicy } from '#policy';

const seed = `selectors:
  - name: newBinary
    operation: [createExecutable]
    containerImageName: demo
    targetFilePath: [/usr/bin/**]
  - name: memory
    operation: execMemFd
  - name: allowed
    targetFilePath: /usr/bin/allowed-*
responses:
  - match: [newBinary, memory]
    exclude: allowed
    actions: [alert, block]
`;

test('a flat policy becomes the model, scalars and lists alike', () => {
  const { policy, findings } = parsePolicy('seed.yaml', new TextEncoder().encode(seed));
  assert.deepEqual(findings, []);
  assert.equal(policy?.mode, 'enforce');
  const [section] = policy!.sections;
  assert.equal(section?.kind, 'file');
  assert.deepEqual(
    section.selectors.map(({ name, operations }) => [name, operations]),
    [
      ['newBinary', ['createExecutable']],
      ['memory', ['execMemFd']],
      ['allowed', ['createExecutable', 'modifyExecutable', 'execMemFd']],
    ],
  );
  assert.deepEqual(
    section.responses[0]!.exclude.map(({ value }) => value),
    ['allowed'],
  );
  assert.deepEqual(section.responses[0]!.actions, ['alert', 'block']);
});

test('a policy with an error is none, and all its findings are told', () => {
  const text = seed
    .replace('[createExecutable]', '[createExecutables]')
    .replace('[alert, block]', '[block]')
    .replace('allowed\n', 'alowed\n');
  const { policy, findings } = parsePolicy('seed.yaml', text);
  assert.equal(policy, null);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['P2007', 'P4001', 'P4003'],
  );
});

test('a text of more nodes than a tree is made of is refused where the limit is passed', () => {
  const beyond = `selectors:\n${'- x\n'.repeat(limits.writtenNodesMax)}`;
  const { findings } = parsePolicy('many.yaml', beyond);
  assert.deepEqual(
    findings.map(({ code, message, help }) => [code, message, help !== '']),
    [['P1008', 'the file has more than 150,000 nodes', true]],
  );
  const { start } = findings[0]!.span;
  assert.equal(beyond.slice(0, start).split('- x').length - 1, limits.writtenNodesMax - 2); // the key and its colon count
});

test('a text of line ends alone is refused before its lines are listed', () => {
  const { findings } = parsePolicy('lines.yaml', '\n'.repeat(limits.marksMax + 10));
  assert.deepEqual(findings.map(({ code, span }) => [code, span.start]), [['P1017', limits.marksMax]]);
});
