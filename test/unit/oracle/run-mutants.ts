import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { judge } from '#oracle';
import { type Case, readCases, shown, wanted } from './cases.ts';
import { type Mutant, mutants } from './mutants.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// copies made here are no modules of the project, whose imports can all be read off the text
const load = createRequire(import.meta.url);

export interface MutantRun {
  readonly mutant: Mutant;
  /** Times that the text to change stands in its file; anything but 1 plants nothing that is known. */
  readonly places: number;
  /** Files of the cases that notice, one entry each case. */
  readonly killers: readonly string[];
}

export const isKilled = ({ places, killers }: MutantRun): boolean => places === 1 && killers.length > 0;

/** Plants each mistake in a copy of the oracle and runs all cases on it. */
export function runMutants(planted: readonly Mutant[] = mutants): readonly MutantRun[] {
  mkdirSync(join(root, 'build'), { recursive: true });
  // inside the checkout, where `#policy` resolves
  const folder = mkdtempSync(join(root, 'build/mutants-'));
  try {
    const cases = readCases();
    return planted.map((mutant, i) => runMutant(mutant, join(folder, String(i)), cases));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runMutant(mutant: Mutant, copy: string, cases: readonly Case[]): MutantRun {
  const { file, from, to } = mutant;
  cpSync(join(root, 'spec/oracle'), copy, { recursive: true });
  const text = readFileSync(join(copy, file), 'utf8');
  writeFileSync(join(copy, file), text.replace(from, () => to));
  const oracle = load(join(copy, 'index.ts')) as { judge: typeof judge };
  const killed = cases.filter((one) => outcome(oracle.judge, one) !== wanted(one.test));
  return { mutant, places: text.split(from).length - 1, killers: killed.map((one) => one.file) };
}

function outcome(judges: typeof judge, { policies, test: { container, event } }: Case): string {
  try {
    return shown(judges(policies, container, event));
  } catch (error) {
    return String(error);
  }
}
