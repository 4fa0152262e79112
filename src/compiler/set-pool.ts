import { type IntList, intList, push, pushAll } from './int-list.ts';

/** Lists of integers, each kept once: the same list has the same number. */
export interface SetPool {
  readonly items: IntList;
  /** Where each list begins in `items`; one entry more than there are lists. */
  readonly starts: IntList;
  readonly hashes: IntList;
  slots: Int32Array;
}

export function setPool(): SetPool {
  const starts = intList();
  push(starts, 0);
  return { items: intList(4096), starts, hashes: intList(), slots: new Int32Array(2048).fill(-1) };
}

export function setCount(pool: SetPool): number {
  return pool.hashes.length;
}

export function setOf(pool: SetPool, id: number): Int32Array {
  return pool.items.data.subarray(pool.starts.data[id]!, pool.starts.data[id + 1]!);
}

/** The number of the list in the first `length` entries of `values`. */
export function intern(pool: SetPool, values: Int32Array | readonly number[], length: number): number {
  const hash = hashOf(values, length);
  const mask = pool.slots.length - 1;
  let slot = hash & mask;
  for (let id = pool.slots[slot]!; id >= 0; id = pool.slots[slot]!) {
    if (pool.hashes.data[id] === hash && sameList(pool, id, values, length)) return id;
    slot = (slot + 1) & mask;
  }
  const id = push(pool.hashes, hash);
  pool.slots[slot] = id;
  pushAll(pool.items, values, length);
  push(pool.starts, pool.items.length);
  if (id * 2 > pool.slots.length) rehash(pool);
  return id;
}

function hashOf(values: Int32Array | readonly number[], length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ values[i]!, 0x2c1b3c6d);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x297a2d39);
  return hash ^ (hash >>> 15);
}

function sameList(
  pool: SetPool, id: number, values: Int32Array | readonly number[], length: number,
): boolean {
  const start = pool.starts.data[id]!;
  if (pool.starts.data[id + 1]! - start !== length) return false;
  const items = pool.items.data;
  for (let i = 0; i < length; i++) if (items[start + i] !== values[i]) return false;
  return true;
}

function rehash(pool: SetPool): void {
  const slots = new Int32Array(pool.slots.length * 4).fill(-1);
  const mask = slots.length - 1;
  for (let id = 0; id < pool.hashes.length; id++) {
    let slot = pool.hashes.data[id]! & mask;
    while (slots[slot]! >= 0) slot = (slot + 1) & mask;
    slots[slot] = id;
  }
  pool.slots = slots;
}

/** Unions and subset tests of the lists of one pool (sorted ones), remembered. */
export interface SetAlgebra {
  readonly pool: SetPool;
  readonly empty: number;
  union(a: number, b: number): number;
  within(a: number, b: number): boolean;
}

export function setAlgebra(pool: SetPool): SetAlgebra {
  const empty = intern(pool, [], 0);
  const unions = pairTable();
  const subsets = pairTable();
  return {
    pool,
    empty,
    union(a, b) {
      if (a === b || b === empty) return a;
      if (a === empty) return b;
      const low = Math.min(a, b);
      const high = Math.max(a, b);
      let result = getPair(unions, low, high);
      if (result < 0) {
        const merged = merge(setOf(pool, low), setOf(pool, high));
        result = intern(pool, merged, merged.length);
        putPair(unions, low, high, result);
      }
      return result;
    },
    within(a, b) {
      if (a === b || a === empty) return true;
      let result = getPair(subsets, a, b);
      if (result < 0) {
        result = isSubset(setOf(pool, a), setOf(pool, b)) ? 1 : 0;
        putPair(subsets, a, b, result);
      }
      return result === 1;
    },
  };
}

/** Pairs of numbers with a number each; a Map would need a key of its own for each pair. */
interface PairTable {
  /** First, second and value of each pair in turn; -1 where there is none. */
  slots: Int32Array;
  count: number;
}

function pairTable(): PairTable {
  return { slots: new Int32Array(3 * 1024).fill(-1), count: 0 };
}

function slotOf(slots: Int32Array, a: number, b: number): number {
  const size = slots.length / 3;
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash ^= hash >>> 15;
  for (let slot = hash & (size - 1); ; slot = (slot + 1) & (size - 1)) {
    const first = slots[slot * 3]!;
    if (first === -1 || (first === a && slots[slot * 3 + 1] === b)) return slot * 3;
  }
}

function getPair(table: PairTable, a: number, b: number): number {
  const slot = slotOf(table.slots, a, b);
  return table.slots[slot] === -1 ? -1 : table.slots[slot + 2]!;
}

function putPair(table: PairTable, a: number, b: number, value: number): void {
  if (table.count * 6 > table.slots.length) {
    const old = table.slots;
    table.slots = new Int32Array(old.length * 4).fill(-1);
    for (let i = 0; i < old.length; i += 3) {
      if (old[i] !== -1) table.slots.set(old.subarray(i, i + 3), slotOf(table.slots, old[i]!, old[i + 1]!));
    }
  }
  const slot = slotOf(table.slots, a, b);
  table.slots[slot] = a;
  table.slots[slot + 1] = b;
  table.slots[slot + 2] = value;
  table.count++;
}

function merge(a: Int32Array, b: Int32Array): number[] {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = i < a.length ? a[i]! : Infinity;
    const y = j < b.length ? b[j]! : Infinity;
    out.push(Math.min(x, y));
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return out;
}

function isSubset(a: Int32Array, b: Int32Array): boolean {
  let j = 0;
  for (const x of a) {
    while (j < b.length && b[j]! < x) j++;
    if (b[j] !== x) return false;
  }
  return true;
}
