import { setTimeout as sleep } from 'node:timers/promises';
import { createHold, createLossTracker, decodeEvent } from '#events';
import type { OutgoingDocument } from '#outputs';
import { createDesk } from './desk.ts';
import type { Counts, DeskOptions } from './desk.ts';
import type { KernelPort, RingName } from './kernel-port.ts';
import { startReader } from './reader.ts';
import { createSender } from './sender.ts';
import type { Ticket } from './ticket.ts';

export interface PipelineOptions extends DeskOptions {
  readonly kernel: KernelPort;
  /** Resolves when the batch can't be lost any more. */
  deliver(batch: readonly OutgoingDocument[]): Promise<void>;
  /** How long an event waits for its container while it keeps its place in the ring. */
  readonly patienceMs?: number;
}

export interface Pipeline extends AsyncDisposable {
  /** A container is known now: what waited for it is judged. */
  named(cgroupId: bigint): void;
  /** A container is gone without ever having been named. */
  ended(cgroupId: bigint): void;
  /** Resolves when all records that were in the rings have been delivered, those held back too. */
  settle(): Promise<void>;
  lost(): Readonly<Record<string, number>>;
  counts(): Counts;
}

/** A container is named within milliseconds; a source that starts lists those there are within seconds. */
const defaultPatienceMs = 2_000;
const sweepMs = 250;
/** A stop waits so long for what is under way; what is not safe then, the next agent reads again. */
const stopMs = 3_000;
/** Looks at the rings while somebody waits for them to be empty. */
const settleMs = 5;

/** Records → documents → outputs → the ring is told. No record is acked before its documents are safe. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const stop = new AbortController();
  const hold = createHold();
  const losses = createLossTracker();
  const desk = createDesk(options, createSender({ deliver: (batch) => options.deliver(batch), failed: (error) => options.failed(error), signal: stop.signal }));

  function take(bytes: Uint8Array, ticket: Ticket, ring: RingName): void {
    if (ring === 'alerts') desk.reached(bytes.length);
    try {
      const event = decodeEvent(bytes, options.kernel.id);
      losses.seen(event.cpu, event.sequence);
      if (event.kind === 'retraction') hold.retract(event.key);
      if (event.kind !== 'operation') return ticket.done();
      if (!event.provisional) return desk.judge(event, ticket);
      hold.add({ event, settle: (stands) => (stands === undefined ? ticket.done() : desk.judge(stands, ticket)) });
    } catch (error) {
      desk.count('not_decoded');
      options.failed(error as Error);
      ticket.done();
    }
  }

  const sweeper = setInterval(() => desk.sweep(options.patienceMs ?? defaultPatienceMs), sweepMs).unref();
  const reader = startReader(options.kernel, stop.signal, take, (error) => options.failed(error));
  return {
    named: (cgroupId) => desk.named(cgroupId),
    ended: (cgroupId) => desk.ended(cgroupId),
    async settle() {
      // At least one turn: a batch may have been handed out and not been taken yet.
      do await sleep(settleMs);
      while (options.kernel.unread() > 0);
      const closed = Promise.all(reader.open().map((ticket) => ticket.closed)).then(() => true);
      // What is held back or waits may come to be a repeat meanwhile.
      do desk.tellRepeats();
      while (!(await Promise.race([closed, sleep(settleMs, false)])));
    },
    lost: () => ({ ...desk.lost, sequence_gap: Number(losses.missing()) }),
    counts: () => desk.counts(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearInterval(sweeper);
      hold[Symbol.dispose]();
      await reader.ended;
      desk.tellRepeats();
      await Promise.race([desk.idle(), sleep(stopMs, undefined, { ref: false })]);
    },
  };
}
