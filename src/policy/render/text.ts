import { lineStarts } from '#base';
import type { Span } from '#base';
import type { Finding } from '../finding.ts';
import { lastPlace, locate } from './located.ts';
import type { CheckedFile, LineSpan, LocatedFinding } from './located.ts';

export type Style = 'error' | 'warning' | 'help' | 'place' | 'gutter' | 'marker';
/** Colours a piece of text, or does not. */
export type Paint = (style: Style, text: string) => string;

const widthMax = 100;
/** Of a longer line only the piece around the marker is shown. */
const sourceCharsMax = 120;
const leadCharsMax = 40;

/** Findings for people: place, what is wrong, the line with a marker, what to do. */
export function renderText(checked: CheckedFile, paint: Paint = (_, text) => text): string {
  const source: Source = { ...checked, starts: lineStarts(checked.text, lastPlace(checked.findings)), paint };
  const located = locate(checked);
  return checked.findings
    .map((finding, index) => renderOne(source, finding, located[index]!))
    .join('\n');
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly starts: readonly number[];
  readonly paint: Paint;
}

function renderOne(source: Source, finding: Finding, located: LocatedFinding): string {
  const { file, paint } = source;
  const { severity, message, code, span, help } = located;
  const head = `${paint('place', `${placeOf(file, span)}:`)} ${paint(severity, `${severity}:`)} ${message} [${code}]\n`;
  const lines = [
    head,
    excerpt(source, finding.span, span.line, severity),
    wrap('help: ', help, paint),
  ];
  let shown = span.line;
  finding.related.forEach((place, index) => {
    const { line } = located.related[index]!.span;
    lines.push(
      `  ${paint('place', `${placeOf(file, located.related[index]!.span)}:`)} ${place.message}\n`,
    );
    if (line !== shown) lines.push(excerpt(source, place.span, line, 'help'));
    shown = line;
  });
  return lines.join('');
}

function placeOf(file: string, { line, column }: LineSpan): string {
  return `${printable(file)}:${line}:${column}`;
}

/** The source line and below it a marker; of a span over several lines, its first; of a long line, the piece around. */
function excerpt({ text, starts, paint }: Source, span: Span, line: number, style: Style): string {
  const first = starts[line - 1]!;
  const last = starts[line] ?? text.length;
  const from = span.start - first > sourceCharsMax ? span.start - leadCharsMax : first;
  const to = Math.min(last, from + sourceCharsMax + leadCharsMax);
  const shown = text.slice(from, to).replace(/[\r\n]+$/, '');
  const end = from + shown.length;
  const [before, after] = [from > first ? '…' : '', to < last ? '…' : ''];
  const lead = `${before === '' ? '' : ' '}${Array.from(text.slice(from, Math.min(span.start, end)), blank).join('')}`;
  const marked = Array.from(text.slice(span.start, Math.min(span.end, end)), widthOf).reduce(
    (sum, width) => sum + width,
    0,
  );
  const gutter = (label: string): string => paint('gutter', `${label.padStart(5)} |`);
  const marker = paint(style, '^'.repeat(Math.max(1, marked)));
  return `${gutter(String(line))} ${before}${printable(shown)}${after}\n${gutter('')} ${lead}${marker}\n`;
}

/** What a character leaves free below it; a tab stays one, so that the marker stands right whatever its width. */
function blank(char: string): string {
  return char === '\t' ? '\t' : ' '.repeat(widthOf(char));
}

/** Columns of a terminal: none for combining marks, two for what East Asian fonts draw wide. */
function widthOf(char: string): number {
  if (/^\p{M}$|^[\u200b-\u200f\u2060]$/u.test(char)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^\p{Emoji_Presentation}$/u.test(
    char,
  )
    ? 2
    : 1;
}

/** Without what a terminal would obey. */
function printable(text: string): string {
  return text.replace(/(?!\t)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function wrap(label: string, text: string, paint: Paint): string {
  const lines: string[] = [];
  let line = `  ${label}`;
  const indent = ' '.repeat(line.length);
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + word.length + 1 > widthMax) {
      lines.push(line);
      [line, isEmpty] = [indent, true];
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  lines.push(line);
  return `${lines.join('\n').replace(label, () => paint('help', label))}\n`;
}
