import { nearest } from '#base';
import { quote } from '../finding.ts';
import type { Rule } from './rule.ts';

/** Names that are compared, of either kind. */
const comparedMax = 100;

/** A selector that no response names. */
export const unusedSelector: Rule = (draft, report) => {
  for (const { selectors, responses } of draft.sections) {
    const used = new Set(
      responses.flatMap(({ response }) =>
        [...response.match, ...response.exclude].map(({ value }) => value),
      ),
    );
    const names = selectors.flatMap(({ name }) => name?.value ?? []);
    const known = new Set(names);
    // A name that is misspelt is told where it stands.
    const undefinedNames = [...used].filter((name) => !known.has(name));
    const meant = new Set(
      undefinedNames
        .slice(0, comparedMax)
        .flatMap((name) => nearest(name, names.slice(0, comparedMax)) ?? []),
    );
    const isKnown = responses.every(({ whole }) => whole);
    for (const { name } of selectors) {
      if (!isKnown || name === undefined || used.has(name.value) || meant.has(name.value)) continue;
      report('P6001', name.span, { name: quote(name.value) });
    }
  }
};
