import { lineStarts } from '#base';
import type { Span } from '#base';
import type { Finding } from '../finding.ts';

/** Lines and columns from 1, columns in characters; the end is behind the last character. */
export interface LineSpan {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A finding as programs get it (`--json`). */
export interface LocatedFinding {
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly message: string;
  readonly help: string;
  readonly span: LineSpan;
  readonly related: readonly { readonly message: string; readonly span: LineSpan }[];
}

/** A file that was checked, with all that renderers need. */
export interface CheckedFile {
  readonly file: string;
  readonly text: string;
  readonly findings: readonly Finding[];
}

export function locate({ text, findings }: CheckedFile): readonly LocatedFinding[] {
  if (findings.length === 0) return [];
  const starts = lineStarts(text, lastPlace(findings));
  const columnOf = columns(text, starts);
  const lines = (span: Span): LineSpan => {
    const end = Math.max(span.start, span.end);
    const [line, endLine] = [lineAt(starts, span.start), lineAt(starts, end)];
    return { line, column: columnOf(line, span.start), endLine, endColumn: columnOf(endLine, end) };
  };
  return findings.map(({ code, severity, message, help, span, related }) => ({
    code,
    severity,
    message,
    help,
    span: lines(span),
    related: related.map((place) => ({ message: place.message, span: lines(place.span) })),
  }));
}

/** The last offset that the findings speak of. */
export function lastPlace(findings: readonly Finding[]): number {
  const places = findings.flatMap(({ span, related }) => [span, ...related.map((place) => place.span)]);
  return places.reduce((last, { start, end }) => Math.max(last, start, end), 0);
}

/** The line, from 1, that an offset lies in. */
export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/**
 * Columns count characters, of which some take two places of the text. Findings come in the order of the text, so
 * counting goes on from the place before: a line of megabytes is counted once.
 */
function columns(
  text: string,
  starts: readonly number[],
): (line: number, offset: number) => number {
  let known = { line: 0, offset: 0, column: 1 };
  return (line, offset) => {
    const isFurther = known.line === line && known.offset <= offset;
    let { offset: at, column } = isFurther ? known : { offset: starts[line - 1]!, column: 1 };
    while (at < offset) {
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
      column++;
    }
    known = { line, offset: at, column };
    return column;
  };
}
