import { DOUBLE_STAR, STAR, type Token } from '#policy';
import { type IntList, intList, push } from './int-list.ts';
import { intern, type SetAlgebra, setAlgebra, setPool } from './set-pool.ts';

/** A pattern with the number of what it stands for. */
export interface AtomPattern {
  readonly tokens: readonly Token[];
  readonly atom: number;
}

export const plain = 0;
/** Stays on every byte but `/`. */
export const starLoop = 1;
/** Stays on every byte. */
export const doubleLoop = 2;

/**
 * All patterns as one trie over tokens, which is the nondeterministic automaton: a wildcard's node is
 * entered together with its parent and stays there. Literal children stand in the order of their bytes.
 */
export interface Trie {
  readonly parent: IntList;
  readonly symbol: IntList;
  readonly kind: IntList;
  readonly firstChild: IntList;
  readonly nextSibling: IntList;
  readonly star: IntList;
  readonly doubleStar: IntList;
  /** Atoms of the patterns that end here: number of a set. */
  readonly accept: IntList;
  /** Atoms of the patterns that end here or below. */
  readonly below: IntList;
  /** Patterns that end here or below. */
  readonly leaves: IntList;
  readonly atoms: SetAlgebra;
  /** Nodes that stand for "matched for good", by the set of atoms. */
  readonly sinks: Map<number, number>;
}

export function compareTokens(a: readonly Token[], b: readonly Token[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** The patterns must be in the order of `compareTokens`. */
export function buildTrie(patterns: readonly AtomPattern[]): Trie {
  const trie = emptyTrie();
  addNode(trie, -1, -1, plain);
  const path = [0];
  const lastChild = intList();
  push(lastChild, -1);
  let before: readonly Token[] = [];
  for (const { tokens, atom } of patterns) {
    let depth = 0;
    while (depth < before.length && depth < tokens.length && before[depth] === tokens[depth]) depth++;
    path.length = depth + 1;
    for (; depth < tokens.length; depth++) path.push(addChild(trie, lastChild, path[depth]!, tokens[depth]!));
    const end = path[tokens.length]!;
    const own = intern(trie.atoms.pool, [atom], 1);
    trie.accept.data[end] = trie.atoms.union(trie.accept.data[end]!, own);
    before = tokens;
  }
  sumUp(trie);
  return trie;
}

function emptyTrie(): Trie {
  return {
    parent: intList(), symbol: intList(), kind: intList(), firstChild: intList(), nextSibling: intList(),
    star: intList(), doubleStar: intList(), accept: intList(), below: intList(), leaves: intList(),
    atoms: setAlgebra(setPool()), sinks: new Map(),
  };
}

function addNode(trie: Trie, parent: number, symbol: number, kind: number): number {
  for (const list of [trie.firstChild, trie.nextSibling, trie.star, trie.doubleStar]) push(list, -1);
  for (const list of [trie.accept, trie.below]) push(list, trie.atoms.empty);
  push(trie.leaves, 0);
  push(trie.symbol, symbol);
  push(trie.kind, kind);
  return push(trie.parent, parent);
}

function addChild(trie: Trie, lastChild: IntList, parent: number, token: Token): number {
  const kind = token === STAR ? starLoop : token === DOUBLE_STAR ? doubleLoop : plain;
  const node = addNode(trie, parent, token, kind);
  push(lastChild, -1);
  if (kind === starLoop) trie.star.data[parent] = node;
  else if (kind === doubleLoop) trie.doubleStar.data[parent] = node;
  else if (lastChild.data[parent]! < 0) trie.firstChild.data[parent] = node;
  else trie.nextSibling.data[lastChild.data[parent]!] = node;
  if (kind === plain) lastChild.data[parent] = node;
  return node;
}

/** Children have higher numbers than their parents. */
function sumUp(trie: Trie): void {
  const { parent, accept, below, leaves, atoms } = trie;
  for (let node = parent.length - 1; node >= 0; node--) {
    if (accept.data[node] !== atoms.empty) leaves.data[node]!++;
    below.data[node] = atoms.union(below.data[node]!, accept.data[node]!);
    const up = parent.data[node]!;
    if (up < 0) continue;
    leaves.data[up]! += leaves.data[node]!;
    below.data[up] = atoms.union(below.data[up]!, below.data[node]!);
  }
}

/** The node that stays for ever and has matched `atoms` for good. */
export function sinkFor(trie: Trie, atoms: number): number {
  let node = trie.sinks.get(atoms);
  if (node === undefined) {
    node = addNode(trie, -1, DOUBLE_STAR, doubleLoop);
    trie.accept.data[node] = trie.below.data[node] = atoms;
    trie.leaves.data[node] = 1;
    trie.sinks.set(atoms, node);
  }
  return node;
}
