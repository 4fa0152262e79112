import { Failure } from '#base';
import { DOUBLE_STAR, STAR, type Token } from '#policy';
import { type Automaton, type Budget, determinise } from './determinise.ts';
import { fold } from './fold.ts';
import { type Bounds, limits } from './limits.ts';
import { setOf } from './set-pool.ts';
import { type AtomPattern, buildTrie, compareTokens, plain, type Trie } from './trie.ts';

/** A finished automaton with the meaning of its sets. */
export interface Built {
  readonly automaton: Automaton;
  readonly atomsOf: (set: number) => Int32Array;
}

/** A pattern with what it stands for and the selector that a message names. */
export interface OwnedPattern extends AtomPattern {
  readonly owner: string;
  readonly text: string;
}

/** Sorted, each token list and atom once. */
export function sortPatterns(patterns: readonly OwnedPattern[]): OwnedPattern[] {
  const sorted = [...patterns].sort((a, b) => compareTokens(a.tokens, b.tokens) || a.atom - b.atom);
  return sorted.filter((pattern, i) => {
    const before = sorted[i - 1];
    return before === undefined || before.atom !== pattern.atom || compareTokens(before.tokens, pattern.tokens) !== 0;
  });
}

/**
 * One automaton for all patterns, or, where that would blow up, up to `limits.automataMax`: patterns
 * without an inner wildcard in one, the others halved until each half stays small, then put together
 * again as far as they stay small. `null` if that is not enough.
 */
export function buildAutomata(
  patterns: readonly OwnedPattern[], budget: Budget, bounds: Bounds = limits,
): readonly Built[] | null {
  if (patterns.length === 0) return [];
  const whole = tryBuild(patterns, budget, bounds);
  if (whole !== null) return [finished(whole)];
  const easy = patterns.filter(({ tokens }) => !hasInnerWildcard(tokens));
  const hard = patterns.filter(({ tokens }) => hasInnerWildcard(tokens)).sort(byShape);
  const parts = joinParts([...(easy.length > 0 ? [easy] : []), ...halve(hard, budget, bounds)], budget, bounds);
  if (parts.length > limits.automataMax) return null;
  const built: Built[] = [];
  for (const part of parts) {
    const one = tryBuild([...part].sort(order), budget, bounds);
    if (one === null) return null;
    built.push(finished(one));
  }
  return built;
}

/** One automaton for all patterns, as large as `bounds` allow; `null` if it would be larger. */
export function buildOne(patterns: readonly OwnedPattern[], budget: Budget, bounds: Bounds): Built | null {
  const whole = tryBuild(patterns, budget, bounds);
  return whole === null ? null : finished(whole);
}

const order = (a: AtomPattern, b: AtomPattern): number => compareTokens(a.tokens, b.tokens) || a.atom - b.atom;

interface Draft {
  readonly trie: Trie;
  readonly automaton: Automaton;
}

function tryBuild(patterns: readonly OwnedPattern[], budget: Budget, bounds: Bounds): Draft | null {
  const trie = buildTrie(patterns);
  const tokens = patterns.reduce((sum, pattern) => sum + pattern.tokens.length, 0);
  const most = Math.min(limits.statesMax, tokens * bounds.statesPerToken + bounds.statesAlways);
  const result = determinise(trie, budget, most);
  return 'overflow' in result ? null : { trie, automaton: result };
}

function finished({ trie, automaton }: Draft): Built {
  return { automaton: fold(automaton), atomsOf: (set) => setOf(trie.atoms.pool, set) };
}

function hasInnerWildcard(tokens: readonly Token[]): boolean {
  const first = tokens.findIndex((token) => token >= STAR);
  return first >= 0 && first < tokens.length - 1;
}

/** Neighbours have their first wildcard at the same depth, and begin alike. */
function byShape(a: AtomPattern, b: AtomPattern): number {
  return shape(a.tokens) - shape(b.tokens) || order(a, b);
}

function shape(tokens: readonly Token[]): number {
  const first = tokens.findIndex((token) => token >= STAR);
  const depth = tokens.slice(0, first).filter((token) => token === 47).length;
  return (tokens.includes(DOUBLE_STAR) ? 10_000 : 0) + depth;
}

function halve(patterns: readonly OwnedPattern[], budget: Budget, bounds: Bounds): (readonly OwnedPattern[])[] {
  if (patterns.length === 0) return [];
  if (budget.steps < 0) return [patterns];
  if (patterns.length === 1 || tryBuild([...patterns].sort(order), budget, bounds) !== null) return [patterns];
  const middle = patterns.length >> 1;
  return [...halve(patterns.slice(0, middle), budget, bounds), ...halve(patterns.slice(middle), budget, bounds)];
}

function joinParts(
  parts: readonly (readonly OwnedPattern[])[], budget: Budget, bounds: Bounds,
): (readonly OwnedPattern[])[] {
  const joined = [...parts];
  for (let i = 0; i < joined.length; i++) {
    for (let j = i + 1; j < joined.length && budget.steps > 0; j++) {
      const both = [...joined[i]!, ...joined[j]!].sort(order);
      if (tryBuild(both, budget, bounds) === null) continue;
      joined[i] = both;
      joined.splice(j--, 1);
    }
  }
  return joined;
}

/** The refusal: which selectors cost most, and why. */
export function refusePatterns(patterns: readonly OwnedPattern[]): never {
  const costs = costBySelector(patterns);
  const worst = [...costs].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 3).map(([name]) => name);
  const texts = patterns.filter(({ owner }) => worst.includes(owner));
  throw new Failure(
    'limit',
    `the paths of the policies would need too large a table; selectors that cost most: ${worst.map((name) => `\`${name}\``).join(', ')}`,
    { help: reason(texts) },
  );
}

/** States whose set holds a wildcard of the selector's patterns, in as much as was constructed. */
function costBySelector(patterns: readonly OwnedPattern[]): Map<string, number> {
  const sorted = sortPatterns(patterns.map((pattern, i) => ({ ...pattern, atom: i })));
  const trie = buildTrie(sorted);
  const result = determinise(trie, { steps: limits.stepsMax / 20 }, 200_000);
  const costs = new Map<string, number>();
  if (!('overflow' in result)) return costs;
  const { work } = result;
  const visits = new Float64Array(trie.parent.length);
  for (let state = 0; state < work.background.length; state++) {
    for (const node of setOf(work.sets, state)) if (trie.kind.data[node] !== plain) visits[node]!++;
  }
  for (let node = 0; node < visits.length; node++) {
    if (visits[node] === 0 || trie.parent.data[node]! < 0) continue;
    const owners = new Set([...setOf(trie.atoms.pool, trie.below.data[node]!)].map((atom) => patterns[atom]!.owner));
    for (const owner of owners) costs.set(owner, (costs.get(owner) ?? 0) + visits[node]! / owners.size);
  }
  return costs;
}

function reason(patterns: readonly OwnedPattern[]): string {
  const doubles = patterns.filter(({ tokens }) => tokens.filter((token) => token === DOUBLE_STAR).length > 1);
  const stars = patterns.filter(({ tokens }) => starsInComponent(tokens) > 1);
  const rows = patterns.filter(({ tokens }) => tokens.includes(DOUBLE_STAR) && tokens.includes(STAR));
  const reasons = [
    { many: doubles, what: 'several `**` in a path', advice: 'end each path in its one `**`' },
    { many: stars, what: 'several `*` in one component', advice: 'use one in a component' },
    { many: rows, what: '`*` behind a `**`', advice: 'name the directories' },
  ];
  const { many, what, advice } = reasons.reduce((most, one) => (one.many.length > most.many.length ? one : most));
  if (many.length === 0) return 'use fewer wildcards, or fewer paths';
  const samples = many.slice(0, 2).map(({ text }) => `\`${text}\``).join(', ');
  return `${what} (${samples}): how far each has come must be kept track of together; ${advice}, or give fewer`;
}

function starsInComponent(tokens: readonly Token[]): number {
  let most = 0;
  let here = 0;
  for (const token of tokens) {
    if (token === 47) here = 0;
    else if (token >= STAR) most = Math.max(most, ++here);
  }
  return most;
}
