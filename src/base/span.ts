/** A piece of a text: UTF-16 offsets, end exclusive. Lines and columns are worked out when rendering. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Line and column, both from 1; columns count characters (code points). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Offsets at which the lines of a text begin, up to the line behind that of `upTo`; `\n`, `\r\n` and a lone
 * `\r` end a line. (A file of line ends alone has millions of lines, and a place in the first of them.)
 */
export function lineStarts(text: string, upTo: number = text.length): readonly number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x0a && (code !== 0x0d || text.charCodeAt(at + 1) === 0x0a)) continue;
    starts.push(at + 1);
    if (at >= upTo) break;
  }
  return starts;
}

/** Where an offset lies, given the text and its line starts. */
export function position(text: string, starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Array.from(text.slice(starts[low]!, offset)).length + 1 };
}
