import { isFailure } from '#base';
import type { Container } from '#containers';

export interface Judged {
  readonly container: Container;
  readonly neverBlocked: boolean;
}

export interface Places {
  /** Puts it under its rules, or remembers that there is no room: then `false`. */
  place(judged: Judged): Promise<boolean>;
  forget(cgroupId: bigint): void;
  /** Those that there was no room for, in the order in which they came. */
  retry(): Promise<void>;
  readonly waiting: number;
  /** Of those that wait, the ones that have no rules at all. */
  readonly without: number;
}

/** Containers and the room for them in the kernel. One that there is none for is told of, and tried again. */
export function createPlaces(
  placed: Map<bigint, Judged>,
  assign: (judged: Judged) => Promise<unknown>,
  note: (line: string) => void,
): Places {
  const waiting = new Map<bigint, Judged>();

  async function place(judged: Judged): Promise<boolean> {
    const { id, cgroupId } = judged.container;
    try {
      await assign(judged);
    } catch (error) {
      if (!isFailure(error) || error.code !== 'limit') throw error;
      const kept = placed.has(cgroupId) ? 'keeps the rules that it had' : 'has no rules';
      if (!waiting.has(cgroupId)) note(`container ${id} ${kept}: ${error.message}; it is tried again when others have ended`);
      waiting.set(cgroupId, judged);
      return false;
    }
    if (waiting.delete(cgroupId)) note(`container ${id} has its rules now`);
    placed.set(cgroupId, judged);
    return true;
  }

  return {
    place,
    forget: (cgroupId) => void waiting.delete(cgroupId),
    async retry() {
      // Where there is no room for one there is none for the next.
      for (const judged of [...waiting.values()]) if (!(await place(judged))) return;
    },
    get waiting() {
      return waiting.size;
    },
    get without() {
      return [...waiting.keys()].filter((cgroupId) => !placed.has(cgroupId)).length;
    },
  };
}
