import type { OperationEvent } from './model.ts';

/** Events that wait for a container, at most: about 100 MB of records. */
const totalMax = 20_000;
/** Of one container: a noisy one must not push all others out. */
const perContainerMax = 2_000;

export interface Waiting<T> {
  /** `false`: there is no room, the event is not kept. */
  add(event: OperationEvent, entry: T): boolean;
  /** What waited for the container, in the order in which it was added. */
  take(container: bigint): readonly T[];
  /** What has waited for the container longest. */
  first(container: bigint): T | undefined;
  containers(): Iterable<bigint>;
  readonly size: number;
}

/** Events of containers that nobody has named yet. */
export function createWaiting<T>(): Waiting<T> {
  const byContainer = new Map<bigint, T[]>();
  let size = 0;
  return {
    add(event, entry) {
      const entries = byContainer.get(event.container) ?? [];
      if (size >= totalMax || entries.length >= perContainerMax) return false;
      entries.push(entry);
      byContainer.set(event.container, entries);
      size++;
      return true;
    },
    take(container) {
      const entries = byContainer.get(container) ?? [];
      byContainer.delete(container);
      size -= entries.length;
      return entries;
    },
    first: (container) => byContainer.get(container)?.[0],
    containers: () => byContainer.keys(),
    get size() {
      return size;
    },
  };
}
