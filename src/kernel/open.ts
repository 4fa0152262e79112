/**
 * Opening the kernel half: programs that are pinned go on; another version's are followed by ours, loaded
 * beside them with their tables and slots, before they are detached.
 */
import { join } from 'node:path';
import { constants, layouts } from '#abi';
import { Failure } from '#base';
import { addon, buildFolder } from './addon.ts';
import type { Addon, LockHandle, MapHandle, RingHandle } from './addon.ts';
import { lostOf, u32Bytes, u64Bytes, u64Of, viewOf } from './bytes.ts';
import { probeHost, requireHost } from './host.ts';
import type { Kernel, KernelCounters, RingName, RunningContainer } from './model.ts';
import { hashOf, makeFolder, newKernelId, pinnedSets, preparePinFolder, removeFolder, removeLinks, removeUnfinished, sharedFolder } from './pins.ts';
import type { PinnedSet } from './pins.ts';
import { loadSet, openSet, sharedMaps } from './program-set.ts';
import type { ProgramSet } from './program-set.ts';
import { openRingReader } from './ring.ts';
import { openTables } from './tables.ts';

export interface KernelOptions {
  /** In a file system of type bpf; `null`: nothing is pinned, enforcement ends with the process. */
  readonly pinFolder: string | null;
  /** Folder of the addon and the BPF object. */
  readonly build?: string;
}

interface Opened {
  readonly id: string;
  readonly adopted: boolean;
  readonly set: ProgramSet;
  readonly containers: MapHandle;
  /** Sets of before that enforce no more, and whose rings may hold records. */
  readonly older: readonly PinnedSet[];
  readonly lock: LockHandle | undefined;
}

export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const build = options.build ?? buildFolder;
  const native = addon(build);
  requireHost(probeHost());
  const objectFile = join(build, 'd4c.bpf.o');
  const opened = options.pinFolder === null ? openFresh(native, objectFile) : openPinned(native, objectFile, options.pinFolder);
  return kernelOf(native, opened);
}

function openFresh(native: Addon, objectFile: string): Opened {
  let containers: MapHandle | undefined;
  const set = loadSet(native, {
    objectFile,
    shared: new Map(),
    generation: 1,
    silent: false,
    folder: null,
    share: (maps) => (containers = maps.get('d4c_containers')),
  });
  return { id: newKernelId(), adopted: false, set, containers: containers!, older: [], lock: undefined };
}

function openPinned(native: Addon, objectFile: string, folder: string): Opened {
  preparePinFolder(folder);
  const lock = native.lock(folder);
  if (lock === undefined) {
    throw new Failure('host', `another agent works with the pin folder \`${folder}\``, { help: 'stop it first' });
  }
  try {
    removeUnfinished(native, folder);
    return takeOver(native, objectFile, folder, lock);
  } catch (error) {
    native.close(lock);
    throw error;
  }
}

function takeOver(native: Addon, objectFile: string, folder: string, lock: LockHandle): Opened {
  const hash = hashOf(objectFile);
  const sets = pinnedSets(folder);
  const shared = sharedFolder(folder);
  const newest = sets.at(-1);
  if (newest !== undefined && newest.hash === hash) {
    const older = sets.slice(0, -1);
    const set = openSet(native, newest.folder);
    const containers = native.openMap(join(shared.folder, 'd4c_containers'));
    for (const one of older) removeLinks(native, one.folder);
    set.speak();
    return { id: shared.id, adopted: true, set, containers, older, lock };
  }
  const maps = new Map<string, MapHandle>();
  if (!shared.isNew) for (const name of sharedMaps) maps.set(name, native.openMap(join(shared.folder, name)));
  const number = (newest?.number ?? 0) + 1;
  let containers: MapHandle | undefined;
  const set = loadSet(native, {
    objectFile,
    shared: maps,
    generation: number,
    silent: newest !== undefined,
    folder: join(folder, `set-${hash}-${number}`),
    share(made) {
      containers = made.get('d4c_containers');
      if (newest !== undefined) inherit(native, newest, made);
      if (!shared.isNew) return;
      makeFolder(native, shared.folder, (unfinished) => {
        for (const name of sharedMaps) native.pinMap(made.get(name)!, join(unfinished, name));
      });
    },
  });
  if (newest !== undefined) {
    set.speak();
    for (const one of sets) removeLinks(native, one.folder);
  }
  return { id: shared.id, adopted: false, set, containers: containers!, older: sets, lock };
}

/** Tables and slots of the set before, as they are: the new programs enforce from their first moment on. */
function inherit(native: Addon, from: PinnedSet, to: ReadonlyMap<string, MapHandle>): void {
  using old = openSet(native, from.folder);
  const { maxEntries } = native.mapFacts(old.map('d4c_cells'));
  native.mapWrite(to.get('d4c_cells')!, 0, native.mapRead(old.map('d4c_cells'), 0, maxEntries));
  for (const key of native.mapKeys(old.map('d4c_slots'))) {
    const slot = native.mapGet(old.map('d4c_slots'), key);
    if (slot !== undefined) native.mapSet(to.get('d4c_slots')!, key, slot);
  }
}

function kernelOf(native: Addon, opened: Opened): Kernel {
  const { set, older } = opened;
  const tables = openTables(native, set.map('d4c_cells'), set.map('d4c_slots'));
  const undrained = new Set(older.flatMap((one) => (['alerts', 'telemetry'] as const).map((ring) => `${one.folder}\n${ring}`)));
  const removeDrained = (one: PinnedSet, ring: RingName): void => {
    undrained.delete(`${one.folder}\n${ring}`);
    if (![...undrained].some((entry) => entry.startsWith(`${one.folder}\n`))) removeFolder(native, one.folder);
  };
  const readerOf = (ring: RingName) => {
    const before: RingHandle[] = [];
    for (const one of older) {
      const rest = openRingAt(native, one.folder, ring);
      if (native.unreadRing(rest) > 0) before.push(rest);
      else {
        native.close(rest);
        removeDrained(one, ring);
      }
    }
    const sets = older.filter((one) => undrained.has(`${one.folder}\n${ring}`));
    return openRingReader(native, native.openRing(set.map(`d4c_${ring}`)), before, (index) => removeDrained(sets[index]!, ring));
  };
  const readers = { alerts: readerOf('alerts'), telemetry: readerOf('telemetry') };
  /** What the kernel saw of a container stays while one of its tasks lives: it may be assigned again. */
  const sweep = (): void => {
    const assigned = new Set(tables.assigned());
    for (const { cgroupId, tasks } of readContainers(native, opened.containers)) {
      if (tasks === 0n && !assigned.has(cgroupId)) native.mapDelete(opened.containers, u64Bytes(cgroupId));
    }
  };
  sweep();
  return {
    id: opened.id,
    mechanism: 'lsm',
    hooks: set.hooks,
    adopted: opened.adopted,
    install: async (table) => tables.install(table),
    release: async (handle) => tables.release(handle),
    assign(cgroupId, handle, { neverBlocked, sharedPids = false }) {
      const flags = (neverBlocked ? constants.slotNeverBlocked : 0) | (sharedPids ? constants.slotAnyBegins : 0);
      tables.assign(cgroupId, handle, flags);
      set.adoptRunning();
    },
    forget(cgroupId) {
      tables.forget(cgroupId);
      native.mapDelete(set.map('d4c_container_lost'), u64Bytes(cgroupId));
      sweep();
    },
    assigned: () => tables.assigned(),
    containers: () => readContainers(native, opened.containers),
    records: (ring, signal) => readers[ring].batches(signal),
    unread: () => readers.alerts.unread() + readers.telemetry.unread(),
    counters: () => readCounters(native, set.map('d4c_counters')),
    lost: () => readLost(native, set.map('d4c_container_lost')),
    clock: () => native.clock(),
    cells: () => ({ used: tables.cellsUsed(), total: native.mapFacts(set.map('d4c_cells')).maxEntries }),
    async [Symbol.asyncDispose]() {
      for (const reader of Object.values(readers)) reader[Symbol.dispose]();
      set[Symbol.dispose]();
      native.close(opened.containers);
      if (opened.lock !== undefined) native.close(opened.lock);
    },
  };
}

function openRingAt(native: Addon, folder: string, ring: RingName): RingHandle {
  const map = native.openMap(join(folder, `d4c_${ring}`));
  try {
    return native.openRing(map);
  } finally {
    native.close(map);
  }
}

/** Sums over the CPUs. */
function readCounters(native: Addon, map: MapHandle): KernelCounters {
  const value = native.mapGet(map, u32Bytes(0))!;
  const at = layouts.counters;
  const sum = (offset: number): bigint => {
    let total = 0n;
    for (let cpu = 0; cpu < value.byteLength; cpu += at.bytes) total += u64Of(value, cpu + offset);
    return total;
  };
  const summed = new Uint8Array(constants.lostReasons * 8);
  for (let reason = 0; reason < constants.lostReasons; reason++) {
    viewOf(summed).setBigUint64(reason * 8, sum(at.lost + reason * 8), true);
  }
  return {
    judged: sum(at.judged),
    recorded: sum(at.recorded),
    denied: sum(at.denied),
    retracted: sum(at.retracted),
    pathUnknown: sum(at.pathUnknown),
    unmarked: sum(at.unmarked),
    lost: lostOf(summed, 0),
  };
}

function readLost(native: Addon, map: MapHandle): ReadonlyMap<bigint, Readonly<Record<string, bigint>>> {
  const lost = new Map<bigint, Readonly<Record<string, bigint>>>();
  for (const key of native.mapKeys(map)) {
    const value = native.mapGet(map, key);
    if (value !== undefined) lost.set(u64Of(key), lostOf(value, 0));
  }
  return lost;
}

function readContainers(native: Addon, map: MapHandle): RunningContainer[] {
  return native.mapKeys(map).flatMap((key) => {
    const value = native.mapGet(map, key);
    if (value === undefined) return [];
    const at = layouts.container;
    return [
      {
        cgroupId: u64Of(key),
        beganNs: u64Of(value, at.beganNs),
        tasks: u64Of(value, at.tasks),
        pid: viewOf(value).getUint32(at.pid, true),
      },
    ];
  });
}
