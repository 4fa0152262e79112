import { catalogue } from './catalogue/index.ts';
import type { Code } from './catalogue/index.ts';
import type { Finding, Place, Related } from './finding.ts';
import { limits } from './limits.ts';

export type Words = Readonly<Record<string, string>>;
export type Report = (code: Code, place: Place, words?: Words, related?: readonly Related[]) => void;

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
  const report: Report = (code, place, words = {}, related = []) => {
    const finding = makeFinding(code, place, words, related);
    if (finding.severity === 'error') errors++;
    if (found.length <= limits.findingsMax || finding.severity === 'error') found.push(finding);
  };
  return { report, findings: () => arrange(found), hasErrors: () => errors > 0 };
}

/** A finding of the catalogue, its words filled in. */
export function makeFinding(code: Code, place: Place, words: Words = {}, related: readonly Related[] = []): Finding {
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
function arrange(found: readonly Finding[]): Finding[] {
  const sorted = found.toSorted((a, b) => a.span.start - b.span.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
  const once = sorted.filter((finding, index) => !isSame(finding, sorted[index - 1]));
  if (once.length <= limits.findingsMax) return once;
  const shown = once.toSorted((a, b) => rank(a) - rank(b)).slice(0, limits.findingsMax);
  const rest = makeFinding('P1016', shown[0]!.span, { rest: String(once.length - shown.length), shown: String(shown.length) });
  return [...shown.toSorted((a, b) => a.span.start - b.span.start), rest];
}

function rank(finding: Finding): number {
  return finding.severity === 'error' ? 0 : 1;
}

function isSame(a: Finding, b: Finding | undefined): boolean {
  return b !== undefined && a.code === b.code && a.span.start === b.span.start && a.message === b.message;
}
