import type { YAMLParseError } from 'yaml';

/**
 * Of the errors of one line, the one that says most: a slip makes several, each a consequence of the one before.
 * `lineOf` tells the line of an offset.
 */
export function onePerLine(errors: readonly YAMLParseError[], lineOf: (offset: number) => number): readonly YAMLParseError[] {
  const best = new Map<number, YAMLParseError>();
  for (const error of errors) {
    const line = lineOf(error.pos[0]);
    const before = best.get(line);
    if (before === undefined || rankOf(error) < rankOf(before)) best.set(line, error);
  }
  return [...best.values()];
}

const tellingFirst: readonly YAMLParseError['code'][] = ['TAB_AS_INDENT', 'BAD_SCALAR_START', 'BAD_ALIAS', 'BAD_INDENT', 'BAD_DQ_ESCAPE'];
const tellingLast: readonly YAMLParseError['code'][] = ['MISSING_CHAR', 'BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN'];

function rankOf({ code }: YAMLParseError): number {
  if (tellingFirst.includes(code)) return tellingFirst.indexOf(code);
  return tellingFirst.length + 1 + tellingLast.indexOf(code);
}

/** A bracket or a quote that is not closed. */
export function unclosedWords(mark: string): { problem: string; advice: string } {
  const close = mark === '[' ? ']' : mark === '{' ? '}' : mark;
  const kind = mark === '[' || mark === '{' ? 'bracket' : 'quote';
  const inside = mark === "'" ? "; inside of single quotes a quote is written `''`" : '';
  return { problem: `not valid YAML: the ${kind} \`${mark}\` is not closed`, advice: `close it with \`${close}\`${inside}` };
}

/** What the YAML library found, in our words: what is wrong, and what to do; `from` is its line from there on. */
export function yamlWords(error: YAMLParseError, from: string): { problem: string; advice: string } {
  if (/^\s*- /.test(from) && /^(?:BLOCK_AS|MULTILINE)_IMPLICIT_KEY$/.test(error.code)) {
    return { problem: 'not valid YAML: this item is not indented like those before it', advice: advices.BAD_INDENT! };
  }
  const advice = advices[error.code];
  const first = error.message.split('\n')[0]!.replaceAll(/\s+/g, ' ').replace(/[.:]$/, '');
  const detail = first.charAt(0).toLowerCase() + first.slice(1);
  return { problem: `not valid YAML: ${words[error.code] ?? detail}`, advice: advice ?? adviceOn(detail) };
}

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
  BLOCK_AS_IMPLICIT_KEY: 'indent a key on the next line like the key of this one; put a value that has `: ` in it in quotes',
  BLOCK_IN_FLOW: 'close the bracket before, or write all of it inside brackets',
  KEY_OVER_1024_CHARS: 'look for a quote or a bracket that is not closed',
  MULTILINE_IMPLICIT_KEY: 'look for a `:` that is missing on this line, or a bracket or quote that is not closed before it',
  TAB_AS_INDENT: 'indent with spaces',
};

function adviceOn(detail: string): string {
  if (/closing quote/i.test(detail)) return 'close the quote; inside of single quotes a quote is written `\'\'`';
  if (/flow (?:sequence|map)|must end with|separated by ,/i.test(detail)) return 'close the bracket, and put a comma between two values';
  return 'look at this line and the one before: a quote, a bracket, a `:` or a space may be missing';
}
