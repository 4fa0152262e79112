import type { Place } from '../finding.ts';
import type { Condition, Pattern } from '../model.ts';

/** A value of a condition as its text has it; `pattern` is the part that wildcards may stand in. */
export interface Value {
  readonly text: string;
  readonly span: Place;
  readonly pattern: Pattern | undefined;
  /** The key of a label. */
  readonly label: string | undefined;
}

export function valuesOf(condition: Condition): readonly Value[] {
  switch (condition.kind) {
    case 'static':
    case 'dynamic':
      return condition.values.map((pattern) => ({
        text: pattern.text,
        span: pattern.span,
        pattern,
        label: undefined,
      }));
    case 'label':
      return condition.values.map(({ key, pattern, span }) => ({
        text: `${key}:${pattern.text}`,
        span,
        pattern,
        label: key,
      }));
    case 'orchestrator':
    case 'user':
      return condition.values.map(({ value, span }) => ({
        text: String(value),
        span,
        pattern: undefined,
        label: undefined,
      }));
    case 'mount':
    case 'interactive':
      return [];
  }
}
