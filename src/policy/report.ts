import { catalogue } from './catalogue/index.ts';
import type { Code } from './catalogue/index.ts';
import type { Finding, Place, Related } from './finding.ts';
import { limits } from './limits.ts';

export type Words = Readonly<Record<string, string>>;
/** `words` may be worked out when they are needed: past so many findings they are not. */
export type Report = (
  code: Code,
  place: Place,
  words?: Words | (() => Words),
  related?: readonly Related[],
) => void;

/** Collects the findings of one file. */
export interface Reporter {
  readonly report: Report;
  /** All of them in the order of the text. */
  readonly findings: () => Finding[];
  readonly hasErrors: () => boolean;
}

export function reporter(): Reporter {
  const found: Finding[] = [];
  let errors = 0;
  let unkept = 0;
  const report: Report = (code, place, words = {}, related = []) => {
    const isError = catalogue[code].severity === 'error';
    if (isError) errors++;
    if (found.length >= limits.findingsMax) unkept++;
    else
      found.push(makeFinding(code, place, typeof words === 'function' ? words() : words, related));
  };
  return { report, findings: () => arrange(found, unkept), hasErrors: () => errors > 0 };
}

/** A finding of the catalogue, its words filled in. */
export function makeFinding(
  code: Code,
  place: Place,
  words: Words = {},
  related: readonly Related[] = [],
): Finding {
  const entry = catalogue[code];
  return Object.freeze({
    code,
    severity: entry.severity,
    message: fill(entry.message, words),
    help: fill(entry.help, words),
    span: Object.freeze({ start: place.start, end: place.end }),
    related: Object.freeze([...related, ...(place.origin ?? [])].map(plain)),
  });
}

function plain({ message, span }: Related): Related {
  return Object.freeze({ message, span: Object.freeze({ start: span.start, end: span.end }) });
}

function fill(template: string, words: Words): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const word = words[name];
    if (word === undefined) throw new TypeError(`the word ${name} of "${template}" is missing`);
    return word;
  });
}

/** In the order of the text, each said once, and no more than a reader can use. */
function arrange(found: readonly Finding[], unkept: number): Finding[] {
  const sorted = found.toSorted(
    (a, b) => a.span.start - b.span.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
  const once = sorted.filter((finding, index) => !isSame(finding, sorted[index - 1]));
  const last = once.at(-1);
  if (unkept === 0 || last === undefined) return once;
  const place = { start: last.span.start, end: last.span.start };
  return [
    ...once,
    makeFinding('P1016', place, { rest: String(unkept), shown: String(once.length) }),
  ];
}

function isSame(a: Finding, b: Finding | undefined): boolean {
  return (
    b !== undefined && a.code === b.code && a.span.start === b.span.start && a.message === b.message
  );
}
