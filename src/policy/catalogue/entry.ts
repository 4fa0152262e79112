import type { Severity } from '../finding.ts';

/** One finding that a policy can have: what is said of it, everywhere. */
export interface Entry {
  readonly severity: Severity;
  /** What it is about, as a heading. */
  readonly title: string;
  /** What was found; `{word}` is filled in. */
  readonly message: string;
  /** What is accepted and what to do. */
  readonly help: string;
  /** Why it matters, for the documentation page. */
  readonly why: string;
  readonly bad: Example;
  readonly good: string;
  /** Not to be said of a text that could not be read whole: what seems to be missing may be only unread. */
  readonly needsWhole?: true;
}

/** A policy; or one that no page can hold: how it is shown, and how it is made. */
export type Example = string | { readonly shown: string; readonly make: () => string | Uint8Array };

interface Parts {
  /** Lines of the first selector after its name. */
  readonly selector?: string;
  /** Lines of further selectors. */
  readonly selectors?: string;
  /** Lines of the response, in place of those that match the selector and alert. */
  readonly response?: string;
  readonly responses?: string;
}

/** A small flat policy around the lines that an example is about. */
export function policyWith({ selector, selectors, response, responses }: Parts): string {
  const first = selector ?? 'targetFilePath: [/usr/bin/**]';
  const answer = response ?? 'match: [example]\nactions: [alert]';
  return [
    'selectors:',
    '  - name: example',
    indent(first, 4),
    ...(selectors === undefined ? [] : [indent(selectors, 2)]),
    'responses:',
    `  - ${indent(answer, 4).trimStart()}`,
    ...(responses === undefined ? [] : [indent(responses, 2)]),
    '',
  ].join('\n');
}

function indent(lines: string, by: number): string {
  return lines.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}
