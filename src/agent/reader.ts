import type { KernelPort, RecordBatch, RingName } from './kernel-port.ts';
import { openTicket } from './ticket.ts';
import type { Ticket } from './ticket.ts';

export interface Reader {
  /** Batches whose records are not all safe yet. */
  open(): readonly Ticket[];
  readonly ended: Promise<void>;
}

/** Reads both rings; a batch is acked when all its records are done and those before it are acked. */
export function startReader(
  kernel: KernelPort,
  signal: AbortSignal,
  take: (record: Uint8Array, ticket: Ticket, ring: RingName) => void,
  failed: (error: Error) => void,
): Reader {
  const rings: Ticket[][] = [];

  function takeBatch(batch: RecordBatch, tickets: Ticket[], ring: RingName): void {
    const ended = (): void => acknowledge(tickets, failed);
    const ticket = openTicket(batch.records.length, () => batch.ack(), ended);
    tickets.push(ticket);
    if (ticket.isDone) ended();
    for (const record of batch.records) take(record, ticket, ring);
  }

  async function read(ring: RingName): Promise<void> {
    const tickets: Ticket[] = [];
    rings.push(tickets);
    try {
      for await (const batch of kernel.records(ring, signal)) takeBatch(batch, tickets, ring);
    } catch (error) {
      if (!signal.aborted) failed(error as Error);
    }
  }

  const ended = Promise.all([read('alerts'), read('telemetry')]).then(() => undefined);
  return { open: () => rings.flat(), ended };
}

/** It is called from timers and from the end of a delivery: nobody there could catch anything. */
function acknowledge(tickets: Ticket[], failed: (error: Error) => void): void {
  while (tickets[0]?.isDone === true) {
    try {
      tickets.shift()!.ack();
    } catch (error) {
      failed(error as Error);
    }
  }
}
