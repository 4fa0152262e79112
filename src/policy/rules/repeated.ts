import { quote } from '../finding.ts';
import type { Place } from '../finding.ts';
import type { Report } from '../report.ts';
import { allSelectors, keyOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { valuesOf } from './values.ts';

interface Item {
  readonly text: string;
  readonly place: Place;
}

/** A value, operation, name or action that is there twice. */
export const repeated: Rule = (draft, report) => {
  for (const selector of allSelectors(draft)) {
    checkItems(
      'operation',
      (selector.operations ?? []).map(({ value, span }) => ({ text: value, place: span })),
      report,
    );
    for (const condition of selector.selector.conditions) {
      checkItems(
        keyOf(selector, condition.name),
        valuesOf(condition).map(({ text, span }) => ({ text, place: span })),
        report,
      );
    }
  }
  for (const { actions, response } of draft.sections.flatMap((section) => section.responses)) {
    checkItems(
      'actions',
      actions.map(({ value, span }) => ({ text: value, place: span })),
      report,
    );
    for (const key of ['match', 'exclude'] as const) {
      checkItems(
        key,
        response[key].map(({ value, span }) => ({ text: value, place: span })),
        report,
      );
    }
  }
};

function checkItems(key: string, items: readonly Item[], report: Report): void {
  const first = new Map<string, Place>();
  for (const { text, place } of items) {
    const span = first.get(text);
    if (span === undefined) first.set(text, place);
    else
      report('P6003', place, { value: quote(text), key: quote(key) }, [
        { message: 'first given here', span },
      ]);
  }
}
