import type { Draft, DraftResponse, DraftSection, DraftSelector } from '../draft.ts';
import { covers } from '../patterns/covers.ts';
import type { Budget } from '../patterns/covers.ts';
import type { Report } from '../report.ts';
import type { ConditionName } from '../vocabulary.ts';
import type { Located, OperationName, Pattern, Token } from '../model.ts';

/** One thing to look for in a whole policy. It says nothing where a part that it needs could not be read. */
export type Rule = (draft: Draft, report: Report, budget: Budget) => void;

/** Selectors of a section by name; of two with one name, the first. */
export function byName(section: DraftSection): ReadonlyMap<string, DraftSelector> {
  const found = new Map<string, DraftSelector>();
  for (const selector of section.selectors) {
    if (selector.name !== undefined && !found.has(selector.name.value))
      found.set(selector.name.value, selector);
  }
  return found;
}

export interface Named {
  readonly section: DraftSection;
  readonly response: DraftResponse;
  /** The selectors that `match` and `exclude` name, each once; undefined ones left out. */
  readonly match: readonly DraftSelector[];
  readonly exclude: readonly DraftSelector[];
}

/** Every response with the selectors that it names. */
export function responsesOf(draft: Draft): readonly Named[] {
  return draft.sections.flatMap((section) => {
    const selectors = byName(section);
    const look = (names: readonly Located<string>[]): readonly DraftSelector[] => [
      ...new Set(names.flatMap(({ value }) => selectors.get(value) ?? [])),
    ];
    return section.responses.map((response) => {
      const { match, exclude } = response.response;
      return { section, response, match: look(match), exclude: look(exclude) };
    });
  });
}

export function blockingOf(draft: Draft): readonly Named[] {
  return responsesOf(draft).filter(({ response }) => response.response.actions.includes('block'));
}

/** The place of a response's `block`. */
export function blockPlace({ actions, place }: DraftResponse): Located<unknown>['span'] {
  return actions.find(({ value }) => value === 'block')?.span ?? place;
}

/** Those of `wanted` that a selector is about. */
export function operationsIn(
  { selector }: DraftSelector,
  wanted: readonly OperationName[],
): readonly OperationName[] {
  return wanted.filter((operation) => selector.operations.includes(operation));
}

/** A condition's name as the policy has it. */
export function keyOf({ written }: DraftSelector, name: ConditionName): string {
  return written.get(name)?.spelt ?? name;
}

/** Values of `targetFilePath` and `processExecutable`. */
export interface PathCondition {
  readonly key: 'targetFilePath' | 'processExecutable';
  readonly values: readonly Pattern[];
}
export function pathsOf({ selector }: DraftSelector): readonly PathCondition[] {
  return selector.conditions.flatMap((condition) =>
    condition.name === 'targetFilePath' || condition.name === 'processExecutable'
      ? [{ key: condition.name, values: condition.values }]
      : [],
  );
}

export function allSelectors(draft: Draft): readonly DraftSelector[] {
  return draft.sections.flatMap((section) => section.selectors);
}

/** Whether one of the values matches all that a further one would; `undefined` if the budget is spent. */
export function isListed(
  values: readonly Pattern[],
  path: readonly Token[],
  budget: Budget,
): boolean | undefined {
  for (const { tokens } of values) if (covers([tokens], path, 'path', budget) === true) return true;
  return budget.steps > 0 ? false : undefined;
}
