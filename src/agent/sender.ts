import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingDocument } from '#outputs';
import type { Part } from './ticket.ts';

export interface Sender {
  /** The ticket has one record less to wait for as soon as the documents are safe. */
  push(documents: readonly OutgoingDocument[], ticket: Part | undefined): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Outgoing {
  readonly documents: readonly OutgoingDocument[];
  readonly ticket: Part | undefined;
}

const retryFirstMs = 100;
const retryLastMs = 5_000;

/** One delivery at a time; what comes meanwhile goes together in the next: commits in groups. */
export function createSender(options: {
  readonly deliver: (batch: readonly OutgoingDocument[]) => Promise<void>;
  readonly failed: (error: Error) => void;
  readonly signal: AbortSignal;
}): Sender {
  const outgoing: Outgoing[] = [];
  let sending: Promise<void> | undefined;

  async function flush(): Promise<void> {
    await Promise.resolve(); // the records of a batch are pushed one by one, and go into one commit
    while (outgoing.length > 0 && (await sendBatch(outgoing.splice(0))));
    // In the same turn as the look: what is pushed after it begins a flush of its own.
    sending = undefined;
  }

  async function sendBatch(batch: readonly Outgoing[]): Promise<boolean> {
    const documents = batch.flatMap((entry) => entry.documents);
    if (documents.length > 0 && !(await deliver(documents))) return false;
    for (const { ticket } of batch) ticket?.done();
    return true;
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
      if (options.signal.aborted) return false;
      await sleep(wait, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }

  return {
    push(documents, ticket) {
      outgoing.push({ documents, ticket });
      sending ??= flush();
    },
    async idle() {
      await sending;
    },
  };
}
