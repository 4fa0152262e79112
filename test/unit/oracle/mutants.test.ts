import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutants } from './mutants.ts';
import { readerMutants } from './reader-mutants.ts';
import { isKilled, runMutants } from './run-mutants.ts';

test('every mutant of the oracle and of the reader is noticed by a case', (t) => {
  const runs = runMutants([...mutants, ...readerMutants]);
  t.diagnostic(`${runs.length} mutants`);
  assert.ok(mutants.length >= 60 && readerMutants.length >= 24, `${mutants.length} and ${readerMutants.length} mutants`);
  assert.deepEqual(runs.filter((run) => !isKilled(run)).map(({ mutant, places }) => `${mutant.sentence} (${places} places)`), []);
});

test('a mutant that changes nothing survives, and one that is not planted counts as such', () => {
  const [same, missing] = runMutants([
    { sentence: 'same', file: 'index.ts', from: 'event.pairs.flatMap((', to: 'event.pairs.flatMap((' },
    { sentence: 'missing', file: 'index.ts', from: 'no such text', to: '' },
  ]);
  assert.deepEqual([isKilled(same!), same!.places], [false, 1]);
  assert.deepEqual([isKilled(missing!), missing!.places], [false, 0]);
});
