/** Tables in the cells, and slots that point at them: installing, switching, freeing after the last use. */
import { randomInt } from 'node:crypto';
import { headCells, numberTable, readTable } from '#abi';
import { Failure } from '#base';
import type { Addon, MapHandle } from './addon.ts';
import { slotBytes, slotOf, u64Bytes, u64Of } from './bytes.ts';
import type { Slot } from './bytes.ts';
import { makeCellSpace } from './cells.ts';
import type { Range } from './cells.ts';

/** A table in the kernel. */
export interface TableHandle {
  readonly cells: number;
}

export interface Tables {
  install(table: Uint8Array): TableHandle;
  release(handle: TableHandle): void;
  /** True: it had none before. */
  assign(cgroupId: bigint, handle: TableHandle, flags: number): boolean;
  forget(cgroupId: bigint): void;
  assigned(): readonly bigint[];
  cellsUsed(): number;
  cellsWaiting(): number;
}

interface Placed extends Range {
  /** Slots that point at it. */
  slots: number;
  /** Whoever installed it has let go. */
  released: boolean;
}

/** Cells of a table's head that tell its length: the second one, low half. */
const lengthCell = 1;

/** As installed: what the kernel remembers by one table is not for the next at its place, by any agent. */
function numbered(table: Uint8Array): Uint8Array {
  return numberTable(table, randomInt(1, 2 ** 32));
}

export function openTables(native: Addon, cells: MapHandle, slots: MapHandle): Tables {
  const { maxEntries } = native.mapFacts(cells);
  const placed = new Map<number, Placed>();
  const inForce = readSlots(native, slots);
  for (const slot of inForce.values()) adopt(native, cells, placed, slot);
  const space = makeCellSpace(maxEntries, [...placed.values()], () => native.awaitPrograms());
  const handles = new WeakMap<TableHandle, Placed>();
  const placeOf = (handle: TableHandle): Placed => {
    const place = handles.get(handle);
    if (place === undefined || place.released) throw new Failure('internal', 'the table is released already');
    return place;
  };
  const freeIfUnused = (place: Placed): void => {
    if (place.slots > 0 || !place.released) return;
    placed.delete(place.first);
    space.give({ first: place.first, cells: place.cells });
  };
  const leave = (first: number | undefined): void => {
    const place = first === undefined ? undefined : placed.get(first);
    if (place === undefined) return;
    place.slots--;
    freeIfUnused(place);
  };
  return {
    install(table) {
      checkTable(table);
      const count = table.byteLength / 8;
      const place: Placed = { first: space.take(count), cells: count, slots: 0, released: false };
      try {
        native.mapWrite(cells, place.first, numbered(table));
      } catch (error) {
        space.give(place);
        throw error;
      }
      placed.set(place.first, place);
      const handle: TableHandle = Object.freeze({ cells: count });
      handles.set(handle, place);
      return handle;
    },
    release(handle) {
      const place = placeOf(handle);
      place.released = true;
      freeIfUnused(place);
    },
    assign(cgroupId, handle, flags) {
      const place = placeOf(handle);
      const before = inForce.get(cgroupId);
      const slot: Slot = { table: place.first, flags };
      writeSlot(native, slots, cgroupId, slot);
      inForce.set(cgroupId, slot);
      place.slots++;
      leave(before?.table);
      return before === undefined;
    },
    forget(cgroupId) {
      const before = inForce.get(cgroupId);
      native.mapDelete(slots, u64Bytes(cgroupId));
      inForce.delete(cgroupId);
      leave(before?.table);
    },
    assigned: () => [...inForce.keys()],
    cellsUsed: () => space.used(),
    cellsWaiting: () => space.waiting(),
  };
}

function readSlots(native: Addon, slots: MapHandle): Map<bigint, Slot> {
  const found = new Map<bigint, Slot>();
  for (const key of native.mapKeys(slots)) {
    const value = native.mapGet(slots, key);
    if (value !== undefined) found.set(u64Of(key), slotOf(value));
  }
  return found;
}

/** A table that an agent before has installed: it goes with the last slot that points at it. */
function adopt(native: Addon, cells: MapHandle, placed: Map<number, Placed>, slot: Slot): void {
  const known = placed.get(slot.table);
  if (known !== undefined) {
    known.slots++;
    return;
  }
  placed.set(slot.table, { first: slot.table, cells: cellsAt(native, cells, slot.table), slots: 1, released: true });
}

/** Cells of the table that begins there: its head's alone, where that can't be the head of one. */
function cellsAt(native: Addon, cells: MapHandle, first: number): number {
  const room = native.mapFacts(cells).maxEntries - first;
  if (room < headCells) throw new Failure('host', 'a table in force lies outside of the cells', { help: uninstallHelp });
  const count = Number(u64Of(native.mapRead(cells, first + lengthCell, 1)) & 0xffffffffn);
  return count >= headCells && count <= room ? count : headCells;
}

const uninstallHelp = '`d4c uninstall` takes the programs and their tables out of the kernel; until then they stay in force';

/** Throws if programs that read tables as we write them can't go on with these slots' tables. */
export function requireReadable(native: Addon, cells: MapHandle, slots: readonly Slot[]): void {
  for (const first of new Set(slots.map(({ table }) => table))) {
    try {
      readTable(native.mapRead(cells, first, cellsAt(native, cells, first)));
    } catch (cause) {
      throw new Failure('host', `a table in force can't be gone on with: ${(cause as Error).message}`, { help: uninstallHelp, cause });
    }
  }
}

function writeSlot(native: Addon, slots: MapHandle, cgroupId: bigint, slot: Slot): void {
  try {
    native.mapSet(slots, u64Bytes(cgroupId), slotBytes(slot));
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'D4C_FULL') throw cause;
    throw new Failure('limit', 'there are more containers than the kernel half has room for', { cause });
  }
}

function checkTable(table: Uint8Array): void {
  if (table.byteLength % 8 !== 0) throw new Failure('internal', 'a table is not made of whole cells');
  const aligned = table.byteOffset % 4 === 0 ? table : table.slice();
  readTable(aligned);
}
