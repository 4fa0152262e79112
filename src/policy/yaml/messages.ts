import type { YAMLParseError } from 'yaml';

/**
 * Of the errors of one line, the one that says most: a slip makes several, each a consequence of the one before.
 * `lineOf` tells the line of an offset.
 */
export function onePerLine(
  errors: readonly YAMLParseError[],
  lineOf: (offset: number) => number,
): readonly YAMLParseError[] {
  const best = new Map<number, YAMLParseError>();
  // Once the library has lost the document, each further piece is an error to it; only the first of them says anything.
  const lost = errors.findIndex(({ message }) => lostForm.test(message));
  for (const [index, error] of errors.entries()) {
    if (
      lost >= 0 &&
      index > lost &&
      /^(?:Unexpected|Not a YAML)/.test(error.message) &&
      error.pos[0] >= errors[lost]!.pos[0]
    )
      continue;
    const line = lineOf(error.pos[0]);
    const before = best.get(line);
    if (before === undefined || rankOf(error) < rankOf(before)) best.set(line, error);
  }
  return [...best.values()];
}

const lostForm = / token in YAML stream/;
const tellingFirst: readonly YAMLParseError['code'][] = [
  'TAB_AS_INDENT',
  'BAD_SCALAR_START',
  'BAD_ALIAS',
  'BAD_INDENT',
  'BAD_DQ_ESCAPE',
];
const tellingLast: readonly YAMLParseError['code'][] = [
  'MISSING_CHAR',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
  'UNEXPECTED_TOKEN',
];

function rankOf({ code }: YAMLParseError): number {
  if (tellingFirst.includes(code)) return tellingFirst.indexOf(code);
  return tellingFirst.length + 1 + tellingLast.indexOf(code);
}

/** A bracket or a quote that is not closed. */
export function unclosedWords(mark: string): { problem: string; advice: string } {
  const close = mark === '[' ? ']' : mark === '{' ? '}' : mark;
  const kind = mark === '[' || mark === '{' ? 'bracket' : 'quote';
  const where =
    kind === 'bracket' ? ', on this line or on one that is indented further than the key' : '';
  const inside = mark === "'" ? "; inside of single quotes a quote is written `''`" : '';
  return {
    problem: `not valid YAML: the ${kind} \`${mark}\` is not closed`,
    advice: `close it with \`${close}\`${where}${inside}`,
  };
}

/** What the YAML library found, in our words: what is wrong, and what to do; `from` is its line from there on. */
export function yamlWords(
  error: YAMLParseError,
  from: string,
): { problem: string; advice: string } {
  if (
    /^\s*- /.test(from) &&
    /^(?:BLOCK_AS_IMPLICIT_KEY|MULTILINE_IMPLICIT_KEY|MISSING_CHAR)$/.test(error.code)
  ) {
    return {
      problem: 'not valid YAML: this item is not indented like those before it',
      advice: advices.BAD_INDENT!,
    };
  }
  const known = details.find(([form]) => form.test(error.message));
  const problem = known?.[1] ?? words[error.code] ?? 'something stands here that does not belong';
  const advice =
    known?.[2] ??
    advices[error.code] ??
    'look at this line and the one before: a quote, a bracket, a `:` or a space may be missing';
  return { problem: `not valid YAML: ${problem}`, advice };
}

/** Where one code of the library's stands for several things: how its message begins, what is wrong, what to do. */
const details: readonly (readonly [RegExp, string, string])[] = [
  [
    /^Implicit map keys need to be followed/,
    'a key without a `:`',
    'write a `:` and a space behind the key, or indent the line as part of the value before',
  ],
  [
    /^Missing , |^Missing , or :/,
    'a comma is missing between two values',
    'put a comma between them, or close the bracket before',
  ],
  [
    /^Missing space after :/,
    'a space is missing behind `:`',
    'write `: `, or put the value in quotes',
  ],
  [
    /^Unexpected , in|^Unexpected empty item/,
    'a comma without a value',
    'remove it, or write the value',
  ],
  [
    /^Sequence item without -/,
    'an item of a list without `- `',
    'begin it with `- `, or indent it as part of the item before',
  ],
  [
    /^Comments must be separated/,
    'a `#` directly behind a value',
    'put a space before a comment, or quotes around a value with `#` in it',
  ],
  [
    /^Tags and anchors must be separated/,
    'a tag or an anchor directly before a value',
    'put a space between them',
  ],
  [
    /^Block scalar header|in block scalar header|^Not a YAML token/,
    'text stands behind `|` or `>`',
    'begin the text on the next line, or put the value in quotes',
  ],
  [
    /^Block scalar/,
    'the lines of a block of text are not indented alike',
    'indent each of them as far as the first',
  ],
  [
    /^Flow end indicator|^Flow (?:map|sequence) in block collection/,
    'a bracket is closed at the beginning of a line',
    'indent it further than the key',
  ],
  [
    /^Unexpected \S+ at node end|^Unexpected scalar/,
    'something goes on where a value has ended',
    'put the whole value in quotes, or remove what is behind it',
  ],
  [
    /directives-end/,
    'a line that begins with `%`',
    'remove it, or put a value that begins with `%` in quotes',
  ],
  [
    / token in YAML stream/,
    'something stands here that does not belong, and what follows cannot be read',
    'look at this line and the one before: is it indented like its neighbours, is each bracket open that is closed?',
  ],
  [
    /^Unexpected .*(?:flow-map-end|flow-seq-end|flow-error-end)|^Unexpected [\]}]/,
    'a bracket is closed that is not open',
    'remove it, or open it',
  ],
];

const words: Partial<Record<YAMLParseError['code'], string>> = {
  ALIAS_PROPS: 'an alias has an anchor or a tag of its own',
  BAD_ALIAS: 'a `*` or `&` without a name',
  BAD_DIRECTIVE: 'a line that begins with `%` and is no directive',
  BAD_DQ_ESCAPE: 'an escape in double quotes that YAML does not know',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  BAD_SCALAR_START: 'a value begins with a character that needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key or an item begins inside of a value',
  BLOCK_IN_FLOW: 'lines with `- ` or keys stand inside brackets',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines',
  MULTIPLE_ANCHORS: 'two anchors on one value',
  MULTIPLE_TAGS: 'two tags on one value',
  TAB_AS_INDENT: 'a tab in the indentation',
};

const advices: Partial<Record<YAMLParseError['code'], string>> = {
  ALIAS_PROPS: 'remove them: an alias is what its anchor is',
  BAD_ALIAS: "a pattern that begins with `*` needs quotes: `'*'`",
  BAD_DIRECTIVE: 'put a value that begins with `%` in quotes',
  BAD_DQ_ESCAPE: 'use single quotes, in which a backslash is itself, or write `\\\\`',
  BAD_INDENT: 'indent keys of one mapping, and items of one list, by the same number of spaces',
  BAD_SCALAR_START: 'put the value in single quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'indent a key on the next line like the key of this one; put a value that has `: ` in it in quotes',
  BLOCK_IN_FLOW: 'close the bracket before, or write all of it inside brackets',
  KEY_OVER_1024_CHARS: 'look for a quote or a bracket that is not closed',
  MULTILINE_IMPLICIT_KEY:
    'look for a `:` that is missing on this line, or a bracket or quote that is not closed before it',
  TAB_AS_INDENT: 'indent with spaces',
};
