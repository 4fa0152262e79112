/**
 * Opening the kernel half: programs that are pinned go on; another version's are followed by ours, loaded
 * beside them with their tables and slots, before they are detached.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base';
import { addon, buildFolder } from './addon.ts';
import type { Addon, LockHandle, MapHandle } from './addon.ts';
import { kernelOf } from './assemble.ts';
import type { Opened } from './assemble.ts';
import { slotOf } from './bytes.ts';
import { canObserve, probeHost, requireHost } from './host.ts';
import type { Kernel } from './model.ts';
import {
  hashOf, makeFolder, newKernelId, pinnedSets, preparePinFolder, removeLinks, removeUnfinished, sharedFolder,
} from './pins.ts';
import type { PinnedSet } from './pins.ts';
import { isWhole, loadSet, openSet, sharedMaps } from './program-set.ts';
import type { ProgramSet } from './program-set.ts';
import { programsOf } from './programs.ts';
import { requireReadable } from './tables.ts';
import { beginLoading as loadEarly } from './programs.ts';

/** Where the agent's programs and maps are pinned, so that they outlive it. */
export const defaultPinFolder = '/sys/fs/bpf/d4c';

export interface KernelOptions {
  /** In a file system of type bpf; `null`: nothing is pinned, enforcement ends with the process. */
  readonly pinFolder: string | null;
  /** Nothing is to be denied: a host that can't do that is observed. */
  readonly observes?: boolean;
  /** Folder of the addon and the BPF object. */
  readonly build?: string;
}

/**
 * Begins to load the programs in a thread, where `openKernel` will want them: where nothing is pinned. For
 * programs that have other things to do before they open the kernel.
 */
export function beginLoading(options: KernelOptions): void {
  const build = options.build ?? buildFolder;
  if (options.pinFolder !== null && existsSync(options.pinFolder)) return;
  if (probeHost().ok) loadEarly(addon(build), join(build, 'd4c.bpf.o'));
}

export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const build = options.build ?? buildFolder;
  const native = addon(build);
  // The probe and the load look at the same types of the kernel; after both, or without a load, nobody does.
  using scope = new DisposableStack();
  scope.defer(() => native.forgetTypes());
  const report = probeHost();
  if (options.observes === true && !report.ok && canObserve(report)) {
    return assembled(native, openFresh(native, join(build, 'd4c-observe.bpf.o'), 'fentry'));
  }
  requireHost(report);
  const objectFile = join(build, 'd4c.bpf.o');
  return assembled(native, options.pinFolder === null ? openFresh(native, objectFile, 'lsm') : openPinned(native, objectFile, options.pinFolder));
}

/** What was opened is closed if it can't be used. */
function assembled(native: Addon, opened: Opened): Kernel {
  try {
    return kernelOf(native, opened);
  } catch (error) {
    opened.set[Symbol.dispose]();
    if (opened.lock !== undefined) native.close(opened.lock);
    throw error;
  }
}

function openFresh(native: Addon, objectFile: string, mechanism: Kernel['mechanism']): Opened {
  const set = loadSet(native, { objectFile, shared: new Map(), generation: 1, silent: false, folders: null });
  return { id: newKernelId(), adopted: false, set, older: [], lock: undefined, folder: null, mechanism };
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
  const adopted = newest !== undefined && newest.hash === hash && isWhole(newest.folder, programsOf(native, objectFile));
  using undo = new DisposableStack();
  const set = undo.use(adopted
    ? openSet(native, { own: newest.folder, shared: shared.folder })
    : follow(native, objectFile, join(folder, `set-${hash}-${(newest?.number ?? 0) + 1}`), newest, shared));
  const older = adopted ? sets.slice(0, -1) : sets;
  if (newest !== undefined) set.speak(); // first: some operations are told twice, none is missed
  for (const one of older) removeLinks(native, one.folder);
  undo.move();
  return { id: shared.id, adopted, set, older, lock, folder, mechanism: 'lsm' };
}

/** Our programs beside those of the set before, under its tables; silent as long as those speak. */
function follow(
  native: Addon,
  objectFile: string,
  own: string,
  before: PinnedSet | undefined,
  shared: ReturnType<typeof sharedFolder>,
): ProgramSet {
  using reused = new DisposableStack();
  const isShared = (name: string): boolean => !shared.isNew && existsSync(join(shared.folder, name));
  const maps = new Map(sharedMaps.filter(isShared).map((name): [string, MapHandle] => {
    return [name, reused.adopt(native.openMap(join(shared.folder, name)), (map) => native.close(map))];
  }));
  return loadSet(native, {
    objectFile,
    shared: maps,
    generation: (before?.number ?? 0) + 1,
    silent: before !== undefined,
    folders: { own, shared: shared.folder },
    share(made) {
      if (before !== undefined) inherit(native, before, made);
      const pin = (folder: string) => (name: string): void => native.pinMap(made.get(name)!, join(folder, name));
      if (shared.isNew) makeFolder(native, shared.folder, (unfinished) => sharedMaps.forEach(pin(unfinished)));
      else sharedMaps.filter((name) => !isShared(name)).forEach(pin(shared.folder)); // new in this version
    },
  });
}

/** Tables and slots of the set before, as they are: the new programs enforce from their first moment on. */
function inherit(native: Addon, from: PinnedSet, to: ReadonlyMap<string, MapHandle>): void {
  const [cellsPin, slotsPin] = ['d4c_cells', 'd4c_slots'].map((name) => join(from.folder, name)) as [string, string];
  if (!existsSync(cellsPin) || !existsSync(slotsPin)) return;
  using cleanup = new DisposableStack();
  const open = (pin: string): MapHandle => cleanup.adopt(native.openMap(pin), (map) => native.close(map));
  const [cells, slots] = [open(cellsPin), open(slotsPin)];
  const inForce = native.mapKeys(slots).flatMap((key) => native.mapGet(slots, key) ?? []);
  requireReadable(native, cells, inForce.map(slotOf));
  native.mapWrite(to.get('d4c_cells')!, 0, native.mapRead(cells, 0, native.mapFacts(cells).maxEntries));
  for (const key of native.mapKeys(slots)) {
    const slot = native.mapGet(slots, key);
    if (slot !== undefined) native.mapSet(to.get('d4c_slots')!, key, slot);
  }
}
