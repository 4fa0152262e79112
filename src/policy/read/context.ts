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

/** What to write instead of a word that nothing knows: the nearest, or all. */
export function suggestion(word: string, accepted: readonly string[], others: readonly string[] = []): string {
  const meant = nearest(word, [...accepted, ...others]);
  const all = `accepted: ${anyOf(accepted)}`;
  return meant === undefined ? all : `did you mean ${quote(meant)}? ${all}`;
}
