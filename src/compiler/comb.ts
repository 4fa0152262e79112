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

function placeAll(space: Space, automaton: Automaton): Int32Array {
  const { count, rowStart, rowEnd } = automaton;
  const place = new Int32Array(count).fill(-1);
  const size = (state: number): number => rowEnd[state]! - rowStart[state]!;
  const dense: number[] = [];
  for (let state = 1; state < count; state++) if (size(state) > 8) dense.push(state);
  dense.sort((a, b) => size(b) - size(a) || a - b);
  for (const state of dense) place[state] = findPlace(space, automaton, state);
  for (let state = 1; state < count; state++) {
    if (place[state]! < 0) place[state] = findPlace(space, automaton, state);
  }
  return place;
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
