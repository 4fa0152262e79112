import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '#compiler';
import { parsePolicy, type Policy } from '#policy';
import { encodeEvents, readVerdicts } from '../../../src/cli/judging/native-wire.ts';
import { type PolicyTest, readTestFile } from '../../../src/cli/judging/test-file.ts';
import { buildNative } from '../../native/build.ts';
import { engines, tableOf } from './engines.ts';

const folder = fileURLToPath(new URL('../../../spec/cases', import.meta.url));
const casesMin = 300;

interface Case {
  readonly file: string;
  readonly policies: readonly Policy[];
  readonly test: PolicyTest;
}

const cases: readonly Case[] = globSync('**/*.yaml', { cwd: folder }).sort().flatMap((file) => {
  const read = readTestFile(file, readFileSync(join(folder, file), 'utf8'));
  const texts = read.policy === undefined
    ? read.policies.map((name) => [name, readFileSync(join(folder, dirname(file), name))] as const)
    : [[file, read.policy] as const];
  const policies = texts.map(([name, text]) => {
    const { policy, findings } = parsePolicy(name, text);
    assert.ok(policy !== null, `${relative(folder, name)}: ${findings.map(({ message }) => message).join(', ')}`);
    return policy;
  });
  return read.tests.map((one) => ({ file, policies, test: one }));
});

for (const engine of engines) {
  test(`${engine.name}: every case has its outcome`, () => {
    assert.ok(cases.length >= casesMin, `${cases.length} cases`);
    const failed = cases
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

function wanted({ expect, undecided }: PolicyTest): string {
  return `[${[...new Set(expect)].sort().join(' ')}]${undecided ? ' undecided' : ''}`;
}

function shown({ actions, decided }: Verdict): string {
  return `[${actions.filter((action) => action !== 'wouldBlock').sort().join(' ')}]${decided ? '' : ' undecided'}`;
}
