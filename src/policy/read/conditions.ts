import { anyOf, quote } from '../finding.ts';
import type { Place } from '../finding.ts';
import { limits } from '../limits.ts';
import type { Condition, DynamicText, LabelValue, Located, Pattern, StaticText } from '../model.ts';
import { pathProblem } from '../patterns/path-form.ts';
import { isQuoted, hasQuoteAtEnd, withoutQuotes } from '../patterns/quotes.ts';
import { hasWildcard, scan, writeTokens } from '../patterns/scan.ts';
import type { PatternKind } from '../patterns/scan.ts';
import type { Node, ScalarNode } from '../yaml/tree.ts';
import type { Word } from '../vocabulary.ts';
import type { Context } from './context.ts';
import { suggestion } from './context.ts';
import { readText, readTexts } from './values.ts';
import type { Text } from './values.ts';

/** What came of a condition: `undefined` if nothing, `whole` if no value was lost to an error. */
export interface ConditionRead {
  readonly condition: Condition | undefined;
  readonly whole: boolean;
  /** `ignore…: false` is no condition at all. */
  readonly isNone: boolean;
}

const dynamicNames: readonly string[] = [
  'targetFilePath',
  'processExecutable',
  'processName',
  'sessionLeaderName',
];

/** Reads the values of one condition; `key` is its name as written. */
export function readCondition(
  context: Context,
  word: Word,
  key: ScalarNode,
  node: Node,
): ConditionRead {
  const span = key.place;
  if (word.form === 'flag' || word.form === 'boolean')
    return readBooleanCondition(context, word, key, node);
  const texts = readTexts(context, key.text, node);
  const made = <T>(
    read: (text: Text) => T | null,
    build: (values: readonly T[]) => Condition,
  ): ConditionRead => {
    const values = texts.map((text) => (text === null ? null : read(text)));
    const good = values.filter((value) => value !== null) as T[];
    const whole = good.length === values.length && values.length > 0;
    return {
      condition: good.length === 0 ? undefined : Object.freeze(build(Object.freeze(good))),
      whole,
      isNone: false,
    };
  };
  switch (word.form) {
    case 'label':
      return made(
        (text) => readLabel(context, key.text, text),
        (values) => ({ kind: 'label', name: 'kubernetesPodLabel', span, values }),
      );
    case 'orchestrator':
      return made(
        (text) => readOrchestrator(context, key.text, text),
        (values) => ({ kind: 'orchestrator', name: 'orchestratorType', span, values }),
      );
    case 'user':
      return made(
        (text) => readUser(context, key.text, text),
        (values) => ({ kind: 'user', name: 'processUserId', span, values }),
      );
    case 'path':
    case 'text': {
      const read = (text: Text): Pattern | null =>
        readPattern(context, key.text, text, word.form as PatternKind);
      return dynamicNames.includes(word.name)
        ? made(read, (values) => ({
            kind: 'dynamic',
            name: word.name as DynamicText,
            span,
            values,
          }))
        : made(read, (values) => ({ kind: 'static', name: word.name as StaticText, span, values }));
    }
  }
}

function readBooleanCondition(
  context: Context,
  word: Word,
  key: ScalarNode,
  node: Node,
): ConditionRead {
  const text = readText(context, key.text, node);
  const value = text === null ? null : readBoolean(context, key.text, text);
  if (value === null) return { condition: undefined, whole: false, isNone: false };
  const span = key.place;
  if (word.form === 'flag') {
    if (!value) return { condition: undefined, whole: true, isNone: true };
    const name = word.name as 'ignoreVolumeMounts' | 'ignoreVolumeFiles';
    return { condition: Object.freeze({ kind: 'mount', name, span }), whole: true, isNone: false };
  }
  const condition = Object.freeze({
    kind: 'interactive',
    name: 'sessionLeaderInteractive',
    span,
    value,
  } as const);
  return { condition, whole: true, isNone: false };
}

function readBoolean(context: Context, key: string, { text, place }: Text): boolean | null {
  if (text === 'true' || text === 'false') return text === 'true';
  if (reportQuotes(context, key, text, place)) return null;
  const meant = /^(?:yes|y|on|true|1)$/i.test(text)
    ? 'true'
    : /^(?:no|n|off|false|0)$/i.test(text)
      ? 'false'
      : undefined;
  const advice =
    meant === undefined
      ? 'accepted: `true` or `false`'
      : `did you mean ${quote(meant)}? accepted: \`true\` or \`false\``;
  context.report('P2016', place, { key: quote(key), value: quote(text), advice });
  return null;
}

/** A value with wildcards, its escapes and (a path's) form checked. */
function readPattern(
  context: Context,
  key: string,
  { text, place }: Text,
  kind: PatternKind,
): Pattern | null {
  if (kind === 'path' && isQuoted(text)) {
    reportQuotes(context, key, text, place);
    return null;
  }
  const scanned = scan(text, kind);
  if (!scanned.ok) {
    reportEscape(context, text, scanned.escape, place);
    return null;
  }
  if (kind === 'path' && !checkPath(context, key, text, place)) return null;
  return Object.freeze({ text, tokens: Object.freeze(scanned.tokens), span: place });
}

function reportEscape(context: Context, text: string, escape: string, place: Place): void {
  const advice =
    escape === '\\:'
      ? 'a label is split at its first colon, which cannot be escaped'
      : escape === '\\'
        ? 'write `\\\\` for a backslash at the end'
        : 'a backslash itself is written `\\\\`';
  context.report('P3002', place, { escape: quote(escape), value: quote(text), advice });
}

function checkPath(context: Context, key: string, text: string, place: Place): boolean {
  const problem = pathProblem(text);
  if (problem === null) return true;
  if (problem.kind === 'relative') {
    const [normal, anywhere] = [quote(problem.normal), quote(problem.anywhere)];
    context.report('P3006', place, { key: quote(key), value: quote(text), normal, anywhere });
  } else {
    const advice =
      problem.normal === null
        ? 'write the path that the kernel resolves it to'
        : `write ${quote(problem.normal)}`;
    context.report('P3007', place, {
      key: quote(key),
      value: quote(text),
      what: problem.what,
      advice,
    });
  }
  return false;
}

/** `key:value`, split at the first colon; the value may be empty and may have wildcards. */
function readLabel(context: Context, name: string, { text, place }: Text): LabelValue | null {
  const colon = text.indexOf(':');
  if (colon < 0) {
    context.report('P3003', place, {
      key: quote(name),
      value: quote(text),
      advice: labelAdvice(withoutQuotes(text)),
    });
    return null;
  }
  const written = text.slice(0, colon);
  const key = scan(written, 'text');
  const value = scan(text.slice(colon + 1), 'text');
  if (!key.ok) reportEscape(context, text, key.escape === '\\' ? '\\:' : key.escape, place);
  else if (!value.ok) reportEscape(context, text, value.escape, place);
  else if (written === '') context.report('P3005', place, { value: quote(text) });
  else if (hasWildcard(key.tokens))
    context.report('P3004', place, { value: quote(text), label: quote(written) });
  else {
    const pattern = Object.freeze({
      text: text.slice(colon + 1),
      tokens: Object.freeze(value.tokens),
      span: place,
    });
    return Object.freeze({
      key: writeTokens(key.tokens, 'text').replaceAll(/\\([\\*])/g, '$1'),
      pattern,
      span: place,
    });
  }
  return null;
}

/** `key=value` is how `kubectl` has it. */
function labelAdvice(text: string): string {
  const [key, ...rest] = text.split('=');
  if (rest.length > 0 && key !== '') return `write ${quote(`${key}:${rest.join('=').replace(/^=/, '')}`)}`;
  return `any value of the key is ${quote(`${text}:*`)}`;
}

function readOrchestrator(
  context: Context,
  key: string,
  { text, place }: Text,
): Located<'kubernetes'> | null {
  if (text === 'kubernetes') return Object.freeze({ value: text, span: place });
  if (reportQuotes(context, key, text, place) || reportWildcard(context, key, text, place))
    return null;
  context.report('P2018', place, {
    key: quote(key),
    value: quote(text),
    advice: suggestion(text, ['kubernetes']),
  });
  return null;
}

function readUser(context: Context, key: string, text: Text): Located<number> | null {
  return readNumber(context, key, text, 0, limits.userIdMax);
}

/** A decimal number between two bounds. */
export function readNumber(
  context: Context,
  key: string,
  { text, place }: Text,
  least: number,
  most: number,
): Located<number> | null {
  if (/^(?:0|[1-9][0-9]{0,9})$/.test(text)) {
    const value = Number(text);
    if (value >= least && value <= most) return Object.freeze({ value, span: place });
  }
  if (reportQuotes(context, key, text, place) || reportWildcard(context, key, text, place))
    return null;
  context.report('P2017', place, {
    key: quote(key),
    value: quote(text),
    least: String(least),
    most: String(most),
  });
  return null;
}

/** Where no wildcard stands: says so, rather than that the word is unknown. */
export function reportWildcard(
  context: Context,
  key: string,
  text: string,
  place: Place,
  accepted?: readonly string[],
): boolean {
  if (!text.includes('*')) return false;
  const advice =
    accepted === undefined
      ? 'give each value in full'
      : `give each in full: ${anyOf(accepted, 'and')}`;
  context.report('P3001', place, { key: quote(key), value: quote(text), advice });
  return true;
}

/** Typographic quotes where they can only be a slip. */
export function reportQuotes(context: Context, key: string, text: string, place: Place): boolean {
  if (!hasQuoteAtEnd(text)) return false;
  const bare = withoutQuotes(text);
  const plain =
    bare === '' ? 'write the text without them' : `write ${quote(bare)}, or \`'\` around it`;
  context.report('P3008', place, { key: quote(key), value: quote(text), advice: plain });
  return true;
}
