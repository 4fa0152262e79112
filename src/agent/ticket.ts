/** A batch of records on its way: its room in the ring is given back when each of them is safe. */
export interface Ticket {
  readonly ack: () => void;
  /** One record less to wait for. */
  done(): void;
  readonly isDone: boolean;
  /** Resolves when all its records are done. */
  readonly closed: Promise<void>;
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
