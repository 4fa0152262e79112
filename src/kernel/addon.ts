/** The native addon, and its functions as TypeScript sees them. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Failure } from '#base';

declare const kind: unique symbol;
/** Something of the kernel's that the addon owns until it is closed or collected. */
export interface Handle<K extends string> {
  readonly [kind]: K;
}
export type ObjectHandle = Handle<'object'>;
export type MapHandle = Handle<'map'>;
export type LinkHandle = Handle<'link'>;
export type RingHandle = Handle<'ring'>;
export type LockHandle = Handle<'lock'>;

export interface Addon {
  close(handle: Handle<string>): void;
  openObject(path: string): ObjectHandle;
  setMaxEntries(object: ObjectHandle, map: string, entries: number): void;
  reuseMap(object: ObjectHandle, map: string, existing: MapHandle): void;
  setConstant(object: ObjectHandle, name: string, value: number): void;
  setAutoload(object: ObjectHandle, program: string, load: boolean): void;
  /** In a thread; until `loadObject` nothing else may be asked of the object. */
  startLoad(object: ObjectHandle): void;
  /** Waits until it is loaded. */
  loadObject(object: ObjectHandle): void;
  programs(object: ObjectHandle): readonly ProgramFacts[];
  maps(object: ObjectHandle): readonly string[];
  mapOf(object: ObjectHandle, name: string): MapHandle;
  runProgram(object: ObjectHandle, name: string): number;
  attach(object: ObjectHandle, program: string): LinkHandle;
  /** Gives a program what it decides by: before it is attached. The link must be closed after that one. */
  attachCore(object: ObjectHandle, program: string): LinkHandle;
  pinLink(link: LinkHandle, path: string): void;
  openLink(path: string): LinkHandle;
  iterate(link: LinkHandle): number;
  openMap(path: string): MapHandle;
  pinMap(map: MapHandle, path: string): void;
  mapFacts(map: MapHandle): { readonly keySize: number; readonly valueSize: number; readonly maxEntries: number };
  mapGet(map: MapHandle, key: Uint8Array): Uint8Array | undefined;
  mapSet(map: MapHandle, key: Uint8Array, value: Uint8Array): void;
  mapDelete(map: MapHandle, key: Uint8Array): boolean;
  mapKeys(map: MapHandle): readonly Uint8Array[];
  mapWrite(map: MapHandle, index: number, values: Uint8Array): void;
  mapRead(map: MapHandle, index: number, count: number): Uint8Array;
  openRing(map: MapHandle): RingHandle;
  readRing(ring: RingHandle, bytesMax: number): RingRead | undefined;
  ackRing(ring: RingHandle, position: bigint): void;
  unreadRing(ring: RingHandle): number;
  watchRing(ring: RingHandle, ready: () => void): void;
  unwatchRing(ring: RingHandle): void;
  /** Reads the kernel's types, which takes tens of megabytes until an object is loaded or they are forgotten. */
  kernelHas(functions: readonly string[]): readonly boolean[];
  forgetTypes(): void;
  possibleCpus(): number;
  clock(): { readonly bootNs: bigint; readonly realNs: bigint };
  lock(path: string): LockHandle | undefined;
  /** Comes back when every program that ran at the call has ended. */
  awaitPrograms(): void;
}

export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
  /** Instructions that the verifier went through; 0: not loaded. */
  readonly verified: number;
}

export interface RingRead {
  readonly records: readonly Uint8Array[];
  /** What to acknowledge them by. */
  readonly position: bigint;
}

/** What the addon throws. */
export interface AddonError extends Error {
  readonly code: string;
  readonly errno?: number;
  /** Last lines of what libbpf and the verifier said. */
  readonly log?: string;
}

export const buildFolder = join(import.meta.dirname, '../../build');

let loaded: Addon | undefined;

export function addon(folder: string = buildFolder): Addon {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)(join(folder, 'd4c.node')) as Addon;
    return loaded;
  } catch (cause) {
    throw new Failure('internal', `the native addon at ${folder} can't be loaded`, {
      help: 'run `bin/setup build`',
      cause,
    });
  }
}
