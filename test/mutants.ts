/** `npm run mutants`: sentence → cases → killed, for each mistake planted in the oracle and in the reader. Exit status 1 if one survives. */
import { mutants } from './unit/oracle/mutants.ts';
import { readerMutants } from './unit/oracle/reader-mutants.ts';
import { isKilled, type MutantRun, runMutants } from './unit/oracle/run-mutants.ts';

const runs = runMutants([...mutants, ...readerMutants].sort((a, b) => sectionOf(a.sentence) - sectionOf(b.sentence)));
const survivors = runs.filter((run) => !isKilled(run));
for (const run of runs) console.log(`${run.mutant.sentence} → ${casesOf(run)} → ${isKilled(run) ? 'killed' : 'SURVIVES'}`);
console.log(`\n${runs.length} mutants, ${runs.length - survivors.length} killed, ${survivors.length} survive`);
if (runs.length === 0 || survivors.length > 0) process.exitCode = 1;

function casesOf({ mutant, places, killers }: MutantRun): string {
  if (places !== 1) return `not planted: the text to change stands ${places} times in ${mutant.file}`;
  const [first, ...others] = [...new Set(killers)];
  const files = others.length === 0 ? '' : ` and ${others.length} more file${others.length === 1 ? '' : 's'}`;
  return `${killers.length} case${killers.length === 1 ? '' : 's'}${first === undefined ? '' : ` (${first}${files})`}`;
}

/** The number of the page's section that a sentence begins with. */
function sectionOf(sentence: string): number {
  return Number.parseInt(sentence, 10);
}
