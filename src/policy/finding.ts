import type { Span } from '#base';

export type Severity = 'error' | 'warning';

/** A further place that a finding speaks of. */
export interface Related {
  readonly message: string;
  readonly span: Span;
}

/** What is wrong at one place of a policy; renderers make text of it. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  /** One line: what was found, in lower case. */
  readonly message: string;
  /** What is accepted and what to do. */
  readonly help: string;
  readonly span: Span;
  readonly related: readonly Related[];
}

/** Where a node is to be reported: where it stands, or at the alias that brought it, with its origin. */
export interface Place extends Span {
  /** The anchor behind the alias, and the place of the text itself. */
  readonly origin?: readonly Related[];
}

const shownCharsMax = 72;

/** The user's own text inside a message: in backticks, on one line, cut when long. */
export function quote(text: string): string {
  const visible = text.replace(
    /\p{Cc}|\p{Cs}|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu,
    escapeOf,
  );
  const chars = Array.from(visible);
  return `\`${chars.length > shownCharsMax ? `${chars.slice(0, shownCharsMax - 1).join('')}…` : visible}\``;
}

/** A list for a sentence: `a`, `b` or `c`. */
export function anyOf(words: readonly string[], joint = 'or'): string {
  const quoted = words.map(quote);
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} ${joint} ${quoted.at(-1)!}`;
}

function escapeOf(char: string): string {
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
