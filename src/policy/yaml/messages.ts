import type { YAMLParseError } from 'yaml';

/** What the YAML library found, in our words: what is wrong, and what to do. */
export function yamlWords(error: YAMLParseError): { problem: string; advice: string } {
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
  BLOCK_AS_IMPLICIT_KEY: 'a list or mapping begins on the line of a key',
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
  BLOCK_AS_IMPLICIT_KEY: 'begin it on a line of its own, or put the value in quotes if it has `: ` in it',
  BLOCK_IN_FLOW: 'close the bracket before, or write all of it inside brackets',
  KEY_OVER_1024_CHARS: 'look for a quote or a bracket that is not closed',
  MULTILINE_IMPLICIT_KEY: 'look for a `:` that is missing, or a bracket or quote that is not closed, on the line before',
  TAB_AS_INDENT: 'indent with spaces',
};

function adviceOn(detail: string): string {
  if (/closing quote/i.test(detail)) return 'close the quote; inside of single quotes a quote is written `\'\'`';
  if (/flow (?:sequence|map)|must end with|separated by ,/i.test(detail)) return 'close the bracket, and put a comma between two values';
  return 'look at this line and the one before: a quote, a bracket, a `:` or a space may be missing';
}
