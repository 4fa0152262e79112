/** The kernel half as others have it, out of a set of programs and what older sets have left. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { constants } from '#abi';
import type { Addon, LockHandle, RingHandle } from './addon.ts';
import { u64Bytes } from './bytes.ts';
import { mapBytes } from './memory.ts';
import type { Kernel, RingName } from './model.ts';
import { removeFolder } from './pins.ts';
import type { PinnedSet } from './pins.ts';
import type { ProgramSet } from './program-set.ts';
import { forgetMounts, readContainers, readCounters, readLost } from './read-maps.ts';
import { openRingReader } from './ring.ts';
import type { RingReader } from './ring.ts';
import { openTables } from './tables.ts';

export interface Opened {
  readonly id: string;
  readonly adopted: boolean;
  readonly set: ProgramSet;
  /** Sets of before that enforce no more, and whose rings may hold records. */
  readonly older: readonly PinnedSet[];
  readonly lock: LockHandle | undefined;
  /** Of the pins; `null`: there are none. */
  readonly folder: string | null;
  readonly mechanism: Kernel['mechanism'];
}

const ringNames = ['alerts', 'telemetry'] as const;

/** Between looks at containers that were to be forgotten while tasks of them lived. */
const sweepMs = 10_000;

export function kernelOf(native: Addon, opened: Opened): Kernel {
  const { set } = opened;
  set.guard(opened.folder);
  const pins = keepPinned(native, opened);
  const tables = openTables(native, set.map('d4c_cells'), set.map('d4c_slots'));
  /** To be forgotten: a task that has left its container's cgroup stays under its rules while it lives. */
  const leaving = new Set<bigint>();
  const drop = (cgroupId: bigint): void => {
    leaving.delete(cgroupId);
    tables.forget(cgroupId);
    native.mapDelete(set.map('d4c_container_lost'), u64Bytes(cgroupId));
  };
  /** What the kernel saw of a container stays while one of its tasks lives: it may be assigned again. */
  const sweep = (): void => {
    const containers = readContainers(native, set.map('d4c_containers'));
    const running = new Set(containers.filter(({ tasks }) => tasks > 0n).map(({ cgroupId }) => cgroupId));
    for (const cgroupId of leaving) if (!running.has(cgroupId)) drop(cgroupId);
    const assigned = new Set(tables.assigned());
    for (const { cgroupId } of containers) {
      if (running.has(cgroupId) || assigned.has(cgroupId)) continue;
      native.mapDelete(set.map('d4c_containers'), u64Bytes(cgroupId));
      forgetMounts(native, set.map('d4c_mounts'), cgroupId);
    }
  };
  sweep();
  // Last: what watches a ring keeps the process alive, which is to end if something else fails.
  const readers = openReaders(native, opened);
  const sweeper = setInterval(() => leaving.size > 0 && sweep(), sweepMs).unref();
  return {
    id: opened.id,
    mechanism: opened.mechanism,
    hooks: set.hooks,
    adopted: opened.adopted,
    install: async (table) => tables.install(table),
    release: async (handle) => tables.release(handle),
    assign(cgroupId, handle, { neverBlocked, sharedPids = false }) {
      const flags = (neverBlocked ? constants.slotNeverBlocked : 0) | (sharedPids ? constants.slotAnyBegins : 0);
      leaving.delete(cgroupId);
      // Of one that begins now, before the next heartbeat, the image's files must be older.
      set.followClock();
      // What runs in one that had rules already is marked since then.
      if (tables.assign(cgroupId, handle, flags)) set.adoptRunning();
    },
    forget(cgroupId) {
      leaving.add(cgroupId);
      sweep();
    },
    assigned: () => tables.assigned(),
    containers: () => readContainers(native, set.map('d4c_containers')),
    records: (ring, signal) => readers[ring].batches(signal),
    unread: () => readers.alerts.unread() + readers.telemetry.unread(),
    heartbeat: (orphanAfterNs) => set.heartbeat(orphanAfterNs),
    repin: () => pins.repin(),
    counters: () => readCounters(native, set.map('d4c_counters')),
    lost: () => readLost(native, set.map('d4c_container_lost')),
    clock: () => native.clock(),
    memory: () => ({
      mapBytes: mapBytes(),
      cells: { used: tables.cellsUsed(), waiting: tables.cellsWaiting(), total: native.mapFacts(set.map('d4c_cells')).maxEntries },
    }),
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper);
      for (const reader of Object.values(readers)) reader[Symbol.dispose]();
      set[Symbol.dispose]();
      pins[Symbol.dispose]();
    },
  };
}

/** The pins, for as long as this process works with their folder. */
function keepPinned(native: Addon, { set, folder, lock: first }: Opened): Disposable & Pick<Kernel, 'repin'> {
  let lock = first;
  return {
    repin() {
      const back = set.repin();
      if (back.length === 0 || folder === null) return back;
      // It may be a new folder: containers must not touch that one, and no other agent work with it.
      set.guard(folder);
      const again = native.lock(folder);
      if (again === undefined) return back; // the same one, locked still
      if (lock !== undefined) native.close(lock);
      lock = again;
      return back;
    },
    [Symbol.dispose]: () => lock !== undefined && native.close(lock),
  };
}

/** Older rings are read first; a set's folder goes when both of its rings are empty. */
function openReaders(native: Addon, { set, older }: Opened): Readonly<Record<RingName, RingReader>> {
  const undrained = new Map<PinnedSet, Set<RingName>>(older.map((one) => [one, new Set(ringNames)]));
  const drained = (one: PinnedSet, ring: RingName): void => {
    const rings = undrained.get(one);
    if (rings?.delete(ring) === true && rings.size === 0) removeFolder(native, one.folder);
  };
  const readerOf = (ring: RingName): RingReader => {
    const rests: { readonly set: PinnedSet; readonly handle: RingHandle }[] = [];
    for (const one of older) {
      if (!existsSync(join(one.folder, `d4c_${ring}`))) {
        drained(one, ring); // somebody has taken it out
        continue;
      }
      const handle = openRingAt(native, one.folder, ring);
      if (native.unreadRing(handle) > 0) rests.push({ set: one, handle });
      else {
        native.close(handle);
        drained(one, ring);
      }
    }
    const handles = rests.map(({ handle }) => handle);
    return openRingReader(native, native.openRing(set.map(`d4c_${ring}`)), handles, (index) => drained(rests[index]!.set, ring));
  };
  using undo = new DisposableStack();
  const readers = { alerts: undo.use(readerOf('alerts')), telemetry: undo.use(readerOf('telemetry')) };
  undo.move();
  return readers;
}

function openRingAt(native: Addon, folder: string, ring: RingName): RingHandle {
  const map = native.openMap(join(folder, `d4c_${ring}`));
  try {
    return native.openRing(map);
  } finally {
    native.close(map);
  }
}
