import type { OperationEvent } from './model.ts';

/**
 * A denial in `path_mknod` may concern a file that exists: then nothing was created, and the kernel takes
 * the denial back within the same system call. This is how long one that is not taken back is waited for:
 * far more than a system call takes, and well within the second that an alert may need.
 */
export const holdMs = 250;

export interface Held {
  readonly event: OperationEvent;
  /** Called once: with the event if it stands, else with `undefined`. */
  readonly settle: (event: OperationEvent | undefined) => void;
}

export interface Hold extends Disposable {
  add(held: Held): void;
  retract(key: bigint): void;
  readonly size: number;
}

/** Holds provisional denials back until they are retracted or stand. */
export function createHold(): Hold {
  const waiting = new Map<bigint, { readonly held: Held; readonly timer: NodeJS.Timeout }>();
  /** Two rings can be read in either order: a retraction may be seen before what it retracts. */
  const early = new Map<bigint, NodeJS.Timeout>();

  function finish(key: bigint, stands: boolean): void {
    const entry = waiting.get(key);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    waiting.delete(key);
    entry.held.settle(stands ? entry.held.event : undefined);
  }

  return {
    add(held) {
      const { key } = held.event;
      const retracted = early.get(key);
      if (retracted !== undefined) {
        clearTimeout(retracted);
        early.delete(key);
        held.settle(undefined);
        return;
      }
      finish(key, true); // the same key again: the former was of another system call
      waiting.set(key, { held, timer: setTimeout(() => finish(key, true), holdMs) });
    },
    retract(key) {
      if (waiting.has(key)) return finish(key, false);
      clearTimeout(early.get(key));
      early.set(key, setTimeout(() => early.delete(key), holdMs).unref());
    },
    get size() {
      return waiting.size;
    },
    [Symbol.dispose]() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      for (const timer of early.values()) clearTimeout(timer);
      waiting.clear();
      early.clear();
    },
  };
}
