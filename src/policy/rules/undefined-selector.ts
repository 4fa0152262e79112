import { nearest } from '#base';
import { anyOf, quote } from '../finding.ts';
import type { DraftSection } from '../draft.ts';
import type { Located } from '../model.ts';
import type { Report } from '../report.ts';
import { nameForm } from '../vocabulary.ts';
import { byName } from './rule.ts';
import type { Rule } from './rule.ts';

/** A name in `match` or `exclude` must be that of a selector of the same section. */
export const undefinedSelector: Rule = (draft, report) => {
  for (const section of draft.sections) {
    const others = draft.sections.filter((other) => other.kind !== section.kind);
    for (const { response } of section.responses) {
      checkNames('match', response.match, section, others, report);
      checkNames('exclude', response.exclude, section, others, report);
    }
  }
};

function checkNames(
  key: string,
  names: readonly Located<string>[],
  section: DraftSection,
  others: readonly DraftSection[],
  report: Report,
): void {
  const known = byName(section);
  const candidates = [...known.keys()].slice(0, comparedMax);
  const malformed = candidates.filter((name) => !nameForm.test(name));
  for (const { value, span } of names) {
    if (known.has(value)) continue;
    const words = { key: quote(key), name: quote(value) };
    const other = others
      .map((candidate) => ({ candidate, selector: byName(candidate).get(value) }))
      .find(({ selector }) => selector);
    if (other !== undefined) {
      const related = [{ message: 'it is defined here', span: other.selector!.place }];
      report('P4002', span, { ...words, section: quote(other.candidate.kind) }, related);
      continue;
    }
    const advice = (): string => adviceOn(value, nearest(value, candidates), candidates);
    // A name that is malformed is told where it stands.
    if (malformed.length > 0 && nearest(value, malformed) !== undefined) continue;
    report('P4001', span, () => ({ ...words, advice: advice() }));
  }
}

const shownMax = 8;
/** Names that a misspelt one is compared with. */
const comparedMax = 1_000;

function adviceOn(name: string, meant: string | undefined, known: readonly string[]): string {
  if (name.includes(','))
    return `several are a list: ${quote(
      `[${name
        .split(',')
        .map((part) => part.trim())
        .join(', ')}]`,
    )}`;
  if (meant !== undefined) return `did you mean ${quote(meant)}?`;
  if (known.length === 0) return 'define it under `selectors`';
  const more = known.length > shownMax ? ' and more' : '';
  return `defined are ${anyOf(known.slice(0, shownMax), 'and')}${more}`;
}
