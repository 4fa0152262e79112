import { quote } from '../finding.ts';
import { covers } from '../patterns/covers.ts';
import type { Budget } from '../patterns/covers.ts';
import { hasWildcard } from '../patterns/scan.ts';
import { kindOf, selectorCovers } from '../patterns/selector-covers.ts';
import type { DraftSelector } from '../draft.ts';
import type { Located } from '../model.ts';
import type { Report } from '../report.ts';
import { allSelectors, byName, keyOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { valuesOf } from './values.ts';
import type { Value } from './values.ts';

/** A value, or a selector that is named, of which another beside it matches all. */
export const needless: Rule = (draft, report, budget) => {
  for (const selector of allSelectors(draft)) {
    for (const condition of selector.selector.conditions) {
      checkValues(
        keyOf(selector, condition.name),
        kindOf(condition.name),
        valuesOf(condition),
        budget,
        report,
      );
    }
  }
  for (const section of draft.sections) {
    const selectors = byName(section);
    for (const { response } of section.responses) {
      for (const key of ['match', 'exclude'] as const)
        checkNames(key, response[key], selectors, budget, report);
    }
  }
};

/** Only a value with a wildcard matches more than itself; equal ones are told as being there twice. */
function checkValues(
  key: string,
  kind: 'path' | 'text',
  values: readonly Value[],
  budget: Budget,
  report: Report,
): void {
  const wide = values.filter(({ pattern }) => pattern !== undefined && hasWildcard(pattern.tokens));
  values.forEach((value, index) => {
    if (budget.steps <= 0) return;
    const other = wide.find((candidate) => {
      if (candidate.text === value.text || candidate.label !== value.label) return false;
      if (covers([candidate.pattern!.tokens], value.pattern!.tokens, kind, budget) !== true)
        return false;
      const isLater = values.indexOf(candidate) > index;
      return !(
        isLater && covers([value.pattern!.tokens], candidate.pattern!.tokens, kind, budget) === true
      );
    });
    if (other === undefined) return;
    const words = { value: quote(value.text), key: quote(key), other: quote(other.text) };
    report('P6004', value.span, words, [{ message: 'the wider one is here', span: other.span }]);
  });
}

function checkNames(
  key: string,
  names: readonly Located<string>[],
  selectors: ReadonlyMap<string, DraftSelector>,
  budget: Budget,
  report: Report,
): void {
  const known = names.flatMap((name, index) => {
    const selector = selectors.get(name.value);
    return selector?.whole === true ? [{ name, index, selector: selector.selector }] : [];
  });
  for (const { name, index, selector } of known) {
    if (budget.steps <= 0) return;
    const isIn = (narrow: typeof selector, wide: typeof selector): boolean =>
      narrow.operations.every((operation) => selectorCovers(wide, narrow, operation, budget));
    const other = known.find((candidate) => {
      if (candidate.selector === selector || !isIn(selector, candidate.selector)) return false;
      return !(candidate.index > index && isIn(candidate.selector, selector));
    });
    if (other === undefined) continue;
    const words = { value: quote(name.value), key: quote(key), other: quote(other.name.value) };
    report('P6004', name.span, words, [
      { message: 'the wider one is defined here', span: other.selector.span },
    ]);
  }
}
