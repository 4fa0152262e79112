import { anyOf, quote } from '../finding.ts';
import type { Condition, Selector } from '../model.ts';
import type { Budget } from '../patterns/covers.ts';
import { selectorCovers } from '../patterns/selector-covers.ts';
import { responsesOf } from './rule.ts';
import type { Named, Rule } from './rule.ts';

/** Pieces of one selector that are asked about one by one; past them the rule says nothing. */
const piecesMax = 2_000;

/** A response each of whose `match` selectors is excluded, piece by piece. */
export const neverApplies: Rule = (draft, report, budget) => {
  for (const named of responsesOf(draft)) {
    const { response, match, exclude } = named;
    if (!isKnown(named)) continue;
    if (match.length * exclude.length > budget.steps) continue;
    const proofs = match.map(({ selector }) =>
      proof(
        selector,
        exclude.map((other) => other.selector),
        budget,
      ),
    );
    if (!proofs.every((found) => found !== null)) continue;
    const used = [...new Set(proofs.flatMap(({ by }) => by))];
    const related = used.map((selector) => ({
      message: 'this selector excludes it',
      span: selector.span,
    }));
    const isByPath = used.some(({ conditions }) =>
      conditions.some(({ name }) => name === 'targetFilePath'),
    );
    const caveat = isByPath
      ? '; only a file whose path is not known, or that has a second one, is left to it'
      : '';
    report(
      'P6002',
      response.place,
      { proof: proofs.map(({ words }) => words).join('; '), caveat },
      related,
    );
  }
};

function isKnown({ response, match, exclude }: Named): boolean {
  return (
    response.whole &&
    match.length > 0 &&
    exclude.length > 0 &&
    [...match, ...exclude].every(({ whole }) => whole)
  );
}

interface Proof {
  readonly words: string;
  readonly by: readonly Selector[];
}

/** That each piece of a selector is covered by one of the excluded ones, or `null`. */
function proof(selector: Selector, excluded: readonly Selector[], budget: Budget): Proof | null {
  const used = new Set<Selector>();
  for (const operation of selector.operations) {
    const pieces = piecesOf(selector);
    if (pieces === null) return null;
    for (const piece of pieces) {
      const by = excluded.find((other) => selectorCovers(other, piece, operation, budget));
      if (by === undefined) return null;
      used.add(by);
    }
  }
  const names = anyOf(
    [...used].map(({ name }) => name),
    'and',
  );
  return {
    words: `all that ${quote(selector.name)} matches is excluded by ${names}${details(selector, [...used])}`,
    by: [...used],
  };
}

/** One value of each condition: a selector holds if one of its pieces does. */
function piecesOf(selector: Selector): readonly Selector[] | null {
  let pieces: (readonly Condition[])[] = [[]];
  for (const condition of selector.conditions) {
    const single = singles(condition);
    if (pieces.length * single.length > piecesMax) return null;
    pieces = pieces.flatMap((piece) => single.map((one) => [...piece, one]));
  }
  return pieces.map((conditions) => ({ ...selector, conditions }));
}

function singles(condition: Condition): readonly Condition[] {
  switch (condition.kind) {
    case 'static':
      return condition.values.map((value) => ({ ...condition, values: [value] }));
    case 'dynamic':
      return condition.values.map((value) => ({ ...condition, values: [value] }));
    case 'user':
      return condition.values.map((value) => ({ ...condition, values: [value] }));
    // The values of one key are alternatives, those of others are not: taken as a whole.
    case 'label':
    case 'orchestrator':
    case 'mount':
    case 'interactive':
      return [condition];
  }
}

/** The first pair of values that the proof rests on: enough to see it. */
function details(selector: Selector, used: readonly Selector[]): string {
  const [other] = used;
  if (used.length !== 1 || other === undefined || other === selector) return '';
  for (const { name, kind, ...rest } of other.conditions) {
    if (kind !== 'static' && kind !== 'dynamic') continue;
    const own = selector.conditions.find((condition) => condition.name === name);
    const [wide] = (rest as { values: readonly { text: string }[] }).values;
    if (
      own === undefined ||
      !('values' in own) ||
      own.kind === 'user' ||
      own.kind === 'orchestrator' ||
      own.kind === 'label'
    )
      continue;
    const [narrow] = own.values;
    if (narrow !== undefined && wide !== undefined)
      return ` (${quote(name)}: ${quote(narrow.text)} lies in ${quote(wide.text)})`;
  }
  return '';
}
