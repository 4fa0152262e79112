import { type IntList, intList, push } from './int-list.ts';
import { intern, setCount, setOf, type SetPool, setPool } from './set-pool.ts';
import { doubleLoop, plain, sinkFor, starLoop, type Trie } from './trie.ts';

const slash = 47;
/** Number of nodes fits below this, so that a byte and a node fit into one exact number. */
const nodeSpan = 0x4000000;
const noNode = nodeSpan - 1;

/**
 * A deterministic automaton. Each state has a background, the state of its loop nodes alone; a byte for
 * which the state has no edge leads where it leads the background, and there, without an edge, the
 * background stays itself. State 0 is dead.
 */
export interface Automaton {
  readonly start: number;
  readonly count: number;
  readonly background: Int32Array;
  /** What the state means: number of a triple (accepted, possible below, certain below) of atom sets. */
  readonly meaning: Int32Array;
  readonly rowStart: Int32Array;
  readonly rowEnd: Int32Array;
  readonly symbols: Int32Array;
  readonly targets: Int32Array;
  readonly meanings: readonly Meaning[];
}

/** Sets of atoms (numbers in the trie's pool) at the end of a path, and of all that goes on with `/`. */
export interface Meaning {
  readonly accept: number;
  readonly some: number;
  readonly all: number;
}

/** Work that may still be done; shared by all constructions of one table. */
export interface Budget {
  steps: number;
}

/** The subset construction, stopped when it passes `statesMax` states or the budget's steps. */
export function determinise(trie: Trie, budget: Budget, statesMax: number): Automaton | Overflow {
  const work = startWork(trie);
  push(work.rowStart, 0);
  push(work.rowEnd, 0);
  seal(work); // the empty set: state 0, dead
  work.background.data[0] = 0;
  begin(work);
  enter(work, 0);
  const start = seal(work);
  for (let state = 1; state < work.background.length; state++) {
    expand(work, state);
    budget.steps -= work.steps;
    work.steps = 0;
    if (work.background.length > statesMax || budget.steps < 0) return { overflow: true, work };
  }
  return finish(work, start);
}

export interface Overflow {
  readonly overflow: true;
  /** How far the construction came: the sets tell which patterns cost most. */
  readonly work: Work;
}

/** The state of one construction. */
export interface Work {
  readonly trie: Trie;
  readonly sets: SetPool;
  readonly background: IntList;
  readonly accept: IntList;
  readonly won: IntList;
  readonly rowStart: IntList;
  readonly rowEnd: IntList;
  readonly symbols: IntList;
  readonly targets: IntList;
  /** A node is in the set that is being put together if its mark is the current stamp. */
  mark: Int32Array;
  stamp: number;
  set: Int32Array;
  size: number;
  steps: number;
}

function startWork(trie: Trie): Work {
  return {
    trie, sets: setPool(), background: intList(), accept: intList(), won: intList(),
    rowStart: intList(), rowEnd: intList(), symbols: intList(4096), targets: intList(4096),
    mark: new Int32Array(trie.parent.length * 2 + 64), stamp: 1, set: new Int32Array(4096), size: 0, steps: 0,
  };
}

function begin(work: Work): void {
  work.stamp++;
  work.size = 0;
}

function add(work: Work, node: number): void {
  if (node >= work.mark.length) {
    const larger = new Int32Array(node * 2);
    larger.set(work.mark);
    work.mark = larger;
  }
  if (work.mark[node] === work.stamp) return;
  if (work.size === work.set.length) {
    const larger = new Int32Array(work.size * 2);
    larger.set(work.set);
    work.set = larger;
  }
  work.mark[node] = work.stamp;
  work.set[work.size++] = node;
  work.steps++;
}

/** A node with the wildcards behind it, which match nothing as well. */
function enter(work: Work, node: number): void {
  add(work, node);
  const star = work.trie.star.data[node]!;
  if (star >= 0) add(work, star);
  const double = work.trie.doubleStar.data[node]!;
  if (double >= 0) add(work, double);
}

/** The state of the set that was put together: pruned, sorted, and made if it is new. */
function seal(work: Work): number {
  const { trie, sets } = work;
  let loops = 0;
  for (let i = 0; i < work.size; i++) if (trie.kind.data[work.set[i]!] !== plain) loops++;
  const won = loops > 0 ? pruneWon(work) : trie.atoms.empty;
  if (loops > 0) prunePassed(work);
  sortSet(work.set, work.size);
  const known = setCount(sets);
  const id = intern(sets, work.set, work.size);
  if (id < known) return id;
  let accept = trie.atoms.empty;
  for (let i = 0; i < work.size; i++) accept = trie.atoms.union(accept, trie.accept.data[work.set[i]!]!);
  push(work.accept, accept);
  push(work.won, won);
  push(work.background, -1);
  return id;
}

/** What a final double star has matched stays matched: what could only match the same again goes. */
function pruneWon(work: Work): number {
  const { trie, set } = work;
  const { kind, accept, below, atoms } = trie;
  let won = atoms.empty;
  for (let i = 0; i < work.size; i++) {
    const node = set[i]!;
    if (kind.data[node] === doubleLoop) won = atoms.union(won, accept.data[node]!);
  }
  if (won === atoms.empty) return won;
  let kept = 0;
  for (let i = 0; i < work.size; i++) {
    const node = set[i]!;
    if (atoms.within(below.data[node]!, won)) work.mark[node] = 0;
    else set[kept++] = node;
  }
  work.size = kept;
  add(work, sinkFor(trie, won));
  return won;
}

/**
 * Where a loop has been reached, nodes before it go if all their patterns pass through it: what they could
 * still match, the loop can. Not so for a `*` behind a `/` or a double star, which outlive it.
 */
function prunePassed(work: Work): void {
  const { trie, set } = work;
  const { parent, kind, symbol, leaves } = trie;
  let gone = 0;
  for (let i = 0; i < work.size; i++) {
    const loop = set[i]!;
    const loopKind = kind.data[loop]!;
    if (loopKind === plain || work.mark[loop] !== work.stamp) continue;
    let child = loop;
    for (let up = parent.data[loop]!; up >= 0; child = up, up = parent.data[up]!) {
      if (leaves.data[up] !== leaves.data[loop]) break;
      if (loopKind === starLoop && (symbol.data[child] === slash || kind.data[up] === doubleLoop)) break;
      work.steps++;
      if (work.mark[up] !== work.stamp) continue;
      work.mark[up] = 0;
      gone++;
    }
  }
  if (gone === 0) return;
  let kept = 0;
  for (let i = 0; i < work.size; i++) if (work.mark[set[i]!] === work.stamp) set[kept++] = set[i]!;
  work.size = kept;
}

function sortSet(set: Int32Array, size: number): void {
  if (size > 24) {
    set.subarray(0, size).sort();
    return;
  }
  for (let i = 1; i < size; i++) {
    const value = set[i]!;
    let j = i - 1;
    for (; j >= 0 && set[j]! > value; j--) set[j + 1] = set[j]!;
    set[j + 1] = value;
  }
}

/** Makes the row of a state, and before it that of its background. */
function expand(work: Work, state: number): void {
  if (rowMade(work, state)) return;
  const nodes = setOf(work.sets, state).slice();
  const background = backgroundOf(work, state, nodes);
  work.background.data[state] = background;
  if (background !== state) expand(work, background);
  const edges = edgesOf(work, nodes, background === state);
  const symbols: number[] = [];
  const targets: number[] = [];
  for (let i = 0; i < edges.length; ) {
    const symbol = Math.floor(edges[i]! / nodeSpan);
    begin(work);
    const usual = background === state ? state : step(work, background, symbol);
    if (background === state) for (const node of nodes) stay(work, node, symbol);
    else for (const node of setOf(work.sets, usual)) add(work, node);
    for (; i < edges.length && Math.floor(edges[i]! / nodeSpan) === symbol; i++) {
      const child = edges[i]! % nodeSpan;
      if (child !== noNode) enter(work, child);
    }
    const target = seal(work);
    if (target === usual) continue;
    symbols.push(symbol);
    targets.push(target);
  }
  while (work.rowStart.length <= state) {
    push(work.rowStart, -1);
    push(work.rowEnd, -1);
  }
  work.rowStart.data[state] = work.symbols.length;
  for (let i = 0; i < symbols.length; i++) {
    push(work.symbols, symbols[i]!);
    push(work.targets, targets[i]!);
  }
  work.rowEnd.data[state] = work.symbols.length;
}

function rowMade(work: Work, state: number): boolean {
  return state < work.rowStart.length && work.rowStart.data[state]! >= 0;
}

function backgroundOf(work: Work, state: number, nodes: Int32Array): number {
  begin(work);
  for (const node of nodes) if (work.trie.kind.data[node] !== plain) add(work, node);
  return work.size === nodes.length ? state : seal(work);
}

function stay(work: Work, node: number, symbol: number): void {
  if (symbol !== slash || work.trie.kind.data[node] === doubleLoop) add(work, node);
}

/** Byte and child of each edge to look at, in the order of the bytes. */
function edgesOf(work: Work, nodes: Int32Array, own: boolean): number[] {
  const { kind, firstChild, nextSibling, symbol } = work.trie;
  const edges: number[] = [];
  let sorted = true;
  let last = -1;
  let slashes = !own;
  for (const node of nodes) {
    if (!own && kind.data[node] !== plain) continue;
    for (let child = firstChild.data[node]!; child >= 0; child = nextSibling.data[child]!) {
      const edge = symbol.data[child]! * nodeSpan + child;
      if (edge < last) sorted = false;
      if (symbol.data[child] === slash) slashes = true;
      edges.push((last = edge));
    }
  }
  work.steps += edges.length;
  // a background that has a `*` does not stay itself on a slash
  if (!slashes) {
    edges.push(slash * nodeSpan + noNode);
    sorted = false;
  }
  return sorted ? edges : edges.sort((a, b) => a - b);
}

function step(work: Work, from: number, symbol: number): number {
  for (let state = from; ; state = work.background.data[state]!) {
    let low = work.rowStart.data[state]!;
    let high = work.rowEnd.data[state]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const here = work.symbols.data[middle]!;
      if (here === symbol) return work.targets.data[middle]!;
      if (here < symbol) low = middle + 1;
      else high = middle - 1;
    }
    if (work.background.data[state] === state) return state;
  }
}

/** All that a state can still match: asked of few states, those behind a slash. */
function belowOf(work: Work, state: number): number {
  const { atoms, below } = work.trie;
  let all = atoms.empty;
  for (const node of setOf(work.sets, state)) all = atoms.union(all, below.data[node]!);
  return all;
}

function finish(work: Work, start: number): Automaton {
  const count = work.background.length;
  const triples = setPool();
  const meaning = new Int32Array(count);
  const meanings: Meaning[] = [];
  const below = new Int32Array(count).fill(-1);
  for (let state = 0; state < count; state++) {
    const on = step(work, state, slash);
    const accept = work.accept.data[state]!;
    if (below[on]! < 0) below[on] = belowOf(work, on);
    const some = below[on]!;
    const all = work.won.data[on]!;
    const id = intern(triples, [accept, some, all], 3);
    if (id === meanings.length) meanings.push({ accept, some, all });
    meaning[state] = id;
  }
  return {
    start, count, meaning, meanings,
    background: work.background.data.slice(0, count),
    rowStart: work.rowStart.data.slice(0, count),
    rowEnd: work.rowEnd.data.slice(0, count),
    symbols: work.symbols.data.slice(0, work.symbols.length),
    targets: work.targets.data.slice(0, work.targets.length),
  };
}
