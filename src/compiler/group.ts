import { Failure } from '#base';
import type { Pattern } from '#policy';
import type { LiveResponse, LiveSelector } from './evaluate.ts';
import { patternsKey } from './evaluate.ts';
import { limits } from './limits.ts';

/** Sets of patterns that no rule tells apart, each with its bit in the masks. */
export interface Groups {
  /** Number of a selector's group, from 1; 0 for one without a path condition. */
  readonly of: (selector: LiveSelector) => number;
  readonly count: number;
  /** Each set of patterns that selectors have, once, with its group. */
  readonly sets: readonly PatternSet[];
}

export interface PatternSet {
  readonly patterns: readonly Pattern[];
  readonly group: number;
  /** Some response excludes a selector that has it. */
  readonly excluded: boolean;
  /** The selectors that have it, for messages. */
  readonly selectors: readonly LiveSelector[];
}

/**
 * Groups by consequence. Selectors that are only matched, under the same conditions and with the same
 * consequences, are one: a file matches one of them if one of its paths does. An excluded selector has to
 * match all paths of a file by itself, so only selectors with the same patterns share a group.
 */
export function groupSelectors(responses: readonly LiveResponse[]): Groups {
  const excluded = new Set<string>();
  for (const { exclude } of responses) {
    for (const { paths } of exclude) if (paths !== null) excluded.add(patternsKey(paths));
  }
  const keys = groupKeys(responses, excluded);
  const numbers = new Map<string, number>();
  const sets = new Map<string, PatternSet & { readonly selectors: LiveSelector[] }>();
  const groupOf = new Map<LiveSelector, number>();
  for (const [key, selectors] of [...keys].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const group = numbers.size + 1;
    numbers.set(key, group);
    for (const selector of selectors) {
      groupOf.set(selector, group);
      const patterns = patternsKey(selector.paths!);
      const set = `${group} ${patterns}`;
      const known = sets.get(set);
      const isExcluded = excluded.has(patterns);
      if (known === undefined) sets.set(set, { patterns: selector.paths!, group, excluded: isExcluded, selectors: [selector] });
      else known.selectors.push(selector);
    }
  }
  if (numbers.size > limits.groupsMax) refuse(numbers.size, [...groupOf.keys()]);
  const ordered = [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
  return { of: (selector) => groupOf.get(selector) ?? 0, count: numbers.size, sets: ordered };
}

function groupKeys(
  responses: readonly LiveResponse[], excluded: ReadonlySet<string>,
): Map<string, Set<LiveSelector>> {
  const consequences = new Map<LiveSelector, Set<string>>();
  const all = new Set<LiveSelector>();
  for (const response of responses) {
    const consequence = `${response.actions} ${response.exclude.map(({ content }) => content).sort().join()}`;
    for (const selector of response.exclude) if (selector.paths !== null) all.add(selector);
    for (const selector of response.match) {
      if (selector.paths === null) continue;
      all.add(selector);
      const known = consequences.get(selector);
      if (known === undefined) consequences.set(selector, new Set([consequence]));
      else known.add(consequence);
    }
  }
  const keys = new Map<string, Set<LiveSelector>>();
  for (const selector of all) {
    const patterns = patternsKey(selector.paths!);
    const { open, operations, mounts, process } = selector;
    const key = excluded.has(patterns)
      ? `exclude ${patterns}`
      : JSON.stringify([open, operations, mounts, process?.key ?? null, [...(consequences.get(selector) ?? [])].sort()]);
    const known = keys.get(key);
    if (known === undefined) keys.set(key, new Set([selector]));
    else known.add(selector);
  }
  return keys;
}

function refuse(count: number, selectors: readonly LiveSelector[]): never {
  const named = selectors.slice(0, 3).map(({ name }) => `\`${name}\``).join(', ');
  throw new Failure(
    'limit',
    `the responses tell ${count} selectors with \`targetFilePath\` apart, at most ${limits.groupsMax} can be: ${named} and others`,
    { help: 'put paths with the same consequence into one selector, above all those that responses exclude' },
  );
}
