/** Numbers that two rings leave open to each other are waited for this long. */
const settleMs = 2_000;
/** Open ranges kept per CPU; older ones are lost for certain. */
const rangesMax = 256;

interface Range {
  first: bigint;
  last: bigint;
  readonly since: number;
}

export interface LossTracker {
  seen(cpu: number, sequence: bigint): void;
  /** Numbers that were used on some CPU and never came, as far as can be said now. */
  missing(): bigint;
}

/**
 * Every record takes a number on its CPU, a lost one too: what never comes was lost, whatever the kernel's
 * own counters say. Numbers before the first one seen were another reader's.
 */
export function createLossTracker(now: () => number = () => performance.now()): LossTracker {
  const cpus = new Map<number, { next: bigint; open: Range[] }>();
  let lost = 0n;

  function give(range: Range): void {
    lost += range.last - range.first + 1n;
  }

  return {
    seen(cpu, sequence) {
      const state = cpus.get(cpu);
      if (state === undefined) {
        cpus.set(cpu, { next: sequence + 1n, open: [] });
      } else if (sequence >= state.next) {
        if (sequence > state.next) {
          state.open.push({ first: state.next, last: sequence - 1n, since: now() });
          if (state.open.length > rangesMax) give(state.open.shift()!);
        }
        state.next = sequence + 1n;
      } else {
        state.open = state.open.flatMap((range) => without(range, sequence));
      }
    },
    missing() {
      const limit = now() - settleMs;
      for (const state of cpus.values()) {
        state.open.filter((range) => range.since <= limit).forEach(give);
        state.open = state.open.filter((range) => range.since > limit);
      }
      return lost;
    },
  };
}

function without(range: Range, sequence: bigint): Range[] {
  if (sequence < range.first || sequence > range.last) return [range];
  const before = { ...range, last: sequence - 1n };
  const after = { ...range, first: sequence + 1n };
  return [before, after].filter(({ first, last }) => first <= last);
}
