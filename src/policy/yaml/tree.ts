import type { Span } from '#base';
import type { Place, Related } from '../finding.ts';

/** YAML as it is written: one node for each place of the text. Frozen in meaning: nothing changes it once made. */
export type RawNode = RawScalar | RawList | RawMap | RawAlias;

interface RawBase {
  readonly span: Span;
  /** Nodes below and at this one with every alias written out; saturates past the limit. */
  readonly size: number;
  /** Lists and mappings inside one another, this one included, with every alias written out. */
  readonly levels: number;
}
export interface RawScalar extends RawBase {
  readonly kind: 'scalar';
  /** After quoting and folding, with no type resolution. */
  readonly text: string;
  /** Neither quoted nor a block: `~`, `null` and nothing at all are plain. */
  readonly plain: boolean;
  readonly anchor: Span | null;
}
export interface RawList extends RawBase {
  readonly kind: 'list';
  readonly items: readonly RawNode[];
  readonly anchor: Span | null;
}
export interface RawMap extends RawBase {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: RawNode; readonly value: RawNode }[];
  readonly anchor: Span | null;
}
export interface RawAlias extends RawBase {
  readonly kind: 'alias';
  readonly name: string;
  /** `null` where the alias has been reported: no such anchor, or a cycle. */
  readonly target: RawScalar | RawList | RawMap | null;
}

/** A node as a reader of the policy sees it: aliases followed, merge keys merged, with its place for findings. */
export type Node = ScalarNode | ListNode | MapNode;
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly text: string;
  readonly plain: boolean;
  /** An alias that leads nowhere; reported already, and nothing more is to be said of it. */
  readonly lost: boolean;
}
export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly raw: RawList;
  readonly via: Via | null;
}
export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly raw: RawMap;
  readonly via: Via | null;
}
export interface Entry {
  readonly key: ScalarNode;
  readonly value: Node;
}

/** The alias through which a node was reached: findings are reported there. */
interface Via {
  readonly span: Span;
  readonly anchors: readonly Related[];
}

/** The view of a node. */
export function view(raw: RawNode, via: Via | null = null): Node {
  if (raw.kind === 'alias') {
    if (raw.target === null) {
      return {
        kind: 'scalar',
        place: placeOf(raw.span, via),
        text: `*${raw.name}`,
        plain: true,
        lost: true,
      };
    }
    const anchor = raw.target.anchor ?? raw.target.span;
    const related = { message: `the anchor of ${`\`*${raw.name}\``} is here`, span: anchor };
    return view(raw.target, {
      span: via?.span ?? raw.span,
      anchors: [...(via?.anchors ?? []), related],
    });
  }
  const place = placeOf(raw.span, via);
  if (raw.kind === 'scalar')
    return { kind: 'scalar', place, text: raw.text, plain: raw.plain, lost: false };
  if (raw.kind === 'list') return { kind: 'list', place, raw, via };
  return { kind: 'map', place, raw, via };
}

function placeOf(span: Span, via: Via | null): Place {
  if (via === null) return span;
  const written = { message: 'what the alias stands for is here', span };
  return { start: via.span.start, end: via.span.end, origin: [...via.anchors, written] };
}

export function itemsOf(list: ListNode): Node[] {
  return list.raw.items.map((item) => view(item, list.via));
}

/** The entries of a mapping, those of merge keys last; what stands in the mapping itself wins, of merged ones the first. */
export function entriesOf(map: MapNode): Entry[] {
  const own = new Map<string, Entry>();
  const merged: Node[] = [];
  for (const { key, value } of map.raw.entries) {
    const keyNode = view(key, map.via);
    const valueNode = view(value, map.via);
    if (keyNode.kind !== 'scalar' || keyNode.lost) continue;
    if (isMergeKey(key)) merged.push(valueNode);
    else if (!own.has(keyNode.text)) own.set(keyNode.text, { key: keyNode, value: valueNode });
  }
  const sources = merged.flatMap((node) => (node.kind === 'list' ? itemsOf(node) : [node]));
  for (const source of sources) {
    if (source.kind !== 'map') continue;
    for (const entry of entriesOf(source))
      if (!own.has(entry.key.text)) own.set(entry.key.text, entry);
  }
  return [...own.values()];
}

/** An unquoted `<<`, as YAML 1.1 has it and every policy writer expects. */
export function isMergeKey(key: RawNode): boolean {
  return key.kind === 'scalar' && key.plain && key.text === '<<';
}

/** Nothing at all, `~` or `null`: in YAML no value, here an empty one where a list stands. */
export function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.plain && node.text === '';
}
