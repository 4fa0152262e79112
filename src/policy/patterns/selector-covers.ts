import type { Condition, LabelValue, OperationName, Pattern, Selector } from '../model.ts';
import type { PatternKind } from './scan.ts';
import { covers } from './covers.ts';
import type { Budget } from './covers.ts';

/**
 * Whether a selector holds wherever another does, for one operation. Only what is certain is affirmed: a
 * condition of `wide` must follow from one of the same name.
 */
export function selectorCovers(
  wide: Selector,
  narrow: Selector,
  operation: OperationName,
  budget: Budget,
): boolean {
  budget.steps -= 1 + wide.conditions.length;
  if (budget.steps <= 0 || !wide.operations.includes(operation)) return false;
  return wide.conditions.every((condition) =>
    narrow.conditions.some((given) => implies(given, condition, budget)),
  );
}

export function kindOf(name: Condition['name']): PatternKind {
  return name === 'targetFilePath' || name === 'processExecutable' ? 'path' : 'text';
}

function implies(given: Condition, asked: Condition, budget: Budget): boolean {
  switch (asked.kind) {
    case 'static':
    case 'dynamic':
      return (
        given.name === asked.name &&
        eachCovered(given.values, asked.values, kindOf(asked.name), budget)
      );
    case 'label':
      return given.kind === 'label' && impliesLabels(given.values, asked.values, budget);
    case 'orchestrator':
      return given.kind === 'orchestrator';
    case 'user':
      return (
        given.kind === 'user' &&
        given.values.every(({ value }) => asked.values.some((other) => other.value === value))
      );
    case 'mount':
      // What is off every mount is off those of a single file.
      return (
        given.kind === 'mount' && (given.name === asked.name || given.name === 'ignoreVolumeMounts')
      );
    case 'interactive':
      return given.kind === 'interactive' && given.value === asked.value;
  }
}

/** Each by one value alone: so it holds for directories and files with two paths as well. */
function eachCovered(
  narrow: readonly Pattern[],
  wide: readonly Pattern[],
  kind: PatternKind,
  budget: Budget,
): boolean {
  return narrow.every((value) =>
    wide.some((other) => covers([other.tokens], value.tokens, kind, budget) === true),
  );
}

/** Different keys must all match, so each key that is asked for must be among those given. */
function impliesLabels(
  given: readonly LabelValue[],
  asked: readonly LabelValue[],
  budget: Budget,
): boolean {
  return [...new Set(asked.map(({ key }) => key))].every((key) => {
    const of = (values: readonly LabelValue[]): readonly Pattern[] =>
      values.filter((value) => value.key === key).map(({ pattern }) => pattern);
    const narrow = of(given);
    return narrow.length > 0 && eachCovered(narrow, of(asked), 'text', budget);
  });
}
