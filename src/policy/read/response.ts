import { quote } from '../finding.ts';
import { limits } from '../limits.ts';
import type { ActionName, Located } from '../model.ts';
import type { DraftResponse } from '../draft.ts';
import { entriesOf } from '../yaml/tree.ts';
import type { Entry, MapNode, Node } from '../yaml/tree.ts';
import { allActions, flatActions, responseKeys } from '../vocabulary.ts';
import { readNumber, reportQuotes, reportWildcard } from './conditions.ts';
import { suggestion } from './context.ts';
import type { SectionContext } from './context.ts';
import { readText, readTexts, shortPlace } from './values.ts';
import type { Text } from './values.ts';

/** A response while it is read. */
interface Parts {
  match: readonly Located<string>[];
  exclude: readonly Located<string>[];
  actions: readonly Located<ActionName>[];
  name: string | undefined;
  description: string | undefined;
  severity: number | undefined;
  runbook: string | undefined;
  readonly keys: Set<string>;
  whole: boolean;
}

export function readResponse(context: SectionContext, map: MapNode): DraftResponse {
  const parts: Parts = {
    match: [],
    exclude: [],
    actions: [],
    name: undefined,
    description: undefined,
    severity: undefined,
    runbook: undefined,
    keys: new Set(),
    whole: true,
  };
  for (const entry of entriesOf(map)) readEntry(context, entry, parts);
  const place = shortPlace(map);
  for (const key of ['match', 'actions']) {
    if (parts.keys.has(key)) continue;
    parts.whole = false;
    const example = key === 'match' ? '`match: [newBinary]`' : '`actions: [alert]`';
    context.report('P2004', place, {
      owner: 'a response',
      key: quote(key),
      advice: `add ${example}`,
    });
  }
  const { match, exclude, name, description, severity, runbook } = parts;
  const actions = Object.freeze([...new Set(parts.actions.map(({ value }) => value))]);
  const response = Object.freeze({
    kind: 'response',
    match,
    exclude,
    actions,
    name,
    description,
    severity,
    runbook,
    span: place,
  } as const);
  return Object.freeze({ place, response, actions: parts.actions, whole: parts.whole });
}

function readEntry(context: SectionContext, { key, value }: Entry, parts: Parts): void {
  parts.keys.add(key.text);
  switch (key.text) {
    case 'match':
      parts.match = readAll(context, key.text, value, parts, false, readReference);
      return;
    case 'exclude':
      parts.exclude = readAll(context, key.text, value, parts, true, readReference);
      return;
    case 'actions':
      parts.actions = readAll(context, key.text, value, parts, false, readAction);
      return;
    case 'name':
    case 'description':
      parts[key.text] = readText(context, key.text, value)?.text;
      return;
    case 'severity': {
      const text = readText(context, key.text, value);
      if (text !== null)
        parts.severity = readNumber(
          context,
          key.text,
          text,
          limits.severityMin,
          limits.severityMax,
        )?.value;
      return;
    }
    case 'runbook': {
      const text = readText(context, key.text, value);
      if (text !== null) parts.runbook = readUrl(context, text);
      return;
    }
    default:
      if (reportQuotes(context, 'a key', key.text, key.place)) return;
      context.report('P2005', key.place, () => ({
        key: quote(key.text),
        where: 'in a response',
        advice: suggestion(key.text, responseKeys),
      }));
  }
}

type Read<T> = (context: SectionContext, key: string, text: Text) => T | null;

function readAll<T>(
  context: SectionContext,
  key: string,
  node: Node,
  parts: Parts,
  mayBeEmpty: boolean,
  read: Read<T>,
): readonly T[] {
  const texts = readTexts(context, key, node, mayBeEmpty);
  const values = texts.map((text) => (text === null ? null : read(context, key, text)));
  if (values.includes(null) || (values.length === 0 && !mayBeEmpty)) parts.whole = false;
  return Object.freeze(values.filter((value) => value !== null));
}

/** A selector's name in `match` or `exclude`; whether it exists is looked up later. */
function readReference(
  context: SectionContext,
  key: string,
  { text, place }: Text,
): Located<string> | null {
  if (reportQuotes(context, key, text, place) || reportWildcard(context, key, text, place))
    return null;
  return Object.freeze({ value: text, span: place });
}

function readAction(
  context: SectionContext,
  key: string,
  { text, place }: Text,
): Located<ActionName> | null {
  const accepted: readonly string[] = context.flat ? flatActions : allActions;
  if (accepted.includes(text)) return Object.freeze({ value: text as ActionName, span: place });
  if (text === 'log') context.report('P2009', place);
  else if (
    !reportQuotes(context, key, text, place) &&
    !reportWildcard(context, key, text, place, accepted)
  ) {
    context.report('P2008', place, () => ({
      action: quote(text),
      advice: suggestion(text, accepted),
    }));
  }
  return null;
}

function readUrl(context: SectionContext, { text, place }: Text): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) && URL.canParse(text)) return text;
  context.report('P2020', place, { value: quote(text) });
  return undefined;
}
