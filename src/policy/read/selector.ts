import { quote } from '../finding.ts';
import type { Place } from '../finding.ts';
import { limits } from '../limits.ts';
import type { Condition, Located, OperationName } from '../model.ts';
import type { DraftSelector, Written } from '../draft.ts';
import { entriesOf } from '../yaml/tree.ts';
import type { Entry, MapNode } from '../yaml/tree.ts';
import { withoutQuotes } from '../patterns/quotes.ts';
import {
  conditionByName,
  conditionWords,
  nameForm,
  operationsOf,
  seedOperations,
  selectorKeys,
} from '../vocabulary.ts';
import type { ConditionName, Word } from '../vocabulary.ts';
import { readCondition, reportQuotes, reportWildcard } from './conditions.ts';
import { suggestion } from './context.ts';
import type { SectionContext } from './context.ts';
import { readText, readTexts, shortPlace } from './values.ts';
import type { Text } from './values.ts';

/** A selector while it is read. */
interface Parts {
  name: Located<string> | undefined;
  named: boolean;
  description: string | undefined;
  operations: readonly Located<OperationName>[] | undefined;
  readonly conditions: Condition[];
  readonly written: Map<ConditionName, Written>;
  whole: boolean;
  unknown: boolean;
}

export function readSelector(context: SectionContext, map: MapNode): DraftSelector {
  const parts: Parts = {
    name: undefined,
    named: false,
    description: undefined,
    operations: undefined,
    conditions: [],
    written: new Map(),
    whole: true,
    unknown: false,
  };
  for (const entry of entriesOf(map)) readEntry(context, entry, parts);
  checkWhole(context, map, parts);
  const place = parts.name?.span ?? shortPlace(map);
  const defaults = context.flat ? seedOperations : operationsOf(context.section);
  const given = parts.operations?.map(({ value }) => value);
  const selector = Object.freeze({
    kind: 'selector',
    name: parts.name?.value ?? '',
    description: parts.description,
    operations: Object.freeze([...new Set(given ?? defaults)]),
    conditions: Object.freeze(parts.conditions),
    span: place,
  } as const);
  const { name, operations, written, whole } = parts;
  return Object.freeze({ place, name, selector, operations, written, whole });
}

function readEntry(context: SectionContext, { key, value }: Entry, parts: Parts): void {
  const word = conditionByName.get(key.text);
  if (word !== undefined) return readConditionEntry(context, word, { key, value }, parts);
  switch (key.text) {
    case 'name': {
      parts.named = true;
      const text = readText(context, 'name', value);
      if (text !== null) parts.name = readName(context, text);
      return;
    }
    case 'description':
      parts.description = readText(context, 'description', value)?.text;
      return;
    case 'operation': {
      const texts = readTexts(context, 'operation', value);
      const read = texts.map((text) => (text === null ? null : readOperation(context, text)));
      parts.operations = read.filter((operation) => operation !== null);
      if (read.length === 0 || read.includes(null)) parts.whole = false;
      return;
    }
    default:
      parts.unknown = true;
      parts.whole = false;
      reportUnknown(context, key.text, key.place);
  }
}

function reportUnknown(context: SectionContext, key: string, place: Place): void {
  const names = conditionWords
    .filter((word) => word.sections.includes(context.section))
    .map((word) => word.name);
  const accepted = [...selectorKeys, ...names];
  if (reportQuotes(context, 'a key', key, place)) return;
  context.report('P2006', place, () => ({
    key: quote(key),
    advice: suggestion(key, accepted, [...conditionByName.keys()]),
  }));
}

function readConditionEntry(
  context: SectionContext,
  word: Word,
  { key, value }: Entry,
  parts: Parts,
): void {
  if (!word.sections.includes(context.section)) {
    parts.whole = false;
    context.report('P2023', key.place, {
      key: quote(key.text),
      section: quote(context.section),
      other: quote('file'),
    });
  }
  const first = parts.written.get(word.name);
  const read = readCondition(context, word, key, value);
  if (!read.whole) parts.whole = false;
  if (read.isNone) return;
  if (first !== undefined) {
    const words = { key: quote(key.text), other: quote(first.spelt), canonical: quote(word.name) };
    context.report('P2021', key.place, words, [
      { message: 'the other name is here', span: first.place },
    ]);
    parts.whole = false;
    return;
  }
  parts.written.set(word.name, { place: key.place, spelt: key.text });
  if (read.condition !== undefined) parts.conditions.push(read.condition);
  const excluded = word.excludes === undefined ? undefined : parts.written.get(word.excludes);
  if (excluded === undefined) return;
  parts.whole = false;
  const related = [{ message: 'the other condition is here', span: excluded.place }];
  context.report(
    'P2022',
    key.place,
    { key: quote(key.text), other: quote(excluded.spelt) },
    related,
  );
}

function checkWhole(context: SectionContext, map: MapNode, parts: Parts): void {
  const place = parts.name?.span ?? shortPlace(map);
  const which = parts.name === undefined ? 'a selector' : `the selector ${quote(parts.name.value)}`;
  if (!parts.named)
    context.report('P2004', place, {
      owner: 'a selector',
      key: quote('name'),
      advice: 'give it a name of its own: `name: newBinary`',
    });
  if (parts.written.size === 0 && parts.operations === undefined && !parts.unknown) {
    parts.whole = false;
    if (parts.named) context.report('P2012', place, { which });
  }
}

/** A selector's name; one that is malformed is reported, and taken so that what refers to it is not reported too. */
function readName(context: SectionContext, { text, place }: Text): Located<string> {
  const name = Object.freeze({ value: withoutQuotes(text), span: place });
  if (nameForm.test(text) && text.length <= limits.nameCharsMax) return name;
  if (reportQuotes(context, 'name', text, place)) return name;
  const bare = text
    .trim()
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .replace(/-+$/, '');
  const form = bare.slice(0, limits.nameCharsMax);
  context.report('P2010', place, {
    name: quote(text),
    advice: form === '' ? '' : `; write ${quote(form)}`,
  });
  return name;
}

function readOperation(
  context: SectionContext,
  { text, place }: Text,
): Located<OperationName> | null {
  const accepted = operationsOf(context.section);
  const other = operationsOf(context.section === 'file' ? 'process' : 'file');
  if ((accepted as readonly string[]).includes(text))
    return Object.freeze({ value: text as OperationName, span: place });
  if ((other as readonly string[]).includes(text)) {
    const section = context.section === 'file' ? 'process' : 'file';
    const where = context.flat
      ? 'the flat dialect has file selectors only'
      : `this is the section ${quote(context.section)}`;
    context.report('P2024', place, {
      operation: quote(text),
      section: quote(section),
      where,
      advice: suggestion('', accepted),
    });
  } else if (
    !reportQuotes(context, 'operation', text, place) &&
    !reportWildcard(context, 'operation', text, place, accepted)
  ) {
    context.report('P2007', place, () => ({
      operation: quote(text),
      advice: suggestion(text, accepted),
    }));
  }
  return null;
}
