import type { Entry } from './entry.ts';
import { fileEntries } from './file.ts';
import { meaningEntries } from './meaning.ts';
import { patternEntries } from './patterns.ts';
import { shapeEntries } from './shape.ts';
import { warningEntries } from './warnings.ts';

const all = {
  ...fileEntries,
  ...shapeEntries,
  ...patternEntries,
  ...meaningEntries,
  ...warningEntries,
};

export type Code = keyof typeof all;

/** Every finding there is, by its code. The pages in docs/findings are made from it. */
export const catalogue: Readonly<Record<Code, Entry>> = Object.freeze(all);
export const codes = Object.freeze(Object.keys(all).toSorted()) as readonly Code[];
