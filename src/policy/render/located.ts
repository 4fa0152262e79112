import { lineStarts, position } from '#base';
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
  const starts = lineStarts(text);
  const lines = (span: Span): LineSpan => {
    const from = position(text, starts, span.start);
    const to = position(text, starts, Math.max(span.start, span.end));
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
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
