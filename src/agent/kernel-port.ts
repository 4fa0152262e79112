/** A table in the kernel. */
export interface TableHandle {
  readonly cells: number;
}

export interface SlotOptions {
  /** Recorded and alerted, never denied. */
  readonly neverBlocked: boolean;
  /** Its pid namespace is shared: whatever is executed there first begins it. */
  readonly sharedPids: boolean;
}

export interface RecordBatch {
  readonly records: readonly Uint8Array[];
  /** The records are safe: their room in the ring is free again. Batches of a ring are acked in turn. */
  ack(): void;
}

export type RingName = 'alerts' | 'telemetry';

export interface KernelCounters {
  readonly judged: bigint;
  readonly recorded: bigint;
  readonly denied: bigint;
  readonly retracted: bigint;
  readonly tampered: bigint;
  readonly lost: Readonly<Record<string, bigint>>;
}

export interface KernelMemory {
  /** What the kernel holds for the maps. */
  readonly mapBytes: number;
  /** Of the tables in force, of tables that were let go and whose room is not wanted yet, and all. */
  readonly cells: { readonly used: number; readonly waiting: number; readonly total: number };
}

/** What the agent asks of the kernel layer: a fake stands in for it in tests. */
export interface KernelPort extends AsyncDisposable {
  /** Made at random with the maps: sequences are unique beneath it. */
  readonly id: string;
  readonly mechanism: 'lsm' | 'fentry' | 'none';
  readonly hooks: readonly string[];
  install(table: Uint8Array): Promise<TableHandle>;
  release(handle: TableHandle): Promise<void>;
  assign(cgroupId: bigint, handle: TableHandle, options: SlotOptions): void;
  forget(cgroupId: bigint): void;
  /** Cgroup ids that have a slot: those of an agent before this one too. */
  assigned(): readonly bigint[];
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
  memory(): KernelMemory;
  /** CLOCK_BOOTTIME and CLOCK_REALTIME, read together. */
  clock(): { readonly bootNs: bigint; readonly realNs: bigint };
}
