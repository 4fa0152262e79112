import type { Automaton } from './determinise.ts';
import { intList, push } from './int-list.ts';
import { intern, setPool } from './set-pool.ts';

const onStack = 1;
const done = 2;
const itself = -2;

/**
 * The automaton with states of equal meaning and equal rows made one, children first; states to which an
 * edge leads back stay as they are. Linear, and near enough to the least automaton.
 */
export function fold(automaton: Automaton): Automaton {
  const { representative, order } = mergeRows(automaton);
  return renumber(automaton, representative, order);
}

function mergeRows(automaton: Automaton): { representative: Int32Array; order: number[] } {
  const { count, background, meaning, rowStart, rowEnd, symbols, targets } = automaton;
  const representative = new Int32Array(count).fill(-1);
  const seen = new Uint8Array(count);
  const pinned = new Uint8Array(count);
  const rows = setPool();
  const owners: number[] = [];
  const order: number[] = [];
  const stack = intList();
  const position = intList();
  const visit = (state: number): void => {
    seen[state] = onStack;
    push(stack, state);
    push(position, -1);
  };
  const of = (state: number, target: number): number => (target === state ? itself : representative[target]!);
  const close = (state: number): void => {
    seen[state] = done;
    if (pinned[state]) {
      order.push(state);
      return;
    }
    const row = [meaning[state]!, of(state, background[state]!)];
    for (let i = rowStart[state]!; i < rowEnd[state]!; i++) row.push(symbols[i]!, of(state, targets[i]!));
    const id = intern(rows, row, row.length);
    if (id === owners.length) {
      owners.push(state);
      order.push(state);
    }
    representative[state] = owners[id]!;
  };
  visit(0);
  for (const root of [0, automaton.start]) {
    if (seen[root] === 0) visit(root);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const state = stack.data[top]!;
      const at = position.data[top]!;
      if (at >= rowEnd[state]! - rowStart[state]!) {
        stack.length = position.length = top;
        close(state);
        continue;
      }
      position.data[top] = at + 1;
      const target = at < 0 ? background[state]! : targets[rowStart[state]! + at]!;
      if (seen[target] === 0) visit(target);
      else if (seen[target] === onStack && target !== state) {
        pinned[target] = 1;
        representative[target] = target;
      }
    }
  }
  return { representative, order };
}

function renumber(automaton: Automaton, representative: Int32Array, order: readonly number[]): Automaton {
  const { background, meaning, rowStart, rowEnd, symbols, targets } = automaton;
  const number = new Int32Array(automaton.count).fill(-1);
  // parents before children, so that a walk goes on near by; the dead state, done first, stays 0
  const states = [0, ...order.filter((state) => state !== 0).reverse()];
  states.forEach((state, i) => (number[state] = i));
  const at = (state: number): number => number[representative[state]!]!;
  const newStart = new Int32Array(states.length);
  const newEnd = new Int32Array(states.length);
  const newSymbols = intList(4096);
  const newTargets = intList(4096);
  states.forEach((state, i) => {
    newStart[i] = newSymbols.length;
    for (let edge = rowStart[state]!; edge < rowEnd[state]!; edge++) {
      push(newSymbols, symbols[edge]!);
      push(newTargets, at(targets[edge]!));
    }
    newEnd[i] = newSymbols.length;
  });
  return {
    start: at(automaton.start),
    count: states.length,
    background: Int32Array.from(states, (state) => at(background[state]!)),
    meaning: Int32Array.from(states, (state) => meaning[state]!),
    meanings: automaton.meanings,
    rowStart: newStart,
    rowEnd: newEnd,
    symbols: newSymbols.data.slice(0, newSymbols.length),
    targets: newTargets.data.slice(0, newTargets.length),
  };
}
