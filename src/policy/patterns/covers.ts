import { DOUBLE_STAR, STAR } from '../model.ts';
import type { Token } from '../model.ts';
import type { PatternKind } from './scan.ts';
import { isWildcard } from './scan.ts';

const slash = 0x2f;

/** What comparisons may still cost, shared by all that ask about one file; in steps of one pattern's place. */
export interface Budget {
  steps: number;
}

/**
 * Whether everything that `narrow` matches is matched by one of `wide`; of paths, only those that begin with `/`
 * are asked about. Exact; `undefined` when the answer would cost more than the budget has.
 *
 * A place in `narrow` and the set of places that `wide` can be at are walked together, over the bytes that the
 * patterns name and one that stands for all others: a place at the end of `narrow` with no `wide` at its end is a
 * text that is not covered.
 */
export function covers(
  wide: readonly (readonly Token[])[],
  narrow: readonly Token[],
  kind: PatternKind,
  budget: Budget,
): boolean | undefined {
  for (const pattern of wide) budget.steps -= pattern.length + 1;
  if (budget.steps <= 0) return undefined;
  const machine = join(wide);
  const letters = alphabet([...wide, narrow]);
  const seen = new Set<string>();
  const queue: {
    readonly at: number;
    readonly reached: readonly number[];
    readonly isStart: boolean;
  }[] = [];
  const push = (at: number, reached: readonly number[], isStart: boolean): void => {
    const key = `${at}:${isStart ? 's' : ''}:${reached.join()}`;
    if (seen.has(key)) return;
    seen.add(key);
    queue.push({ at, reached, isStart });
  };
  push(0, machine.closure(machine.starts), kind === 'path');
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { at, reached, isStart } = next;
    if (at === narrow.length) {
      if (!isStart && !reached.some((place) => machine.isEnd(place))) return false;
      continue;
    }
    const token = narrow[at]!;
    if (isWildcard(token)) push(at + 1, reached, isStart);
    const taken = isWildcard(token)
      ? letters.filter((letter) => token === DOUBLE_STAR || letter !== slash)
      : [token];
    for (const letter of taken) {
      if (isStart && letter !== slash) continue;
      budget.steps -= reached.length + 1;
      if (budget.steps <= 0) return undefined;
      const after = machine.step(reached, letter);
      if (after.length === 0) return false;
      push(isWildcard(token) ? at : at + 1, after, false);
    }
  }
  return true;
}

interface Machine {
  readonly starts: readonly number[];
  readonly closure: (places: readonly number[]) => readonly number[];
  readonly step: (places: readonly number[], letter: number) => readonly number[];
  readonly isEnd: (place: number) => boolean;
}

const end = -1;

/** The patterns one behind the other, each with an end of its own; a place is an index. */
function join(patterns: readonly (readonly Token[])[]): Machine {
  const tokens: number[] = [];
  const starts: number[] = [];
  for (const pattern of patterns) {
    starts.push(tokens.length);
    tokens.push(...pattern, end);
  }
  const closure = (places: readonly number[]): readonly number[] => {
    const all = new Set(places);
    for (const place of all) if (isWildcard(tokens[place]!)) all.add(place + 1);
    return [...all].sort((a, b) => a - b);
  };
  const step = (places: readonly number[], letter: number): readonly number[] => {
    const after: number[] = [];
    for (const place of places) {
      const token = tokens[place]!;
      if (token === DOUBLE_STAR || (token === STAR && letter !== slash)) after.push(place);
      else if (token === letter) after.push(place + 1);
    }
    return closure(after);
  };
  return { starts, closure, step, isEnd: (place) => tokens[place] === end };
}

/** Every byte that a pattern names, `/`, and one that none names. */
function alphabet(patterns: readonly (readonly Token[])[]): readonly number[] {
  const named = new Set<number>([slash]);
  for (const pattern of patterns)
    for (const token of pattern) if (!isWildcard(token)) named.add(token);
  for (let other = 1; other < 256; other++) {
    if (named.has(other)) continue;
    named.add(other);
    break;
  }
  return [...named];
}
