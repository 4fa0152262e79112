import { isAlias, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Alias, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Span } from '#base';
import { limits } from '../limits.ts';
import { quote } from '../finding.ts';
import type { Report } from '../report.ts';
import type { Lexeme } from './syntax.ts';
import { isMergeKey } from './tree.ts';
import type { RawAlias, RawList, RawMap, RawNode, RawScalar } from './tree.ts';

type Anchored = RawScalar | RawList | RawMap;

/** The library's nodes as our tree: aliases bound, sizes and depths known, duplicate keys and cycles reported. */
export function compose(root: ParsedNode, anchors: readonly Lexeme[], report: Report): RawNode {
  return new Composition(anchors, report).node(root);
}

class Composition {
  /** Where anchors of each name stand, in the order of the text. */
  readonly #places = new Map<string, Span[]>();
  readonly #report: Report;
  readonly #bound = new Map<string, Anchored>();
  /** Anchors of the nodes that we are inside of. */
  readonly #open = new Set<string>();

  constructor(anchors: readonly Lexeme[], report: Report) {
    this.#report = report;
    for (const { text, span } of anchors) {
      const name = text.slice(1);
      const places = this.#places.get(name);
      if (places === undefined) this.#places.set(name, [span]);
      else places.push(span);
    }
  }

  node(node: ParsedNode): RawNode {
    if (isAlias(node)) return this.#alias(node);
    const name = node.anchor;
    const anchor = name === undefined ? null : this.#anchorSpan(name, node.range[0]);
    if (name !== undefined) {
      this.#bound.delete(name);
      this.#open.add(name);
    }
    const made = this.#anchored(node, anchor);
    if (name !== undefined) {
      this.#open.delete(name);
      this.#bound.set(name, made);
    }
    return made;
  }

  #anchored(node: Exclude<ParsedNode, Alias.Parsed>, anchor: Span | null): Anchored {
    if (isMap(node)) return this.#map(node, anchor);
    if (isSeq(node)) return this.#list(node, anchor);
    return scalarOf(node, anchor);
  }

  #alias(node: Alias.Parsed): RawAlias {
    const span = spanOf(node.range);
    const name = node.source;
    const target = this.#bound.get(name) ?? null;
    if (this.#open.has(name)) this.#report('P1006', span, { alias: quote(`*${name}`) });
    else if (target === null)
      this.#report('P1011', span, { alias: quote(`*${name}`), value: quote(`'*${name}'`) });
    return {
      kind: 'alias',
      span,
      name,
      target,
      size: target?.size ?? 1,
      levels: target?.levels ?? 0,
    };
  }

  #list(node: YAMLSeq.Parsed, anchor: Span | null): RawList {
    const items = node.items
      .filter((item) => !isPair(item))
      .map((item) => this.node(item as ParsedNode));
    return {
      kind: 'list',
      span: spanOf(node.range),
      anchor,
      items,
      ...this.#measure(items, spanOf(node.range)),
    };
  }

  #map(node: YAMLMap.Parsed, anchor: Span | null): RawMap {
    const entries: { key: RawNode; value: RawNode }[] = [];
    const seen = new Map<string, Span>();
    for (const pair of node.items) {
      const key = this.node(pair.key);
      const end = key.span.end;
      const value: RawNode =
        pair.value === null ? { ...nothing, span: { start: end, end } } : this.node(pair.value);
      entries.push({ key, value });
      this.#checkKey(key, seen);
      if (isMergeKey(key)) this.#checkMerge(value);
    }
    const children = entries.flatMap(({ key, value }) => [key, value]);
    return {
      kind: 'map',
      span: spanOf(node.range),
      anchor,
      entries,
      ...this.#measure(children, spanOf(node.range)),
    };
  }

  #checkKey(key: RawNode, seen: Map<string, Span>): void {
    const node = key.kind === 'alias' ? key.target : key;
    if (node === null) return;
    if (node.kind !== 'scalar') return this.#report('P1014', key.span, {});
    const first = seen.get(node.text);
    if (first === undefined) seen.set(node.text, key.span);
    else
      this.#report('P1005', key.span, { key: quote(node.text) }, [
        { message: 'first given here', span: first },
      ]);
  }

  #checkMerge(value: RawNode): void {
    const followed = value.kind === 'alias' ? value.target : value;
    const parts = followed?.kind === 'list' ? followed.items : [value];
    for (const part of parts) {
      const node = part.kind === 'alias' ? part.target : part;
      if (node !== null && node.kind !== 'map') this.#report('P1012', part.span, {});
    }
  }

  /** Size and depth of a collection; reported once, at the innermost that is past a limit. */
  #measure(children: readonly RawNode[], span: Span): { size: number; levels: number } {
    let size = 1;
    let below = 0;
    for (const child of children) {
      size += child.size;
      below = Math.max(below, child.levels);
    }
    const grown = children.every((child) => child.size <= limits.nodesMax);
    if (size > limits.nodesMax && grown) this.#report('P1008', firstLine(span), tooManyExpanded());
    if (below === limits.levelsMax) this.#report('P1009', firstLine(span), {});
    return { size: Math.min(size, limits.nodesMax + 1), levels: below + 1 };
  }

  /** The anchor's own span: the last of that name before the node. */
  #anchorSpan(name: string, before: number): Span {
    const places = this.#places.get(name) ?? [];
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle]!.start <= before) low = middle + 1;
      else high = middle;
    }
    return places[low - 1] ?? { start: before, end: before };
  }
}

/** Made when it is told: numbers of a language take a start 10 ms, emulated 300. */
const tooManyExpanded = () => ({ what: 'with its aliases written out the file', most: limits.nodesMax.toLocaleString('en') });

const nothing: Omit<RawScalar, 'span'> = {
  kind: 'scalar',
  text: '',
  plain: true,
  anchor: null,
  size: 1,
  levels: 0,
};

function scalarOf(node: Scalar.Parsed, anchor: Span | null): RawScalar {
  const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
  return {
    kind: 'scalar',
    text,
    plain: node.type === 'PLAIN',
    anchor,
    span: spanOf(node.range),
    size: 1,
    levels: 0,
  };
}

function spanOf(range: readonly [number, number, number]): Span {
  return { start: range[0], end: Math.max(range[0], range[1]) };
}

/** A collection's first character stands for it, or a finding about a file would underline the file. */
function firstLine(span: Span): Span {
  return { start: span.start, end: Math.min(span.end, span.start + 1) };
}
