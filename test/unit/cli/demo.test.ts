import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '#policy';
import { attempts, builtinPolicy, builtinPolicyName } from '../../../src/cli/demo/builtin.ts';
import { complaintOf } from '../../../src/cli/demo/expect.ts';

const expected = { denied: true, documents: [{ operations: ['createExecutable'], path: '/usr/bin/x' }] };
const refused = "cp: can't create '/usr/bin/x': Operation not permitted";
const document = (path: string, denied: boolean): object => ({
  event: { type: denied ? ['creation', 'denied'] : ['creation'] }, file: { path }, d4c: { operations: ['createExecutable'] },
});

test('an attempt that went as it must has no complaint', () => {
  assert.equal(complaintOf(expected, 1, refused, [{ ...document('/usr/bin/x', true) }]), null);
  assert.equal(complaintOf({ denied: false, documents: [] }, 0, '', []), null);
});

const faults: [string, RegExp, Parameters<typeof complaintOf>][] = [
  ['it was let through', /let it through/, [expected, 0, '', [{ ...document('/usr/bin/x', true) }]]],
  ['it failed for another reason', /not by the kernel/, [expected, 1, 'No space left on device', [{ ...document('/usr/bin/x', true) }]]],
  ['no document came', /seen: \[\]/, [expected, 1, refused, []]],
  ['a document too many', /documents expected/, [expected, 1, refused, [{ ...document('/usr/bin/x', true) }, { ...document('/usr/bin/x', true) }]]],
  ['the document is of another path', /"\/usr\/bin\/y"/, [expected, 1, refused, [{ ...document('/usr/bin/y', true) }]]],
  ['the document does not say denied', /"denied":false/, [expected, 1, refused, [{ ...document('/usr/bin/x', false) }]]],
  ['what is allowed failed', /nothing forbids it/, [{ denied: false, documents: [] }, 1, 'no', []]],
  ['what is allowed was reported', /seen: \[\{/, [{ denied: false, documents: [] }, 0, '', [{ ...document('/tmp/x', false) }]]],
];
for (const [what, message, args] of faults) {
  test(`the demo complains when ${what}`, () => assert.match(complaintOf(...args) ?? 'no complaint', message));
}

test('the built-in policy has no findings, and every denial of the attempts has its document', () => {
  assert.deepEqual(parsePolicy(builtinPolicyName, builtinPolicy).findings, []);
  for (const attempt of attempts) assert.equal(attempt.expected.documents.length > 0, attempt.expected.denied);
});
