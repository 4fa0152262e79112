import { decodeRecord } from '#abi';
import { toEvent } from './from-record.ts';
import type { KernelEvent } from './model.ts';

/** The bytes of one record as an event. */
export function decodeEvent(bytes: Uint8Array, kernelId: string): KernelEvent {
  return toEvent(decodeRecord(bytes), kernelId);
}
