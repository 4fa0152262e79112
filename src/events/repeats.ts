import { createHash } from 'node:crypto';

/** Kinds of alerts that are watched for repeats at once: some hundred bytes each. */
const kindsMax = 4_096;

/** One occurrence of an alert, as it is looked at for repeats. */
export interface Occurrence {
  readonly id: string;
  readonly timeNs: bigint;
  /** Where its record ends among all bytes that were read of its ring. */
  readonly position: number;
}

/** Repeats that are told of together: each of `entries` keeps its place in the ring until that is done. */
export interface Repeats<T> {
  /** Of the document that tells of them. */
  readonly id: string;
  /** Id of the first of these alerts, which has a document of its own. */
  readonly of: string;
  readonly count: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** In the order in which they came. */
  readonly entries: readonly T[];
}

export interface RepeatKeeper<T> {
  /** True: it repeats an alert that was told of, and is kept. False: it is the first, to be told of at once. */
  keeps(key: string, occurrence: Occurrence, entry: T): boolean;
  /** What is to be told of now, since its time is over. */
  due(nowNs: bigint): readonly Repeats<T>[];
  /** Everything, if it holds more of the ring than it may: records up to the position have been read. */
  crowded(position: number): readonly Repeats<T>[];
  /** Everything that is kept. */
  all(): readonly Repeats<T>[];
  /** Occurrences that are kept. */
  readonly kept: number;
}

export interface RepeatOptions {
  /** From the first alert on; 0: nothing counts as a repeat. */
  readonly withinNs: bigint;
  /** Bytes of the ring, from the first occurrence that is kept on, that may wait. */
  readonly heldBytesMax: number;
}

interface Kind<T> {
  readonly of: string;
  readonly sinceNs: bigint;
  kept: { occurrence: Occurrence; readonly entry: T }[];
}

/**
 * The first of equal alerts is told of at once, what repeats it within a while in one go. Nothing but the ring
 * holds what is kept: an agent that is killed leaves it to the next one. So it is told of early when the ring
 * needs the room.
 */
export function createRepeatKeeper<T>({ withinNs, heldBytesMax }: RepeatOptions): RepeatKeeper<T> {
  const kinds = new Map<string, Kind<T>>();
  let ready: Repeats<T>[] = [];
  let kept = 0;
  /** Where the ring waits from; unset: for nothing. */
  let heldFrom: number | undefined;

  function take(kind: Kind<T>): void {
    if (kind.kept.length > 0) ready.push(repeatsOf(kind));
    kind.kept = [];
  }

  function close(key: string, kind: Kind<T>): void {
    kinds.delete(key);
    take(kind);
  }

  /** Everything that is ready; the ring waits for what is left. */
  function give(): readonly Repeats<T>[] {
    const given = ready;
    ready = [];
    kept -= given.reduce((sum, { count }) => sum + count, 0);
    const places = [...kinds.values()].flatMap((kind) => kind.kept[0]?.occurrence.position ?? []);
    heldFrom = places.length === 0 ? undefined : Math.min(...places);
    return given;
  }

  function begin(key: string, { id, timeNs }: Occurrence): void {
    const oldest = kinds.entries().next().value;
    if (kinds.size >= kindsMax && oldest !== undefined) close(...oldest);
    kinds.set(key, { of: id, sinceNs: timeNs, kept: [] });
  }

  function giveAll(): readonly Repeats<T>[] {
    for (const kind of kinds.values()) take(kind);
    return give();
  }

  return {
    keeps(key, occurrence, entry) {
      if (withinNs === 0n) return false;
      const kind = kinds.get(key);
      // Two CPUs' records come in either order: one may be earlier than the first.
      if (kind !== undefined && occurrence.timeNs - kind.sinceNs <= withinNs) {
        kind.kept.push({ occurrence, entry });
        kept++;
        heldFrom ??= occurrence.position;
        return true;
      }
      if (kind !== undefined) close(key, kind);
      begin(key, occurrence);
      return false;
    },
    due(nowNs) {
      for (const [key, kind] of kinds) if (nowNs - kind.sinceNs > withinNs) close(key, kind);
      return give();
    },
    crowded: (position) => (heldFrom !== undefined && position - heldFrom > heldBytesMax ? giveAll() : []),
    all: giveAll,
    get kept() {
      return kept;
    },
  };
}

function repeatsOf<T>({ of, kept }: Kind<T>): Repeats<T> {
  const times = kept.map(({ occurrence }) => occurrence.timeNs);
  return {
    id: idOf(kept.map(({ occurrence }) => occurrence.id)),
    of,
    count: kept.length,
    firstNs: times.reduce((a, b) => (b < a ? b : a)),
    lastNs: times.reduce((a, b) => (b > a ? b : a)),
    entries: kept.map(({ entry }) => entry),
  };
}

/** Bytes of the hash, as of an event's id. */
const idBytes = 16;

/** The same for the same occurrences, so that they are not told of twice by an agent that reads them again. */
function idOf(ids: readonly string[]): string {
  const hash = createHash('sha256').update('repeats');
  for (const id of ids) hash.update(`\n${id}`);
  return hash.digest().subarray(0, idBytes).toString('hex');
}
