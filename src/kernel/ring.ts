/** Records of a ring, in batches, read ahead of what is acknowledged. */
import type { Addon, RingHandle } from './addon.ts';

export interface RecordBatch {
  readonly records: readonly Uint8Array[];
  /** The records are safe: their room in the ring is free again. Batches of a ring are acked in turn. */
  ack(): void;
}

/** Bytes of the ring that one batch covers, about: enough for a commit to be worth it, little enough for memory. */
const batchBytes = 256 * 1024;

/** A wake-up that got lost would leave alerts unread until the next one: a look so often bounds that, and says so. */
const lookMs = 1_000;

export interface RingReader extends Disposable {
  batches(signal: AbortSignal): AsyncIterable<RecordBatch>;
  unread(): number;
}

/** `older`: rings that older programs wrote to, read to their end first; `drained` is told which one is. */
export function openRingReader(native: Addon, ring: RingHandle, older: readonly RingHandle[], drained: (index: number) => void): RingReader {
  let wake: (() => void) | undefined;
  native.watchRing(ring, () => wake?.());
  /** Where each older ring was read up to. */
  const handedOut = new Map<RingHandle, bigint>();
  const read = (from: RingHandle): RecordBatch | undefined => {
    const got = native.readRing(from, batchBytes);
    if (got === undefined) return undefined;
    if (from !== ring) handedOut.set(from, got.position);
    return {
      records: got.records,
      ack() {
        native.ackRing(from, got.position);
        if (from === ring) wake?.();
        else if (got.position === handedOut.get(from) && native.unreadRing(from) === 0) drained(older.indexOf(from));
      },
    };
  };
  async function* batches(signal: AbortSignal): AsyncIterable<RecordBatch> {
    for (const before of older) {
      for (let batch = read(before); batch !== undefined; batch = read(before)) yield batch;
    }
    while (!signal.aborted) {
      const batch = read(ring);
      if (batch !== undefined) {
        yield batch;
        continue;
      }
      await nextWake(signal);
    }
  }
  const nextWake = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(look);
        signal.removeEventListener('abort', done);
        // One that was called for twice comes a second time when somebody waits anew.
        if (wake === done) wake = undefined;
        resolve();
      };
      const check = (): void => {
        if (wake !== done) return;
        if (native.unreadRing(ring) > 0) process.emitWarning('nobody was woken for records in a ring');
        done();
      };
      // An event loop that stood still has timers due before it hears of a wake-up that did come.
      const look = setTimeout(() => setImmediate(check), lookMs).unref();
      wake = done;
      signal.addEventListener('abort', done, { once: true });
      // What came between the last look and now has not woken anybody.
      if (signal.aborted || native.unreadRing(ring) > 0) setImmediate(done);
    });
  return {
    batches,
    unread: () => [ring, ...older].reduce((sum, one) => sum + native.unreadRing(one), 0),
    [Symbol.dispose]() {
      native.unwatchRing(ring);
      for (const one of [ring, ...older]) native.close(one);
    },
  };
}
