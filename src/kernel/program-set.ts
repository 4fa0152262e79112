/** One set of programs with its maps and links: loaded now, or found pinned. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { constants, layouts } from '#abi';
import { Failure } from '#base';
import type { Addon, LinkHandle, MapHandle, ProgramFacts } from './addon.ts';
import { kernelDevice, u32Bytes, viewOf } from './bytes.ts';
import { judgingHooks } from './host.ts';
import { corePin, linkPin, makeFolder, makeFolders, pinnedLinks, pinNames } from './pins.ts';
import { adoptTasks, asksCore, findHost, hookOf, isAttached, loadObject } from './programs.ts';

/** Maps that outlive a set: their layouts never change within a major version. */
export const sharedMaps = ['d4c_marks', 'd4c_containers', 'd4c_mounts', 'd4c_sequence'] as const;
const ownMaps = [
  'd4c_settings', 'd4c_cells', 'd4c_slots', 'd4c_counters', 'd4c_container_lost', 'd4c_alerts', 'd4c_telemetry',
  'd4c_scratch', 'd4c_task_states', // used by the programs alone: held to know what they take
] as const;
/** A task that forks faster than it can be found is a container's that goes on marking itself when it executes. */
const adoptPassesMax = 16;
/** Two readings of the clocks differ by less where nobody has set one; the time of a file is a tick's, of some ms. */
const clockSetNsMin = 1_000_000n;
export type SetMap = (typeof ownMaps)[number] | (typeof sharedMaps)[number];

export interface ProgramSet extends Disposable {
  readonly hooks: readonly string[];
  map(name: SetMap): MapHandle;
  /** Marks the tasks of containers that run already. */
  adoptRunning(): void;
  /** Reports from now on. */
  speak(): void;
  /** Lets no container touch this process, nor the folder of the pins. */
  guard(folder: string | null): void;
  /** Judges on for so long without another one; 0: for ever. Follows the clock, too. */
  heartbeat(orphanAfterNs: bigint): void;
  /** Tells the programs of a clock that was set. */
  followClock(): void;
  /** Pins what is pinned no more; tells which. What this process alone holds ends with it. */
  repin(): readonly string[];
}

interface Parts {
  readonly maps: ReadonlyMap<string, MapHandle>;
  /** Where maps and links are pinned, and the maps that sets share; `null`: nowhere. */
  readonly folders: { readonly own: string; readonly shared: string } | null;
  /** By the names of their pins; what a program decides by comes before it. */
  readonly links: ReadonlyMap<string, LinkHandle>;
  readonly hooks: readonly string[];
}

export interface LoadSetOptions {
  readonly objectFile: string;
  readonly shared: ReadonlyMap<string, MapHandle>;
  readonly generation: number;
  /** An older set reports meanwhile. */
  readonly silent: boolean;
  /** Where to pin it, and where what it shares is pinned; `null`: it ends with this process. */
  readonly folders: Parts['folders'];
  /** Called with the maps before anything is attached: to share them, to fill them. */
  readonly share?: (maps: ReadonlyMap<string, MapHandle>) => void;
}

export function loadSet(native: Addon, options: LoadSetOptions): ProgramSet {
  const object = loadObject(native, { file: options.objectFile, shared: options.shared });
  const maps = new Map<string, MapHandle>();
  const links = new Map<string, LinkHandle>();
  const hooks: string[] = [];
  try {
    for (const name of [...ownMaps, ...sharedMaps]) maps.set(name, native.mapOf(object, name));
    const found = native.runProgram(object, findHost);
    if ((found & 1) === 0) {
      throw new Failure('host', "the host's root directory can't be found", { help: 'start the agent in no pid namespace of its own' });
    }
    changeSettings(native, maps.get('d4c_settings')!, (settings) => {
      settings.setUint32(layouts.settings.generation, options.generation, true);
      settings.setUint32(layouts.settings.flags, options.silent ? constants.settingSilent : 0, true);
      settings.setBigUint64(layouts.settings.realOffsetNs, realOffsetNs(native), true);
    });
    options.share?.(maps);
    const attachAll = (folder: string | null): void => {
      for (const { name, section, verified } of native.programs(object)) {
        if (!isAttached(name) || verified === 0) continue;
        const keep = (pin: string, link: LinkHandle): void => {
          links.set(pin, link);
          if (folder !== null) native.pinLink(link, join(folder, pin));
        };
        if (asksCore(section)) keep(corePin(name), native.attachCore(object, name));
        keep(linkPin(name), native.attach(object, name));
        const hook = hookOf(section);
        if (hook !== undefined) hooks.push(hook);
      }
    };
    if (options.folders === null) attachAll(null);
    else {
      makeFolder(native, options.folders.own, (unfinished) => {
        for (const name of ownMaps) native.pinMap(maps.get(name)!, join(unfinished, name));
        attachAll(unfinished);
      });
    }
    return setOf(native, { maps, links, hooks, folders: options.folders });
  } catch (error) {
    closeAll(native, links, maps);
    throw error;
  } finally {
    native.close(object);
  }
}

/** Whether all of a set is pinned still: one that somebody has taken a pin out of enforces less than it should. */
export function isWhole(folder: string, programs: readonly Pick<ProgramFacts, 'name' | 'section'>[]): boolean {
  const pins = programs.flatMap(({ name, section }) => [linkPin(name), ...(asksCore(section) ? [corePin(name)] : [])]);
  return [...ownMaps, ...pins].every((name) => existsSync(join(folder, name)));
}

/** A set that is pinned and enforces. */
export function openSet(native: Addon, folders: NonNullable<Parts['folders']>): ProgramSet {
  const maps = new Map<string, MapHandle>();
  const links = new Map<string, LinkHandle>();
  const pins = pinnedLinks(folders.own);
  try {
    for (const name of ownMaps) maps.set(name, native.openMap(join(folders.own, name)));
    for (const name of sharedMaps) maps.set(name, native.openMap(join(folders.shared, name)));
    for (const pin of pins.toReversed()) links.set(pin, native.openLink(join(folders.own, pin)));
  } catch (error) {
    closeAll(native, links, maps);
    throw error;
  }
  const hooks = pins.flatMap((pin) => hookNames.get(pin) ?? []);
  return setOf(native, { maps, links, hooks, folders });
}

/** What is missing of the pins, put back. A link's goes where all of its set is: cores first, as at the start. */
function repin(native: Addon, { maps, links, folders }: Parts): string[] {
  if (folders === null) return [];
  const missing = (folder: string, names: readonly string[]): string[] => {
    const there = new Set(pinNames(folder));
    return names.filter((name) => !there.has(name));
  };
  const shared = missing(folders.shared, sharedMaps);
  const own = missing(folders.own, ownMaps);
  const ownLinks = missing(folders.own, [...links.keys()]);
  if (shared.length > 0) makeFolders(folders.shared);
  if (own.length + ownLinks.length > 0) makeFolders(folders.own);
  for (const name of shared) native.pinMap(maps.get(name)!, join(folders.shared, name));
  for (const name of own) native.pinMap(maps.get(name)!, join(folders.own, name));
  for (const name of ownLinks) native.pinLink(links.get(name)!, join(folders.own, name));
  return [...shared, ...own, ...ownLinks];
}

/** Names of pins to hooks. */
const hookNames: ReadonlyMap<string, string> = new Map(
  judgingHooks
    .map((hook): [string, string] => [linkPin(`d4c_${hook}`), hook])
    .concat([[linkPin('d4c_bprm_check'), 'bprm_check_security']]),
);

/** What the programs go by, as it is in the kernel but for the change. */
function changeSettings(native: Addon, map: MapHandle, change: (settings: DataView) => void): void {
  const value = native.mapGet(map, u32Bytes(0))!;
  change(viewOf(value));
  native.mapSet(map, u32Bytes(0), value);
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

function realOffsetNs(native: Addon): bigint {
  const { bootNs, realNs } = native.clock();
  return realNs - bootNs;
}

function setOf(native: Addon, parts: Parts): ProgramSet {
  const { maps, links, hooks } = parts;
  const at = layouts.settings;
  let toldOffsetNs: bigint | undefined;
  const change = (what: (settings: DataView) => void): void => changeSettings(native, maps.get('d4c_settings')!, what);
  return {
    hooks: Object.freeze(hooks),
    map: (name) => maps.get(name)!,
    adoptRunning() {
      const link = links.get(linkPin(adoptTasks));
      // Each pass tells how many tasks it has marked.
      for (let passes = 0; link !== undefined && passes < adoptPassesMax && native.iterate(link) > 0; passes++);
    },
    speak() {
      change((to) => to.setUint32(at.flags, 0, true));
    },
    guard(folder) {
      const { ino, dev } = folder === null ? { ino: 0n, dev: 0n } : statSync(folder, { bigint: true });
      change((to) => {
        to.setBigUint64(at.pinInode, ino, true);
        to.setUint32(at.pinDevice, kernelDevice(dev), true);
      });
      this.adoptRunning(); // it notes who runs it
    },
    heartbeat(orphanAfterNs) {
      // The time first: a period beside an old one would let go at once.
      change((to) => to.setBigUint64(at.heartbeatNs, process.hrtime.bigint(), true));
      change((to) => to.setBigUint64(at.orphanAfterNs, orphanAfterNs, true));
      this.followClock();
    },
    followClock() {
      const now = realOffsetNs(native);
      if (toldOffsetNs !== undefined && abs(now - toldOffsetNs) < clockSetNsMin) return;
      change((to) => to.setBigUint64(at.realOffsetNs, now, true));
      toldOffsetNs = now;
    },
    repin: () => repin(native, parts),
    [Symbol.dispose]: () => closeAll(native, links, maps),
  };
}

/** The last link first: what a program decides by must outlive its attachment. */
function closeAll(native: Addon, links: ReadonlyMap<string, LinkHandle>, maps: ReadonlyMap<string, MapHandle>): void {
  for (const handle of [...[...links.values()].toReversed(), ...maps.values()]) native.close(handle);
}
