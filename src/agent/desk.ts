import { isKnown } from '#containers';
import type { Container } from '#containers';
import { createWaiting } from '#events';
import type { OperationEvent } from '#events';
import type { Sender } from './sender.ts';
import { createTeller } from './teller.ts';
import type { TellerOptions, Telling, Told } from './teller.ts';
import type { Ticket } from './ticket.ts';

export interface DeskOptions extends TellerOptions {
  /** What is known of a cgroup, by all that was told up to now. */
  container(cgroupId: bigint): Container | undefined;
}

export interface Counts extends Told {
  /** Events that wait for their container. */
  readonly waiting: number;
}

export interface Desk {
  judge(event: OperationEvent, ticket: Ticket): void;
  named(cgroupId: bigint): void;
  ended(cgroupId: bigint): void;
  sweep(patienceMs: number): void;
  /** So many more bytes of the alerts' ring were read. */
  reached(bytes: number): void;
  tellRepeats(): void;
  count(reason: string): void;
  counts(): Counts;
  idle(): Promise<void>;
  readonly lost: Readonly<Record<string, number>>;
}

/** What nobody knows the container of for so long is dropped, counted. */
const namelessMs = 600_000;

interface Entry extends Telling {
  readonly ticket: Ticket | undefined;
  readonly since: number;
}

/** Events whose container is known are sent on; the others wait for it here. */
export function createDesk(options: DeskOptions, sender: Sender): Desk {
  /** `placed`: still has its room in the ring. `kept`: undecided, held in memory alone. */
  const placed = createWaiting<Entry>();
  const kept = createWaiting<Entry>();
  const teller = createTeller(options, sender);
  const count = (reason: string): void => teller.count(reason);

  /** Its container was not named in time: what is certain is reported, what is open is kept. */
  function settleUnnamed(entry: Entry): void {
    const done = teller.tell(entry, options.container(entry.event.container));
    if (!entry.event.undecided) return;
    if (!kept.add(entry.event, { ...entry, ticket: undefined, done })) count('undecided_full');
  }

  return {
    judge(event, ticket) {
      const container = options.container(event.container);
      const entry: Entry = { event, ticket, since: performance.now(), done: new Set() };
      if (container !== undefined && isKnown(container)) teller.tell(entry, container);
      else if (!placed.add(event, entry)) settleUnnamed(entry);
    },
    named(cgroupId) {
      const container = options.container(cgroupId);
      for (const entry of [...placed.take(cgroupId), ...kept.take(cgroupId)]) teller.tell(entry, container);
    },
    ended(cgroupId) {
      for (const entry of placed.take(cgroupId)) settleUnnamed(entry);
      kept.take(cgroupId).forEach(() => count('never_named'));
    },
    reached: (bytes) => teller.reached(bytes),
    tellRepeats: () => teller.tellRepeats(),
    sweep(patienceMs) {
      teller.tellDue();
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
    counts: () => ({ ...teller.counts(), waiting: placed.size + kept.size }),
    idle: () => sender.idle(),
    lost: teller.lost,
  };
}
