import { byteShift, rowReach, stateMark } from '#abi';
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
/** Rows of more edges would not fit where others are already. */
const denseMin = 8;
/** Half cells that are looked at for a place on both sides of the one read before: a cache line each. */
const nearReach = 16;
/** Places tried before fresh space begins so many half cells further on: more would fill the table better, and part what is read together. */
const freshTries = 8;
const freshStep = 64;
/** Half cells from a state's first one to the end of what a walk may look at. */
const reach = rowReach * 2;

/** Places count half cells: a state has the two of its header, the first one even, and one for each edge. */
interface Space {
  used: Uint8Array;
  top: number;
  /** From here on there is much room. */
  fresh: number;
  /** Where rows of each size found no place any more. */
  readonly cursor: Int32Array;
}

/**
 * Row displacement: a state is the index of its header cell, its edge on byte b lies 1 + b half cells behind the
 * header's first half.
 * `classAt` gives the cell of the class that a state of an automaton has.
 */
export function comb(
  automata: readonly Automaton[], origin: number, classAt: (automaton: number, meaning: number) => number,
): Comb {
  const space: Space = { used: new Uint8Array(1 << 14), top: 0, fresh: 0, cursor: new Int32Array(sizesMax + 1) };
  const places = automata.map((automaton) => placeAll(space, automaton));
  let end = space.used.length;
  while (end > 0 && space.used[end - 1] === 0) end--;
  const words = new Uint32Array(end === 0 ? 0 : (Math.ceil(end / 2) + rowReach) * 2);
  automata.forEach((automaton, a) => {
    writeStates(words, automaton, places[a]!, origin, (meaning) => classAt(a, meaning));
  });
  return { words, starts: automata.map((automaton, a) => places[a]![automaton.start]! / 2 + origin) };
}

/**
 * Backgrounds lie together, other rows in order: a path that matches nothing looks for each of its bytes at the same
 * distance behind one of them, so that what is looked at then are few cache lines whichever it is.
 */
function placeAll(space: Space, automaton: Automaton): Int32Array {
  const { count, rowStart, rowEnd, symbols, targets } = automaton;
  const place = new Int32Array(count).fill(-1);
  for (const state of backgroundsOf(automaton)) place[state] = findPlace(space, automaton, state, 0);
  const readBefore = new Int32Array(count).fill(-1);
  for (let state = 1; state < count; state++) {
    if (place[state]! < 0) place[state] = placeNear(space, automaton, state, readBefore[state]!);
    for (let i = rowStart[state]!; i < rowEnd[state]!; i++) readBefore[targets[i]!] = place[state]! + 1 + symbols[i]!;
  }
  return place;
}

/** Large ones before small ones, which find a place among them. */
function backgroundsOf({ background, rowStart, rowEnd }: Automaton): readonly number[] {
  const size = (state: number): number => rowEnd[state]! - rowStart[state]!;
  const backgrounds = new Set(background);
  backgrounds.delete(0);
  return [...backgrounds].sort((a, b) => size(b) - size(a) || a - b);
}

/**
 * With an edge close to the place that was read to come here, most often in the same cache line; else where much is
 * free, so that the states behind it find a place close by.
 */
function placeNear(space: Space, automaton: Automaton, state: number, read: number): number {
  const first = automaton.rowStart[state]!;
  const end = automaton.rowEnd[state]!;
  if (first === end) return findPlace(space, automaton, state, 0);
  if (read >= 0) {
    while (read + nearReach + reach >= space.used.length) grow(space);
    for (let away = 1; away <= nearReach; away++) {
      for (const half of [read + away, read - away]) {
        const at = edgeAt(space.used, automaton, half, first, end);
        if (at >= 0) return take(space, automaton, at, first, end);
      }
    }
  }
  return end - first > denseMin ? findPlace(space, automaton, state, space.fresh) : findFresh(space, automaton, first, end);
}

/** Where a state would lie that has one of its edges at a half cell; -1: it would not fit. */
function edgeAt(used: Uint8Array, automaton: Automaton, half: number, first: number, end: number): number {
  if (half < 0 || used[half] === 1) return -1;
  for (let i = first; i < end; i++) {
    const at = half - 1 - automaton.symbols[i]!;
    if (at >= 0 && fits(used, automaton, at, first, end)) return at;
  }
  return -1;
}

/** Where few rows are yet. */
function findFresh(space: Space, automaton: Automaton, first: number, end: number): number {
  let at = space.fresh;
  for (let tries = 0; ; at += 2, tries++) {
    if (tries === freshTries) {
      at = space.fresh += freshStep;
      tries = 0;
    }
    if (at + reach >= space.used.length) grow(space);
    if (fits(space.used, automaton, at, first, end)) return take(space, automaton, at, first, end);
  }
}

/** The first one, but for places near `least` or before it. */
function findPlace(space: Space, automaton: Automaton, state: number, least: number): number {
  const first = automaton.rowStart[state]!;
  const end = automaton.rowEnd[state]!;
  const size = Math.min(end - first, sizesMax);
  let from = Math.max(space.cursor[size]!, least);
  while (space.used[from] === 1) from += 2;
  let at = from;
  for (let tries = 0; ; at += 2, tries++) {
    if (tries === triesMax) at = Math.max(at, space.top);
    if (at + reach >= space.used.length) grow(space);
    if (fits(space.used, automaton, at, first, end)) break;
  }
  space.cursor[size] = at - from > triesMax ? from + triesMax / 2 : from;
  return take(space, automaton, at, first, end);
}

function take(space: Space, automaton: Automaton, at: number, first: number, end: number): number {
  space.top = Math.max(space.top, at);
  space.used[at] = space.used[at + 1] = 1;
  for (let i = first; i < end; i++) space.used[at + 1 + automaton.symbols[i]!] = 1;
  return at;
}

function fits(used: Uint8Array, automaton: Automaton, at: number, first: number, end: number): boolean {
  if (at % 2 === 1 || used[at] === 1 || used[at + 1] === 1) return false;
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
  const indexOf = (state: number): number => (state === 0 ? 0 : place[state]! / 2 + origin);
  for (let state = 1; state < automaton.count; state++) {
    const at = place[state]!;
    words[at] = stateMark + classAt(automaton.meaning[state]!);
    words[at + 1] = indexOf(automaton.background[state]!);
    for (let i = automaton.rowStart[state]!; i < automaton.rowEnd[state]!; i++) {
      const byte = automaton.symbols[i]!;
      words[at + 1 + byte] = byte << byteShift | indexOf(automaton.targets[i]!);
    }
  }
}
