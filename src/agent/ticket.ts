/** A batch of records on its way: its room in the ring is given back when each of them is safe. */
export interface Ticket {
  readonly ack: () => void;
  /** One record less to wait for. */
  done(): void;
  readonly isDone: boolean;
  /** Resolves when all its records are done. */
  readonly closed: Promise<void>;
}

/** Whatever is told when a record is safe. */
export type Part = Pick<Ticket, 'done'>;

/** A record of which several documents tell: it is safe when each of them is. */
export function inParts(ticket: Part | undefined, parts: number): Part | undefined {
  if (ticket === undefined || parts <= 1) return ticket;
  let left = parts;
  return {
    done() {
      if (--left === 0) ticket.done();
    },
  };
}

export function openTicket(records: number, ack: () => void, ended: () => void): Ticket {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = records;
  if (left === 0) resolve();
  return {
    ack,
    done() {
      left--;
      if (left !== 0) return;
      ended();
      resolve();
    },
    get isDone() {
      return left === 0;
    },
    closed: promise,
  };
}
