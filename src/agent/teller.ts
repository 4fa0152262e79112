import type { Container } from '#containers';
import { createRepeatKeeper } from '#events';
import type { OperationEvent, Repeats } from '#events';
import type { OutgoingDocument } from '#outputs';
import type { KernelPort } from './kernel-port.ts';
import type { Sender } from './sender.ts';
import { inParts } from './ticket.ts';
import type { Part } from './ticket.ts';

export interface TellerOptions {
  readonly kernel: Pick<KernelPort, 'clock'>;
  /** The documents of an event; none for a stream in `done`. */
  documents(event: OperationEvent, container: Container | undefined, done: ReadonlySet<string>): readonly Draft[];
  failed(error: Error): void;
  /** From the first of equal alerts on, how long others are told of together; 0: each by itself. */
  readonly repeatsWithinMs?: number;
}

/** A document that is still to be written. */
export interface Draft {
  readonly stream: OutgoingDocument['stream'];
  /** The same for equal alerts; unset: it is told of by itself. */
  readonly alike: string | undefined;
  /** `repeats`: it tells of all these, the last of which is its own. */
  write(repeats?: Omit<Repeats<unknown>, 'entries'>): OutgoingDocument;
}

/** An event to be told of. */
export interface Telling {
  readonly event: OperationEvent;
  readonly ticket: Part | undefined;
  /** Streams that have its document already. */
  readonly done: ReadonlySet<string>;
}

export interface Told {
  readonly documents: number;
  readonly alerts: number;
  /** Operations that a document tells of together with others: all of them but one. */
  readonly repeats: number;
  /** Repeats whose document is still to come. */
  readonly held: number;
}

export interface Teller {
  /** The streams that have its document now, or will. */
  tell(entry: Telling, container: Container | undefined): ReadonlySet<string>;
  /** So many more bytes of the alerts' ring were read. */
  reached(bytes: number): void;
  /** Repeats whose time is over. */
  tellDue(): void;
  tellRepeats(): void;
  count(reason: string): void;
  counts(): Told;
  readonly lost: Readonly<Record<string, number>>;
}

/** A quarter of the alerts' ring: three quarters are left for what comes in a burst. */
const heldBytesMax = 1 << 20;

/** A document of an event that repeats another's. */
interface Kept {
  readonly draft: Draft;
  readonly part: Part | undefined;
}

/** Writes the documents of events, and sends them: at once, or repeats of an alert in one. */
export function createTeller(options: TellerOptions, sender: Sender): Teller {
  const withinNs = BigInt(options.repeatsWithinMs ?? 0) * 1_000_000n;
  const repeats = createRepeatKeeper<Kept>({ withinNs, heldBytesMax });
  const lost: Record<string, number> = {};
  const counts = { documents: 0, alerts: 0, repeats: 0 };
  let position = 0;

  function count(reason: string, times = 1): void {
    lost[reason] = (lost[reason] ?? 0) + times;
  }

  function draftsOf(entry: Telling, container: Container | undefined): readonly Draft[] {
    try {
      return options.documents(entry.event, container, entry.done);
    } catch (error) {
      count('no_document');
      options.failed(error as Error);
      return [];
    }
  }

  /** Writes one document and sends it; `times`: the operations that it tells of. */
  function write(part: Part | undefined, times: number, made: () => OutgoingDocument): void {
    const written: OutgoingDocument[] = [];
    try {
      written.push(made());
      counts.documents++;
      counts.repeats += times - 1;
      if (written[0]!.stream === 'alerts') counts.alerts++;
    } catch (error) {
      count('no_document', times);
      options.failed(error as Error);
    }
    sender.push(written, part);
  }

  function tell(entry: Telling, container: Container | undefined): ReadonlySet<string> {
    const drafts = draftsOf(entry, container);
    if (drafts.length === 0) sender.push([], entry.ticket);
    const part = inParts(entry.ticket, drafts.length);
    for (const draft of drafts) {
      const occurrence = { id: entry.event.id, timeNs: entry.event.timeNs, position };
      const repeated = draft.alike !== undefined && repeats.keeps(draft.alike, occurrence, { draft, part });
      if (!repeated) write(part, 1, () => draft.write());
    }
    return new Set([...entry.done, ...drafts.map(({ stream }) => stream)]);
  }

  function tellTogether(groups: readonly Repeats<Kept>[]): void {
    for (const group of groups) {
      const done = (): void => group.entries.forEach(({ part }) => part?.done());
      write({ done }, group.count, () => group.entries.at(-1)!.draft.write(group));
    }
  }

  return {
    tell,
    reached(bytes) {
      position += bytes;
      tellTogether(repeats.crowded(position));
    },
    tellDue: () => tellTogether(repeats.due(options.kernel.clock().bootNs)),
    tellRepeats: () => tellTogether(repeats.all()),
    count,
    counts: () => ({ ...counts, held: repeats.kept }),
    lost,
  };
}
