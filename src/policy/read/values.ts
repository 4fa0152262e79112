import { quote } from '../finding.ts';
import type { Place } from '../finding.ts';
import { limits } from '../limits.ts';
import { entriesOf, isNothing, itemsOf } from '../yaml/tree.ts';
import type { ListNode, MapNode, Node } from '../yaml/tree.ts';
import type { Context } from './context.ts';

/** A text of the policy and where it stands. */
export interface Text {
  readonly text: string;
  readonly place: Place;
}

const encoder = new TextEncoder();

/** One text: not empty, not too long, without NUL. `key` is what the text belongs to, for the message. */
export function readText(context: Context, key: string, node: Node): Text | null {
  if (node.kind !== 'scalar') {
    const found = node.kind === 'list' ? 'a list' : 'a mapping';
    context.report('P2015', shortPlace(node), {
      key: quote(key),
      found,
      expected: 'text',
      advice: adviceOnText(node),
    });
    return null;
  }
  const { text, place, lost } = node;
  if (lost) return null;
  if (text === '') {
    context.report('P2014', place, { key: quote(key) });
    return null;
  }
  return checkText(context, key, text, place) ? { text, place } : null;
}

function checkText(context: Context, key: string, text: string, place: Place): boolean {
  if (text.includes('\0')) {
    context.report('P1010', place, { key: quote(key) });
    return false;
  }
  if (!text.isWellFormed()) {
    context.report('P1015', place, { key: quote(key) });
    return false;
  }
  const bytes =
    text.length > limits.valueBytesMax ? encoder.encode(text).length : encodedLength(text);
  if (bytes <= limits.valueBytesMax) return true;
  context.report('P2019', place, {
    key: quote(key),
    bytes: String(bytes),
    most: String(limits.valueBytesMax),
  });
  return false;
}

/** Spares the encoder where the text is too short to be too long. */
function encodedLength(text: string): number {
  return text.length * 3 <= limits.valueBytesMax ? 0 : encoder.encode(text).length;
}

/** The nodes of a value that may be a list or a single scalar. */
export function readList(
  context: Context,
  key: string,
  node: Node,
  mayBeEmpty = false,
): readonly Node[] {
  if (node.kind === 'map') {
    const advice = adviceOnText(node);
    context.report('P2015', shortPlace(node), {
      key: quote(key),
      found: 'a mapping',
      expected: 'a list',
      advice,
    });
    return [];
  }
  const nodes = isNothing(node) ? [] : node.kind === 'list' ? itemsOf(node) : [node];
  const isEmpty = node.kind === 'list' ? node.raw.items.length === 0 : nodes.length === 0;
  if (isEmpty && !mayBeEmpty) context.report('P2013', node.place, { key: quote(key) });
  return nodes;
}

export function readTexts(
  context: Context,
  key: string,
  node: Node,
  mayBeEmpty = false,
): readonly (Text | null)[] {
  return readList(context, key, node, mayBeEmpty).map((item) => readText(context, key, item));
}

/** A list of mappings: `selectors`, `responses`. */
export function readMaps(context: Context, key: string, node: Node): readonly MapNode[] {
  if (node.kind !== 'list') {
    if (isNothing(node)) {
      context.report('P2003', node.place, { key: quote(key) });
      return [];
    }
    if (node.kind === 'scalar' && node.lost) return [];
    const found = node.kind === 'map' ? 'a mapping' : 'text';
    const advice = 'begin each of them with `- ` on a line of its own';
    context.report('P2015', shortPlace(node), {
      key: quote(key),
      found,
      expected: 'a list',
      advice,
    });
    // One item without its dash: what it says can be read all the same.
    const isItem =
      node.kind === 'map' &&
      entriesOf(node).some((entry) => entry.key.text === 'name' || entry.key.text === 'match');
    return isItem ? [node as MapNode] : [];
  }
  if (node.raw.items.length === 0) context.report('P2003', node.place, { key: quote(key) });
  return itemsOf(node).flatMap((item) => {
    if (item.kind === 'map') return [item];
    if (item.kind === 'scalar' && item.lost) return [];
    const found = item.kind === 'list' ? 'a list' : isNothing(item) ? 'empty' : 'text';
    const advice = 'each item is a mapping of keys and values, such as `name: …`';
    const words = { key: `an item of ${quote(key)}`, found, expected: 'a mapping', advice };
    context.report('P2015', shortPlace(item), words);
    return [];
  });
}

export function readMap(context: Context, key: string, node: Node): MapNode | null {
  if (node.kind === 'map') return node;
  if (node.kind === 'scalar' && node.lost) return null;
  const found = node.kind === 'list' ? 'a list' : isNothing(node) ? 'empty' : 'text';
  const advice = 'it holds `selectors` and `responses`';
  context.report('P2015', shortPlace(node), {
    key: quote(key),
    found,
    expected: 'a mapping',
    advice,
  });
  return null;
}

/** `key: value` with a space is a mapping to YAML: the commonest way to come here. */
function adviceOnText(node: ListNode | MapNode): string {
  if (node.kind === 'list') return 'write the text without brackets';
  const [entry] = entriesOf(node);
  if (entry === undefined) return 'write the text in place of the braces';
  const value = entry.value.kind === 'scalar' ? entry.value.text : '…';
  return `to YAML a colon at the end of a word makes a mapping: write ${quote(`'${entry.key.text}:${value}'`)}`;
}

/** A list or a mapping is pointed at by where it begins; one on a few characters as a whole. */
export function shortPlace(node: Node): Place {
  const { place } = node;
  if (node.kind === 'scalar' || place.origin !== undefined) return place;
  const first = node.kind === 'map' ? node.raw.entries[0]?.key : node.raw.items[0];
  return first === undefined || first.kind !== 'scalar'
    ? { start: place.start, end: place.start + 1 }
    : first.span;
}
