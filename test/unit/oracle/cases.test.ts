import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { encodeEvents, readVerdicts } from '../../../src/cli/judging/native-wire.ts';
import { buildNative } from '../../native/build.ts';
import { readCases, shown, wanted } from './cases.ts';
import { engines, tableOf } from './engines.ts';

const casesMin = 300;
const cases = readCases();

for (const engine of engines) {
  test(`${engine.name}: every case has its outcome`, () => {
    assert.ok(cases.length >= casesMin, `${cases.length} cases`);
    const failed = cases
      .filter((one) => !engine.cannot?.(one.test.event))
      .map((one) => [one, engine.judge(one.policies, one.test.container, one.test.event)] as const)
      .filter(([one, verdict]) => shown(verdict) !== wanted(one.test));
    assert.deepEqual(failed.map(([one, verdict]) => `${one.file}: ${one.test.name}: ${shown(verdict)}, not ${wanted(one.test)}`), []);
  });
}

test('native: every case has its outcome', (t) => {
  const blocks = cases.map(({ policies, test: { container, event } }) => encodeEvents(tableOf(policies, container), [event]));
  const verdicts = readVerdicts(execFileSync(buildNative(), { input: Buffer.concat(blocks) }));
  assert.equal(verdicts.length, cases.length);
  cases.forEach((one, i) => assert.equal(shown(verdicts[i]!), wanted(one.test), `${one.file}: ${one.test.name}`));
  t.diagnostic(`${cases.length} cases in ${new Set(cases.map(({ file }) => file)).size} files`);
});
