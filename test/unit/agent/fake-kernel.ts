import type { KernelPort, RecordBatch, RingName, TableHandle } from '#agent';

/** A kernel that records what it is told, and whose rings the test fills. */
export interface FakeKernel extends KernelPort {
  readonly slots: Map<bigint, { readonly handle: TableHandle; readonly neverBlocked: boolean }>;
  readonly installed: Set<TableHandle>;
  readonly acked: number[];
  /** A batch into a ring; its number appears in `acked` when it is acked. */
  fill(records: readonly Uint8Array[], ring?: RingName): number;
  /** The next tables are refused. */
  refuse: boolean;
  /** Of its clock, since boot. */
  nowNs: bigint;
  /** Pins that somebody has taken out. */
  readonly taken: string[];
  /** The periods that heartbeats told of. */
  readonly heartbeats: bigint[];
}

export function fakeKernel(before: readonly bigint[] = []): FakeKernel {
  const queues: Record<RingName, RecordBatch[]> = { alerts: [], telemetry: [] };
  const wakes: Partial<Record<RingName, () => void>> = {};
  const slots: FakeKernel['slots'] = new Map();
  for (const cgroupId of before) slots.set(cgroupId, { handle: { cells: 0 }, neverBlocked: false });
  let batches = 0;
  return {
    id: 'fake',
    mechanism: 'lsm',
    hooks: ['path_mknod'],
    slots,
    installed: new Set(),
    acked: [],
    refuse: false,
    nowNs: 10_000_000_000n,
    heartbeats: [],
    taken: [],
    repin() {
      return this.taken.splice(0);
    },
    heartbeat(orphanAfterNs) {
      this.heartbeats.push(orphanAfterNs);
    },
    fill(records, ring = 'alerts') {
      const number = ++batches;
      queues[ring].push({ records, ack: () => void this.acked.push(number) });
      wakes[ring]?.();
      return number;
    },
    async install(table) {
      if (this.refuse) throw new Error('no room for tables');
      const handle = { cells: table.length / 8 };
      this.installed.add(handle);
      return handle;
    },
    async release(handle) {
      this.installed.delete(handle);
    },
    assign(cgroupId, handle, { neverBlocked }) {
      slots.set(cgroupId, { handle, neverBlocked });
    },
    forget: (cgroupId) => void slots.delete(cgroupId),
    assigned: () => [...slots.keys()],
    async *records(ring, signal) {
      while (!signal.aborted) {
        const batch = queues[ring].shift();
        if (batch !== undefined) {
          yield batch;
          continue;
        }
        await new Promise<void>((resolve) => {
          wakes[ring] = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    unread: () => queues.alerts.length + queues.telemetry.length,
    counters: () => ({ judged: 9n, recorded: 5n, denied: 4n, retracted: 1n, tampered: 0n, lost: { ring_full: 2n } }),
    memory: () => ({ mapBytes: 1, cells: { used: 0, waiting: 0, total: 1 } }),
    lost: () => new Map([[7n, { ring_full: 2n }]]),
    clock() {
      return { bootNs: this.nowNs, realNs: 1_763_900_000_000_000_000n + this.nowNs };
    },
    async [Symbol.asyncDispose]() {},
  };
}
