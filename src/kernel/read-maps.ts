/** Maps that the programs write, as numbers. */
import { constants, layouts } from '#abi';
import type { Addon, MapHandle } from './addon.ts';
import { lostOf, u32Bytes, u64Of, viewOf } from './bytes.ts';
import type { KernelCounters, RunningContainer } from './model.ts';

/** Sums over the CPUs. */
export function readCounters(native: Addon, map: MapHandle): KernelCounters {
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
    tampered: sum(at.tampered),
    unmarked: sum(at.unmarked),
    lost: lostOf(summed, 0),
  };
}

export function readLost(native: Addon, map: MapHandle): ReadonlyMap<bigint, Readonly<Record<string, bigint>>> {
  const lost = new Map<bigint, Readonly<Record<string, bigint>>>();
  for (const key of native.mapKeys(map)) {
    const value = native.mapGet(map, key);
    if (value !== undefined) lost.set(u64Of(key), lostOf(value, 0));
  }
  return lost;
}

export function readContainers(native: Addon, map: MapHandle): RunningContainer[] {
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

/** What the kernel remembers of a container's mounts: a chain that begins at mount 0. */
export function forgetMounts(native: Addon, map: MapHandle, cgroupId: bigint): void {
  const at = layouts.mountKey;
  const key = new Uint8Array(at.bytes);
  viewOf(key).setBigUint64(at.container, cgroupId, true);
  for (;;) {
    const value = native.mapGet(map, key);
    if (value === undefined) return;
    native.mapDelete(map, key);
    viewOf(key).setBigUint64(at.mount, u64Of(value, layouts.mount.next), true);
  }
}
