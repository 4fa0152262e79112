import type { RecordBatch } from './ring.ts';
import type { TableHandle } from './tables.ts';

export type RingName = 'alerts' | 'telemetry';

export interface KernelCounters {
  readonly judged: bigint;
  readonly recorded: bigint;
  readonly denied: bigint;
  readonly retracted: bigint;
  readonly pathUnknown: bigint;
  /** Attempts of containers on the programs, their maps and pins, and the agent: refused. */
  readonly tampered: bigint;
  readonly unmarked: bigint;
  readonly lost: Readonly<Record<string, bigint>>;
}

export interface KernelMemory {
  /** What the kernel holds for the maps. */
  readonly mapBytes: number;
  /** Of the tables in force, of tables that were let go and whose room is not wanted yet, and all. */
  readonly cells: { readonly used: number; readonly waiting: number; readonly total: number };
}

export interface AssignOptions {
  /** Recorded and alerted, never denied. */
  readonly neverBlocked: boolean;
  /** Its pid namespace is shared: any execution with a root of its own begins it. */
  readonly sharedPids?: boolean;
}

/** What the kernel saw of a container. */
export interface RunningContainer {
  readonly cgroupId: bigint;
  readonly beganNs: bigint;
  readonly tasks: bigint;
  readonly pid: number;
}

/** The programs in the kernel. Disposed, they go on if they are pinned. */
export interface Kernel extends AsyncDisposable {
  /** Made at random with the maps: sequences are unique beneath it. */
  readonly id: string;
  /** `fentry`: it observes, and can deny nothing. */
  readonly mechanism: 'lsm' | 'fentry';
  readonly hooks: readonly string[];
  /** Found pinned and enforcing; false: loaded now. */
  readonly adopted: boolean;
  install(table: Uint8Array): Promise<TableHandle>;
  release(handle: TableHandle): Promise<void>;
  /** Puts a container under a table, or under another one; its running tasks are marked. */
  assign(cgroupId: bigint, handle: TableHandle, options: AssignOptions): void;
  /** It has no rules any more, as soon as none of its tasks lives. */
  forget(cgroupId: bigint): void;
  /** Cgroup ids that have a slot: those of an agent before this one too. */
  assigned(): readonly bigint[];
  containers(): readonly RunningContainer[];
  /** Reads ahead of what is acked; begins at what the agent before did not ack. */
  records(ring: RingName, signal: AbortSignal): AsyncIterable<RecordBatch>;
  /** Bytes in the rings that were not handed out yet. */
  unread(): number;
  /** Programs that are not spoken to for so long judge nothing any more, until they are; 0: they go on for ever. */
  heartbeat(orphanAfterNs: bigint): void;
  /** Puts pins back that somebody has taken out, and tells which: without them, enforcement ends with this process. */
  repin(): readonly string[];
  counters(): KernelCounters;
  /** Lost records by cgroup id and reason. */
  lost(): ReadonlyMap<bigint, Readonly<Record<string, bigint>>>;
  /** CLOCK_BOOTTIME and CLOCK_REALTIME, read together. */
  clock(): { readonly bootNs: bigint; readonly realNs: bigint };
  memory(): KernelMemory;
}
