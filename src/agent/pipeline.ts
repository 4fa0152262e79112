import { setTimeout as sleep } from 'node:timers/promises';
import { isKnown } from '#containers';
import type { Container } from '#containers';
import { createHold, createLossTracker, createWaiting, decodeEvent } from '#events';
import type { OperationEvent } from '#events';
import type { OutgoingDocument } from '#outputs';
import type { KernelPort, RecordBatch, RingName } from './kernel-port.ts';
import { openTicket } from './ticket.ts';
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
  readonly counts: { readonly documents: number; readonly alerts: number; readonly waiting: number };
}

/** A container is named within milliseconds; a source that starts lists those there are within seconds. */
const defaultPatienceMs = 2_000;
const sweepMs = 250;
const retryFirstMs = 100;
const retryLastMs = 5_000;

interface Entry {
  readonly event: OperationEvent;
  readonly ticket: Ticket | undefined;
  readonly since: number;
  /** Streams that have its document already. */
  readonly done: ReadonlySet<string>;
}

interface Outgoing {
  readonly documents: readonly OutgoingDocument[];
  readonly ticket: Ticket | undefined;
}

/** Records → documents → outputs → the ring is told. No record is acked before its documents are safe. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const stop = new AbortController();
  const hold = createHold();
  const losses = createLossTracker();
  /** `placed`: still has its room in the ring. `kept`: undecided, held in memory alone. */
  const placed = createWaiting<Entry>();
  const kept = createWaiting<Entry>();
  const lost: Record<string, number> = {};
  const counts = { documents: 0, alerts: 0 };
  const open = new Set<Ticket>();
  let outgoing: Outgoing[] = [];
  let sending: Promise<void> | undefined;

  function count(reason: string): void {
    lost[reason] = (lost[reason] ?? 0) + 1;
  }

  function send(entry: Entry, container: Container | undefined): ReadonlySet<string> {
    const documents = documentsOf(entry, container);
    counts.documents += documents.length;
    counts.alerts += documents.filter(({ stream }) => stream === 'alerts').length;
    outgoing.push({ documents, ticket: entry.ticket });
    sending ??= flush().finally(() => (sending = undefined));
    return new Set([...entry.done, ...documents.map(({ stream }) => stream)]);
  }

  function documentsOf(entry: Entry, container: Container | undefined): readonly OutgoingDocument[] {
    try {
      return options.documents(entry.event, container, entry.done);
    } catch (error) {
      count('no_document');
      options.failed(error as Error);
      return [];
    }
  }

  async function flush(): Promise<void> {
    await Promise.resolve(); // all records of a batch go into one commit
    while (outgoing.length > 0) {
      const batch = outgoing;
      outgoing = [];
      const documents = batch.flatMap((entry) => entry.documents);
      if (documents.length > 0 && !(await deliver(documents))) return;
      for (const { ticket } of batch) ticket?.done();
    }
  }

  /** `false` if the agent stops first: nothing is acked then, and the next one reads it again. */
  async function deliver(documents: readonly OutgoingDocument[]): Promise<boolean> {
    for (let wait = retryFirstMs; ; wait = Math.min(wait * 2, retryLastMs)) {
      try {
        await options.deliver(documents);
        return true;
      } catch (error) {
        options.failed(error as Error);
      }
      if (stop.signal.aborted) return false;
      await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  function judge(event: OperationEvent, ticket: Ticket): void {
    const container = options.container(event.container);
    const entry: Entry = { event, ticket, since: performance.now(), done: new Set() };
    if (container !== undefined && isKnown(container)) send(entry, container);
    else if (!placed.add(event, entry)) settleUnnamed(entry);
  }

  /** Its container was not named in time: what is certain is reported, what is open is kept. */
  function settleUnnamed(entry: Entry): void {
    const done = send(entry, options.container(entry.event.container));
    if (!entry.event.undecided) return;
    if (!kept.add(entry.event, { ...entry, ticket: undefined, done })) count('undecided_full');
  }

  function take(bytes: Uint8Array, ticket: Ticket): void {
    const event = decodeEvent(bytes, options.kernel.id);
    losses.seen(event.cpu, event.sequence);
    if (event.kind === 'retraction') hold.retract(event.key);
    if (event.kind !== 'operation') return ticket.done();
    if (!event.provisional) return judge(event, ticket);
    hold.add({ event, settle: (stands) => (stands === undefined ? ticket.done() : judge(stands, ticket)) });
  }

  function takeBatch(batch: RecordBatch, tickets: Ticket[]): void {
    const ticket = openTicket(batch.records.length, () => batch.ack(), () => acknowledge(tickets, open));
    tickets.push(ticket);
    open.add(ticket);
    if (ticket.isDone) acknowledge(tickets, open);
    for (const record of batch.records) {
      try {
        take(record, ticket);
      } catch (error) {
        count('not_decoded');
        options.failed(error as Error);
        ticket.done();
      }
    }
  }

  async function read(ring: RingName): Promise<void> {
    const tickets: Ticket[] = [];
    for await (const batch of options.kernel.records(ring, stop.signal)) takeBatch(batch, tickets);
  }

  function sweep(): void {
    const limit = performance.now() - (options.patienceMs ?? defaultPatienceMs);
    for (const container of [...placed.containers()]) {
      for (const entry of placed.take(container)) {
        if (entry.since <= limit) settleUnnamed(entry);
        else placed.add(entry.event, entry);
      }
    }
  }

  const sweeper = setInterval(sweep, sweepMs).unref();
  const readers = (['alerts', 'telemetry'] as const).map((ring) =>
    read(ring).catch((error: unknown) => {
      if (!stop.signal.aborted) options.failed(error as Error);
    }),
  );

  return {
    named(cgroupId) {
      const container = options.container(cgroupId);
      for (const entry of [...placed.take(cgroupId), ...kept.take(cgroupId)]) send(entry, container);
    },
    ended(cgroupId) {
      for (const entry of placed.take(cgroupId)) send(entry, options.container(cgroupId));
      kept.take(cgroupId).forEach(() => count('never_named'));
    },
    async settle() {
      while (options.kernel.unread() > 0) await sleep(5);
      await Promise.all([...open].map((ticket) => ticket.closed));
    },
    lost: () => ({ ...lost, sequence_gap: Number(losses.missing()) }),
    get counts() {
      return { ...counts, waiting: placed.size + kept.size };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearInterval(sweeper);
      hold[Symbol.dispose]();
      await Promise.all(readers);
      await sending;
    },
  };
}

/** Tickets of a ring are acked in the order of the ring, however they end. */
function acknowledge(tickets: Ticket[], open: Set<Ticket>): void {
  while (tickets[0]?.isDone === true) {
    const ticket = tickets.shift()!;
    ticket.ack();
    open.delete(ticket);
  }
}
