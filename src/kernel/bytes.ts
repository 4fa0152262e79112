/** Keys and values of maps as bytes, little endian. */
import { constants, layouts } from '#abi';

export function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export function u64Of(bytes: Uint8Array, offset = 0): bigint {
  return viewOf(bytes).getBigUint64(offset, true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export interface Slot {
  readonly table: number;
  readonly flags: number;
}

export function slotBytes(slot: Slot): Uint8Array {
  const bytes = new Uint8Array(layouts.slot.bytes);
  viewOf(bytes).setUint32(layouts.slot.table, slot.table, true);
  viewOf(bytes).setUint32(layouts.slot.flags, slot.flags, true);
  return bytes;
}

export function slotOf(bytes: Uint8Array): Slot {
  const view = viewOf(bytes);
  return { table: view.getUint32(layouts.slot.table, true), flags: view.getUint32(layouts.slot.flags, true) };
}

export const lostReasons: readonly string[] = Object.freeze(['ringFull', 'noScratch', 'record']);

/** Counts of lost records by reason; those that are zero are left out. */
export function lostOf(bytes: Uint8Array, offset: number): Record<string, bigint> {
  const lost: Record<string, bigint> = {};
  for (let reason = 0; reason < constants.lostReasons; reason++) {
    const count = u64Of(bytes, offset + reason * 8);
    if (count > 0n) lost[lostReasons[reason] ?? `reason${reason}`] = count;
  }
  return lost;
}

/** A device number as the kernel has it, from the one that `stat` tells. */
export function kernelDevice(device: bigint): number {
  const major = (device >> 8n) & 0xfffn;
  const minor = (device & 0xffn) | ((device >> 12n) & 0xfff00n);
  return Number((major << 20n) | minor);
}
