import { actionBits } from '#abi';
import type { Verdict, VerdictAction } from '#compiler';
import { type KnownPaths, type MountKind, type OperationName, operationNames, type PolicyEvent } from '#policy';

/**
 * What test/native/decide.c reads and writes: 32-bit words, little endian, and bytes with their length before
 * them. A block is a table and events under it; blocks follow each other up to the end.
 */
export function encodeEvents(table: Uint8Array, events: readonly PolicyEvent[]): Uint8Array {
  const parts: Uint8Array[] = [];
  putBytes(parts, table);
  putWords(parts, events.length);
  for (const event of events) putEvent(parts, event);
  return join(parts);
}

export function encodeEvent(table: Uint8Array, event: PolicyEvent): Uint8Array {
  return encodeEvents(table, [event]);
}

const actions: readonly VerdictAction[] = ['log', 'alert', 'block', 'wouldBlock'];

/** Two words for each event: what is certain, what is possible. */
export function readVerdicts(bytes: Uint8Array): readonly Verdict[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, i) => {
    const certain = view.getUint32(i * 8, true);
    const possible = view.getUint32(i * 8 + 4, true);
    return verdictOf(certain, possible);
  });
}

export function verdictOf(certain: number, possible: number): Verdict {
  return { actions: actions.filter((name) => (certain & actionBits[name]) !== 0), decided: (possible & ~certain) === 0 };
}

/** Kinds of mount, by their numbers. */
export const mounts: readonly MountKind[] = ['image', 'volume', 'file'];
const unknownPath = 0xffffffff;

function putEvent(parts: Uint8Array[], event: PolicyEvent): void {
  const { executable, userId, interactive, sessionLeader } = event.process;
  putWords(parts, event.kind === 'pairs' ? 0 : 1, userId, interactive ? 1 : 0);
  putBytes(parts, sessionLeader);
  putPaths(parts, executable);
  if (event.kind === 'directory') {
    putWords(parts, mounts.indexOf(event.mount));
    putPaths(parts, event.from);
    putPaths(parts, event.to);
    return;
  }
  putWords(parts, event.pairs.length);
  for (const { operations, paths, mount } of event.pairs) {
    putWords(parts, operationBits(operations), mounts.indexOf(mount));
    putPaths(parts, paths);
  }
}

export function operationBits(operations: readonly OperationName[]): number {
  return operations.reduce((set, name) => set | (1 << operationNames.indexOf(name)), 0);
}

function putPaths(parts: Uint8Array[], known: KnownPaths): void {
  if (known.kind === 'none') return putWords(parts, 0);
  if (known.kind === 'unknown' || known.paths.length === 0) return putWords(parts, unknownPath);
  putWords(parts, known.paths.length);
  for (const path of known.paths) putBytes(parts, path);
}

function putWords(parts: Uint8Array[], ...words: readonly number[]): void {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, true));
  parts.push(bytes);
}

function putBytes(parts: Uint8Array[], bytes: Uint8Array): void {
  putWords(parts, bytes.length);
  parts.push(bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
