import { nearest } from '#base';
import { anyOf, quote } from '../finding.ts';
import type { Report } from '../report.ts';
import type { SectionKind } from '../model.ts';

/** What the readers of one document share. */
export interface Context {
  readonly report: Report;
  readonly flat: boolean;
}
export interface SectionContext extends Context {
  readonly section: SectionKind;
}

/** Longer lists are only told when no word of them is near. */
const listedMax = 8;

/** What to write instead of a word that nothing knows: the nearest, and what is accepted. */
export function suggestion(
  word: string,
  accepted: readonly string[],
  others: readonly string[] = [],
): string {
  const parts = word.split(',').map((part) => part.trim());
  if (parts.length > 1)
    return `several are a list: ${quote(`[${parts.join(', ')}]`)}; accepted: ${anyOf(accepted)}`;
  const meant = nearest(word, [...accepted, ...others]);
  const all = `accepted: ${anyOf(accepted)}`;
  if (meant === undefined) return all;
  return accepted.length > listedMax
    ? `did you mean ${quote(meant)}?`
    : `did you mean ${quote(meant)}? ${all}`;
}
