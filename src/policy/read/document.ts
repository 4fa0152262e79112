import { quote } from '../finding.ts';
import type { Draft, DraftSection, DraftSelector } from '../draft.ts';
import type { SectionKind } from '../model.ts';
import type { Report } from '../report.ts';
import { policyKeys, sectionKeys } from '../vocabulary.ts';
import { entriesOf } from '../yaml/tree.ts';
import type { Entry, MapNode, Node } from '../yaml/tree.ts';
import { reportQuotes } from './conditions.ts';
import { suggestion } from './context.ts';
import type { Context, SectionContext } from './context.ts';
import { readResponse } from './response.ts';
import { readSelector } from './selector.ts';
import { readMap, readMaps, readText, shortPlace } from './values.ts';
import type { Place } from '../finding.ts';

/** The root of a document as a draft; both dialects come to the same. */
export function readDocument(report: Report, root: Node): Draft | null {
  if (root.kind !== 'map') {
    const found = root.kind === 'list' ? 'a list' : root.text === '' ? 'empty' : 'text';
    report('P1004', shortPlace(root), { found });
    return null;
  }
  const entries = entriesOf(root);
  const flatKey = entries.find(({ key }) => sectionKeys.includes(key.text));
  const sectionKey = entries.find(({ key }) => key.text === 'file' || key.text === 'process');
  const context: Context = { report, flat: flatKey !== undefined };
  const sections: DraftSection[] = [];
  if (flatKey !== undefined)
    sections.push(readSection({ ...context, section: 'file' }, entries, shortPlace(root)));
  if (flatKey !== undefined && sectionKey !== undefined) reportBoth(report, flatKey, sectionKey);
  let name: string | undefined;
  let mode: Draft['mode'] = 'enforce';
  for (const { key, value } of entries) {
    if (key.text === 'name') name = readText(context, 'name', value)?.text;
    else if (key.text === 'mode') mode = readMode(context, value);
    else if (key.text === 'file' || key.text === 'process') {
      const map = readMap(context, key.text, value);
      if (map !== null)
        sections.push(readSectionMap({ report, flat: false, section: key.text }, map, key.place));
    } else if (!sectionKeys.includes(key.text)) reportUnknown(context, key.text, key.place);
  }
  if (flatKey === undefined && sectionKey === undefined) report('P2002', shortPlace(root));
  return Object.freeze({ flat: context.flat, name, mode, sections: Object.freeze(sections) });
}

function reportBoth(report: Report, flat: Entry, sectioned: Entry): void {
  const [first, second] =
    flat.key.place.start < sectioned.key.place.start ? [flat, sectioned] : [sectioned, flat];
  const words = { first: quote(first.key.text), second: quote(second.key.text) };
  report('P2001', second.key.place, words, [
    { message: 'the other dialect begins here', span: first.key.place },
  ]);
}

function reportUnknown(context: Context, key: string, place: Place): void {
  if (reportQuotes(context, 'a key', key, place)) return;
  context.report('P2005', place, () => ({
    key: quote(key),
    where: 'at the top of a policy',
    advice: key === 'tests' ? 'this looks like a file of tests: `d4c policy test` runs it' : suggestion(key, policyKeys),
  }));
}

function readSectionMap(context: SectionContext, map: MapNode, place: Place): DraftSection {
  const entries = entriesOf(map);
  for (const { key } of entries) {
    if (sectionKeys.includes(key.text) || reportQuotes(context, 'a key', key.text, key.place))
      continue;
    const where = `in the section ${quote(context.section)}`;
    context.report('P2005', key.place, () => ({
      key: quote(key.text),
      where,
      advice: suggestion(key.text, sectionKeys),
    }));
  }
  return readSection(context, entries, place);
}

function readSection(
  context: SectionContext,
  entries: readonly Entry[],
  place: Place,
): DraftSection {
  const of = (name: string): Entry | undefined => entries.find(({ key }) => key.text === name);
  const [selectors, responses] = [of('selectors'), of('responses')];
  const owner = context.flat ? 'the policy' : `the section ${quote(context.section)}`;
  for (const [name, entry] of [
    ['selectors', selectors],
    ['responses', responses],
  ] as const) {
    const advice = `add ${quote(`${name}:`)} with at least one item`;
    if (entry === undefined) context.report('P2004', place, { owner, key: quote(name), advice });
  }
  const drafts =
    selectors === undefined
      ? []
      : readMaps(context, 'selectors', selectors.value).map((map) => readSelector(context, map));
  checkNames(context, drafts);
  return Object.freeze({
    kind: context.section as SectionKind,
    selectors: Object.freeze(drafts),
    responses: Object.freeze(
      responses === undefined
        ? []
        : readMaps(context, 'responses', responses.value).map((map) => readResponse(context, map)),
    ),
  });
}

function checkNames(context: SectionContext, selectors: readonly DraftSelector[]): void {
  const first = new Map<string, Place>();
  for (const { name } of selectors) {
    if (name === undefined) continue;
    const span = first.get(name.value);
    if (span === undefined) first.set(name.value, name.span);
    else
      context.report('P2011', name.span, { name: quote(name.value) }, [
        { message: 'first used here', span },
      ]);
  }
}

function readMode(context: Context, node: Node): Draft['mode'] {
  const text = readText(context, 'mode', node);
  if (text === null || text.text === 'enforce') return 'enforce';
  if (text.text === 'monitor') return 'monitor';
  if (reportQuotes(context, 'mode', text.text, text.place)) return 'enforce';
  const advice = suggestion(text.text, ['enforce', 'monitor']);
  context.report('P2018', text.place, { key: quote('mode'), value: quote(text.text), advice });
  return 'enforce';
}
