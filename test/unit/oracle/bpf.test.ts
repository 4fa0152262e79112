import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askBpf } from '../../../src/cli/judging/bpf.ts';
import { openBpf } from './bpf.ts';
import { readCases, shown, wanted } from './cases.ts';
import { tableOf } from './engines.ts';

const cases = readCases();
const casesMin = 280;

test('bpf: every case has its outcome, in the kernel of this machine', (t) => {
  using core = openBpf();
  if (core === undefined) return t.skip('this user may not load BPF programs');
  assert.ok(cases.length >= casesMin, `${cases.length} cases`);
  const failed = cases
    .map((one) => [one, askBpf(core, tableOf(one.policies, one.test.container), [one.test.event])[0]!] as const)
    .filter(([one, verdict]) => shown(verdict) !== wanted(one.test));
  assert.deepEqual(failed.map(([one, verdict]) => `${one.file}: ${one.test.name}: ${shown(verdict)}, not ${wanted(one.test)}`), []);
  t.diagnostic(`${cases.length} cases`);
});
