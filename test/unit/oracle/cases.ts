import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '#compiler';
import { parsePolicy, type Policy } from '#policy';
import { type PolicyTest, readTestFile } from '../../../src/cli/judging/test-file.ts';

/** One test of a file of spec/cases, with the policies that it is of. */
export interface Case {
  readonly file: string;
  readonly policies: readonly Policy[];
  readonly test: PolicyTest;
}

const folder = fileURLToPath(new URL('../../../spec/cases', import.meta.url));

export function readCases(): readonly Case[] {
  return globSync('**/*.yaml', { cwd: folder }).sort().flatMap(readCaseFile);
}

export function readCaseFile(file: string): readonly Case[] {
  const read = readTestFile(file, readFileSync(join(folder, file), 'utf8'));
  const texts = read.policy === undefined
    ? read.policies.map((name) => [name, readFileSync(join(folder, dirname(file), name))] as const)
    : [[file, read.policy] as const];
  const policies = texts.map(([name, text]) => {
    const { policy, findings } = parsePolicy(name, text);
    assert.ok(policy !== null, `${file}: ${findings.map(({ message }) => message).join(', ')}`);
    return policy;
  });
  return read.tests.map((test) => ({ file, policies, test }));
}

export function wanted({ expect, undecided }: PolicyTest): string {
  return `[${[...new Set(expect)].sort().join(' ')}]${undecided ? ' undecided' : ''}`;
}

/** As `policy test` has it: in mode monitor there is no block. */
export function shown({ actions, decided }: Verdict): string {
  return `[${actions.filter((action) => action !== 'wouldBlock').sort().join(' ')}]${decided ? '' : ' undecided'}`;
}
