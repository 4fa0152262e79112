import { cellFree, headerBit, rowReach } from '#abi';
import type { Automaton } from './determinise.ts';

/** The cells of all automata of a table, laid into one another; indexes count from `origin`. */
export interface Comb {
  /** Low and high half of each cell in turn. */
  readonly words: Uint32Array;
  readonly starts: readonly number[];
}

/** How far a row is tried before it goes behind all others: without a bound some sets take minutes. */
const triesMax = 1024;
const sizesMax = 15;
/** Rows of more edges go before others. */
const denseMin = 8;
/** Cells that are looked at for a place behind the one read before: a cache line. */
const nearReach = 8;

interface Space {
  used: Uint8Array;
  top: number;
  /** Where rows of each size found no place any more. */
  readonly cursor: Int32Array;
}

/**
 * Row displacement: a state is the index of its header cell, its edge on byte b lies at state + 1 + b.
 * `classAt` gives the cell of the class that a state of an automaton has.
 */
export function comb(
  automata: readonly Automaton[], origin: number, classAt: (automaton: number, meaning: number) => number,
): Comb {
  const space: Space = { used: new Uint8Array(1 << 14), top: 0, cursor: new Int32Array(sizesMax + 1) };
  const places = automata.map((automaton) => placeAll(space, automaton));
  let end = space.used.length;
  while (end > 0 && space.used[end - 1] === 0) end--;
  const words = new Uint32Array((end === 0 ? 0 : end + rowReach) * 2);
  for (let i = 0; i < words.length; i += 2) words[i] = cellFree;
  automata.forEach((automaton, a) => {
    writeStates(words, automaton, places[a]!, origin, (meaning) => classAt(a, meaning));
  });
  return { words, starts: automata.map((automaton, a) => places[a]![automaton.start]! + origin) };
}

/**
 * Backgrounds lie together, rows in order: a path that matches nothing looks for each of its bytes at the same
 * distance behind one of them, so that what is looked at then are few cache lines whichever it is.
 */
function placeAll(space: Space, automaton: Automaton): Int32Array {
  const { count, rowStart, rowEnd, symbols, targets } = automaton;
  const place = new Int32Array(count).fill(-1);
  for (const state of placedFirst(automaton)) place[state] = findPlace(space, automaton, state);
  const readBefore = new Int32Array(count).fill(-1);
  for (let state = 1; state < count; state++) {
    if (place[state]! < 0) place[state] = placeNear(space, automaton, state, readBefore[state]!);
    for (let i = rowStart[state]!; i < rowEnd[state]!; i++) readBefore[targets[i]!] = place[state]! + 1 + symbols[i]!;
  }
  return place;
}

/** Backgrounds, then rows that find no place among others; large ones before small ones. */
function placedFirst({ count, background, rowStart, rowEnd }: Automaton): readonly number[] {
  const size = (state: number): number => rowEnd[state]! - rowStart[state]!;
  const bySize = (a: number, b: number): number => size(b) - size(a) || a - b;
  const backgrounds = new Set(background);
  backgrounds.delete(0);
  const dense: number[] = [];
  for (let state = 1; state < count; state++) if (size(state) > denseMin && !backgrounds.has(state)) dense.push(state);
  return [...[...backgrounds].sort(bySize), ...dense.sort(bySize)];
}

/** With an edge right behind the cell that was read to come here, most often in the same cache line; else anywhere. */
function placeNear(space: Space, automaton: Automaton, state: number, read: number): number {
  const first = automaton.rowStart[state]!;
  const end = automaton.rowEnd[state]!;
  if (read < 0) return findPlace(space, automaton, state);
  while (read + nearReach + rowReach + 1 >= space.used.length) grow(space);
  for (let cell = read + 1; cell <= read + nearReach; cell++) {
    if (space.used[cell] === 1) continue;
    if (first === end) return take(space, automaton, cell, first, end);
    for (let i = first; i < end; i++) {
      const at = cell - 1 - automaton.symbols[i]!;
      if (at >= 0 && fits(space.used, automaton, at, first, end)) return take(space, automaton, at, first, end);
    }
  }
  return findPlace(space, automaton, state);
}

function findPlace(space: Space, automaton: Automaton, state: number): number {
  const first = automaton.rowStart[state]!;
  const end = automaton.rowEnd[state]!;
  const size = Math.min(end - first, sizesMax);
  let from = space.cursor[size]!;
  while (space.used[from] === 1) from++;
  let at = from;
  for (; ; at++) {
    if (at - from === triesMax) at = Math.max(at, space.top);
    if (at + rowReach + 1 >= space.used.length) grow(space);
    if (fits(space.used, automaton, at, first, end)) break;
  }
  space.cursor[size] = at - from > triesMax / 2 ? from + triesMax / 4 : from;
  return take(space, automaton, at, first, end);
}

function take(space: Space, automaton: Automaton, at: number, first: number, end: number): number {
  space.top = Math.max(space.top, at);
  space.used[at] = 1;
  for (let i = first; i < end; i++) space.used[at + 1 + automaton.symbols[i]!] = 1;
  return at;
}

function fits(used: Uint8Array, automaton: Automaton, at: number, first: number, end: number): boolean {
  if (used[at] === 1) return false;
  for (let i = first; i < end; i++) if (used[at + 1 + automaton.symbols[i]!] === 1) return false;
  return true;
}

function grow(space: Space): void {
  const larger = new Uint8Array(space.used.length * 2);
  larger.set(space.used);
  space.used = larger;
}

function writeStates(
  words: Uint32Array, automaton: Automaton, place: Int32Array, origin: number,
  classAt: (meaning: number) => number,
): void {
  const cellOf = (state: number): number => (state === 0 ? 0 : place[state]! + origin);
  for (let state = 1; state < automaton.count; state++) {
    const at = place[state]!;
    words[at * 2] = headerBit + cellOf(automaton.background[state]!);
    words[at * 2 + 1] = classAt(automaton.meaning[state]!);
    for (let i = automaton.rowStart[state]!; i < automaton.rowEnd[state]!; i++) {
      const cell = at + 1 + automaton.symbols[i]!;
      words[cell * 2] = at + origin;
      words[cell * 2 + 1] = cellOf(automaton.targets[i]!);
    }
  }
}
