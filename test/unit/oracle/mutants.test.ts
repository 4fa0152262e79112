import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { judge } from '#oracle';
import { readCases, shown, wanted } from './cases.ts';
import { mutants } from './mutants.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
mkdirSync(join(root, 'build'), { recursive: true });
// inside the checkout, where `#policy` resolves
const folder = mkdtempSync(join(root, 'build/mutants-'));
after(() => rmSync(folder, { recursive: true }));
const cases = readCases();
// copies made here are no modules of the project, whose imports can all be read off the text
const load = createRequire(import.meta.url);

test('every mutant of the oracle is noticed by a case', (t) => {
  const survivors: string[] = [];
  for (const [i, { sentence, file, from, to }] of mutants.entries()) {
    const copy = join(folder, String(i));
    cpSync(join(root, 'spec/oracle'), copy, { recursive: true });
    const text = readFileSync(join(copy, file), 'utf8');
    if (text.split(from).length !== 2) survivors.push(`${sentence}: the text to change stands ${text.split(from).length - 1} times in ${file}`);
    writeFileSync(join(copy, file), text.replace(from, () => to));
    const oracle = load(join(copy, 'index.ts')) as { judge: typeof judge };
    const killed = cases.filter((one) => outcome(oracle.judge, one) !== wanted(one.test));
    t.diagnostic(`${sentence}: ${killed.length} cases${killed[0] === undefined ? '' : `, ${killed[0].file}`}`);
    if (killed.length === 0) survivors.push(sentence);
  }
  assert.deepEqual(survivors, []);
});

function outcome(judges: typeof judge, { policies, test: { container, event } }: (typeof cases)[number]): string {
  try {
    return shown(judges(policies, container, event));
  } catch (error) {
    return String(error);
  }
}
