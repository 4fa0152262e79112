import { lineStarts } from '#base';
import { locate } from './located.ts';
import type { CheckedFile, LineSpan, LocatedFinding } from './located.ts';

export type Style = 'error' | 'warning' | 'help' | 'place' | 'gutter' | 'marker';
/** Colours a piece of text, or does not. */
export type Paint = (style: Style, text: string) => string;

const widthMax = 100;
/** Of a longer line only the piece around the marker is shown. */
const sourceCharsMax = 120;

/** Findings for people: place, what is wrong, the line with a marker, what to do. */
export function renderText(checked: CheckedFile, paint: Paint = (_, text) => text): string {
  const starts = lineStarts(checked.text);
  const source = (line: number): string => {
    const end = starts[line] ?? checked.text.length;
    return checked.text.slice(starts[line - 1], end).replace(/[\r\n]+$/, '');
  };
  return locate(checked).map((finding) => renderOne(checked.file, finding, source, paint)).join('\n');
}

function renderOne(file: string, finding: LocatedFinding, source: (line: number) => string, paint: Paint): string {
  const { severity, message, code, span, help, related } = finding;
  const head = `${paint('place', `${placeOf(file, span)}:`)} ${paint(severity, `${severity}:`)} ${message} [${code}]\n`;
  const lines = [head, excerpt(span, source, paint, severity), wrap('help: ', help, paint)];
  let shown = span.line;
  for (const place of related) {
    lines.push(`  ${paint('place', `${placeOf(file, place.span)}:`)} ${place.message}\n`);
    if (place.span.line !== shown) lines.push(excerpt(place.span, source, paint, 'help'));
    shown = place.span.line;
  }
  return lines.join('');
}

function placeOf(file: string, { line, column }: LineSpan): string {
  return `${printable(file)}:${line}:${column}`;
}

/** The source line and below it a marker; of a span over several lines, its first. */
function excerpt(span: LineSpan, source: (line: number) => string, paint: Paint, style: Style): string {
  const whole = Array.from(source(span.line));
  const first = span.column - 1;
  const cut = whole.length > sourceCharsMax ? Math.max(0, first - sourceCharsMax / 3) : 0;
  const chars = whole.slice(cut, cut + sourceCharsMax);
  const end = Math.min(span.endLine === span.line ? span.endColumn - 1 : whole.length, cut + chars.length);
  const number = String(span.line);
  const before = cut > 0 ? '…' : '';
  const after = cut + chars.length < whole.length ? '…' : '';
  const line = `${before}${printable(chars.join(''))}${after}`;
  const lead = `${before === '' ? '' : ' '}${chars.slice(0, first - cut).map(blank).join('')}`;
  const marked = chars.slice(first - cut, end - cut).reduce((sum, char) => sum + widthOf(char), 0);
  const gutter = (text: string): string => paint('gutter', `${text.padStart(5)} |`);
  const marker = paint(style, '^'.repeat(Math.max(1, marked)));
  return `${gutter(number)} ${line}\n${gutter('')} ${lead}${marker}\n`;
}

/** What a character leaves free below it; a tab stays one, so that the marker stands right whatever its width. */
function blank(char: string): string {
  return char === '\t' ? '\t' : ' '.repeat(widthOf(char));
}

/** Columns of a terminal: none for combining marks, two for what East Asian fonts draw wide. */
function widthOf(char: string): number {
  if (/^\p{M}$|^[\u200b-\u200f\u2060]$/u.test(char)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^\p{Emoji_Presentation}$/u.test(char) ? 2 : 1;
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
