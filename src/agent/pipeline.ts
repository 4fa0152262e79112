import { setTimeout as sleep } from 'node:timers/promises';
import { isKnown } from '#containers';
import type { Container } from '#containers';
import { createHold, createLossTracker, createWaiting, decodeEvent } from '#events';
import type { OperationEvent } from '#events';
import type { OutgoingDocument } from '#outputs';
import type { KernelPort } from './kernel-port.ts';
import { startReader } from './reader.ts';
import { createSender } from './sender.ts';
import type { Ticket } from './ticket.ts';

export interface PipelineOptions {
  readonly kernel: KernelPort;
  /** What is known of a cgroup, by all that was told up to now. */
  container(cgroupId: bigint): Container | undefined;
  /** The documents of an event; none for a stream in `done`. */
  documents(event: OperationEvent, container: Container | undefined, done: ReadonlySet<string>): readonly OutgoingDocument[];
  /** Resolves when the batch can't be lost any more. */
  deliver(batch: readonly OutgoingDocument[]): Promise<void>;
  failed(error: Error): void;
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
  counts(): { readonly documents: number; readonly alerts: number; readonly waiting: number };
}

/** A container is named within milliseconds; a source that starts lists those there are within seconds. */
const defaultPatienceMs = 2_000;
const sweepMs = 250;
/** What nobody knows the container of for so long is dropped, counted. */
const namelessMs = 600_000;
/** A stop waits so long for what is under way; what is not safe then, the next agent reads again. */
const stopMs = 3_000;
/** Looks at the rings while somebody waits for them to be empty. */
const settleMs = 5;

interface Entry {
  readonly event: OperationEvent;
  readonly ticket: Ticket | undefined;
  readonly since: number;
  /** Streams that have its document already. */
  readonly done: ReadonlySet<string>;
}

/** Records → documents → outputs → the ring is told. No record is acked before its documents are safe. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const stop = new AbortController();
  const hold = createHold();
  const losses = createLossTracker();
  const desk = createDesk(options, createSender({ deliver: (batch) => options.deliver(batch), failed: (error) => options.failed(error), signal: stop.signal }));

  function take(bytes: Uint8Array, ticket: Ticket): void {
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
      await Promise.all(reader.open().map((ticket) => ticket.closed));
    },
    lost: () => ({ ...desk.lost, sequence_gap: Number(losses.missing()) }),
    counts: () => desk.counts(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearInterval(sweeper);
      hold[Symbol.dispose]();
      await reader.ended;
      await Promise.race([desk.idle(), sleep(stopMs, undefined, { ref: false })]);
    },
  };
}

interface Desk {
  judge(event: OperationEvent, ticket: Ticket): void;
  named(cgroupId: bigint): void;
  ended(cgroupId: bigint): void;
  sweep(patienceMs: number): void;
  count(reason: string): void;
  counts(): { readonly documents: number; readonly alerts: number; readonly waiting: number };
  idle(): Promise<void>;
  readonly lost: Readonly<Record<string, number>>;
}

/** Events whose container is known are sent on; the others wait for it here. */
function createDesk(options: PipelineOptions, sender: ReturnType<typeof createSender>): Desk {
  /** `placed`: still has its room in the ring. `kept`: undecided, held in memory alone. */
  const placed = createWaiting<Entry>();
  const kept = createWaiting<Entry>();
  const lost: Record<string, number> = {};
  const counts = { documents: 0, alerts: 0 };

  function count(reason: string): void {
    lost[reason] = (lost[reason] ?? 0) + 1;
  }

  function send(entry: Entry, container: Container | undefined): ReadonlySet<string> {
    let documents: readonly OutgoingDocument[] = [];
    try {
      documents = options.documents(entry.event, container, entry.done);
    } catch (error) {
      count('no_document');
      options.failed(error as Error);
    }
    counts.documents += documents.length;
    counts.alerts += documents.filter(({ stream }) => stream === 'alerts').length;
    sender.push(documents, entry.ticket);
    return new Set([...entry.done, ...documents.map(({ stream }) => stream)]);
  }

  /** Its container was not named in time: what is certain is reported, what is open is kept. */
  function settleUnnamed(entry: Entry): void {
    const done = send(entry, options.container(entry.event.container));
    if (!entry.event.undecided) return;
    if (!kept.add(entry.event, { ...entry, ticket: undefined, done })) count('undecided_full');
  }

  return {
    judge(event, ticket) {
      const container = options.container(event.container);
      const entry: Entry = { event, ticket, since: performance.now(), done: new Set() };
      if (container !== undefined && isKnown(container)) send(entry, container);
      else if (!placed.add(event, entry)) settleUnnamed(entry);
    },
    named(cgroupId) {
      const container = options.container(cgroupId);
      for (const entry of [...placed.take(cgroupId), ...kept.take(cgroupId)]) send(entry, container);
    },
    ended(cgroupId) {
      for (const entry of placed.take(cgroupId)) settleUnnamed(entry);
      kept.take(cgroupId).forEach(() => count('never_named'));
    },
    sweep(patienceMs) {
      const limit = performance.now() - patienceMs;
      for (const container of [...placed.containers()]) {
        for (const entry of placed.take(container)) {
          if (entry.since <= limit) settleUnnamed(entry);
          else placed.add(entry.event, entry);
        }
      }
      // Of a container that is gone since long nobody will tell any more.
      for (const container of [...kept.containers()]) {
        if (options.container(container) !== undefined) continue;
        const oldest = kept.first(container);
        if (oldest !== undefined && oldest.since > performance.now() - namelessMs) continue;
        kept.take(container).forEach(() => count('never_named'));
      }
    },
    count,
    counts: () => ({ ...counts, waiting: placed.size + kept.size }),
    idle: () => sender.idle(),
    lost,
  };
}
