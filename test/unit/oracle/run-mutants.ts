import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { judge } from '#oracle';
import { type Case, type readCaseFile, readCases, shown, wanted } from './cases.ts';
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

/** Plants each mistake in a copy, of the oracle or of what reads policies, and runs all cases on it. */
export function runMutants(planted: readonly Mutant[] = mutants): readonly MutantRun[] {
  mkdirSync(join(root, 'build'), { recursive: true });
  // inside the checkout, where packages and `#policy` resolve
  const folder = mkdtempSync(join(root, 'build/mutants-'));
  try {
    const cases = readCases();
    return planted.map((mutant, i) => runMutant(mutant, join(folder, String(i)), cases));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runMutant(mutant: Mutant, copy: string, cases: readonly Case[]): MutantRun {
  const isReader = mutant.file.startsWith('src/');
  if (isReader) copyReader(copy);
  else cpSync(join(root, 'spec/oracle'), copy, { recursive: true });
  const { file, from, to } = mutant;
  const text = readFileSync(join(copy, file), 'utf8');
  writeFileSync(join(copy, file), text.replace(from, () => to));
  const killed = isReader ? killedByReading(copy, cases) : killedByJudging(join(copy, 'index.ts'), cases);
  return { mutant, places: text.split(from).length - 1, killers: killed.map((one) => one.file) };
}

function killedByJudging(oracle: string, cases: readonly Case[]): readonly Case[] {
  const judges = (load(oracle) as { judge: typeof judge }).judge;
  return cases.filter((one) => outcome(judges, one) !== wanted(one.test));
}

/** All that reading a case needs, as a package of its own, so that `#policy` is the copy. */
function copyReader(copy: string): void {
  const parts = ['package.json', 'src/base', 'src/policy', 'src/cli/judging', 'src/cli/process-facts.ts', 'spec/oracle', 'test/unit/oracle/cases.ts'];
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'spec/cases'), join(copy, 'spec/cases'));
}

/** A file that cannot be read any more notices with each of its cases. */
function killedByReading(copy: string, cases: readonly Case[]): readonly Case[] {
  const reads = (load(join(copy, 'test/unit/oracle/cases.ts')) as { readCaseFile: typeof readCaseFile }).readCaseFile;
  const judges = (load(join(copy, 'spec/oracle/index.ts')) as { judge: typeof judge }).judge;
  return [...Map.groupBy(cases, ({ file }) => file)].flatMap(([file, own]) => {
    let read: readonly Case[];
    try {
      read = reads(file);
    } catch {
      return own;
    }
    return read.filter((one) => outcome(judges, one) !== wanted(one.test));
  });
}

function outcome(judges: typeof judge, { policies, test: { container, event } }: Case): string {
  try {
    return shown(judges(policies, container, event));
  } catch (error) {
    return String(error);
  }
}
