import { mountKindCount, operationCount, rulePossible } from '#abi';
import type { LiveResponse, LiveSelector } from './evaluate.ts';
import type { Groups } from './group.ts';
import { type Mask, mask, maskText, union } from './mask.ts';

/** Applies if the match mask meets the groups that match and the exclude mask none that match for good. */
export interface Rule {
  readonly match: Mask;
  readonly exclude: Mask;
  readonly actions: number;
  readonly flags: number;
}

/** Whether a selector's process conditions hold, as one that is matched and as one that is excluded. */
export interface ProcessTruth {
  readonly match: (selector: LiveSelector) => boolean;
  readonly exclude: (selector: LiveSelector) => boolean;
}

/** The rules of every operation and kind of mount, for one kind of process. */
export function rulesFor(
  responses: readonly LiveResponse[], groups: Groups, process: ProcessTruth,
): readonly (readonly Rule[])[] {
  const table: (readonly Rule[])[] = [];
  for (let operation = 0; operation < operationCount; operation++) {
    for (let mount = 0; mount < mountKindCount; mount++) {
      const concerns = (selector: LiveSelector): boolean =>
        (selector.operations >> operation & selector.mounts >> mount & 1) === 1;
      const rules: Rule[] = [];
      for (const response of responses) {
        const match = response.match.filter((selector) => concerns(selector) && process.match(selector));
        if (match.length === 0) continue;
        const exclude = response.exclude.filter((selector) => concerns(selector) && process.exclude(selector));
        addRules(rules, match, exclude, response.actions, groups);
      }
      table.push(simplify(rules));
    }
  }
  return table;
}

/**
 * What is certain: a match that is true, and no exclusion that could be. What is possible: any match, and
 * no exclusion that is true; a selector in both roles is true in both.
 */
function addRules(
  rules: Rule[], match: readonly LiveSelector[], exclude: readonly LiveSelector[], actions: number, groups: Groups,
): void {
  const bits = (selectors: readonly LiveSelector[]): Mask => mask(selectors.map(groups.of));
  const sure = (selector: LiveSelector): boolean => !selector.open;
  const hasAny = (selectors: readonly LiveSelector[]): boolean => selectors.some((selector) => groups.of(selector) === 0);
  const sureExclude = exclude.filter(sure);
  if (hasAny(sureExclude)) return;
  const sureMatch = match.filter(sure);
  if (sureMatch.length > 0 && !hasAny(exclude)) {
    rules.push({ match: bits(sureMatch), exclude: bits(exclude), actions, flags: 0 });
  }
  if (match.every(sure) && exclude.every(sure)) return;
  const free = match.filter((selector) => sure(selector) || !exclude.includes(selector));
  if (free.length > 0) rules.push({ match: bits(free), exclude: bits(sureExclude), actions, flags: rulePossible });
  for (const selector of match) {
    if (free.includes(selector) || groups.of(selector) === 0) continue;
    rules.push({ match: bits([selector]), exclude: bits([...sureExclude, selector]), actions, flags: rulePossible });
  }
}

/** Rules that differ in one part alone are one; in an order that does not depend on the policies'. */
function simplify(rules: readonly Rule[]): readonly Rule[] {
  if (rules.length === 0) return rules;
  const byMatch = mergeBy(
    rules,
    ({ exclude, actions, flags }) => `${flags} ${actions} ${maskText(exclude)}`,
    (a, b) => ({ ...a, match: union(a.match, b.match) }),
  );
  const byActions = mergeBy(
    byMatch,
    ({ match, exclude, flags }) => `${flags} ${maskText(match)} ${maskText(exclude)}`,
    (a, b) => ({ ...a, actions: a.actions | b.actions }),
  );
  const certain = new Map<string, number>();
  const masks = ({ match, exclude }: Rule): string => maskText(match) + maskText(exclude);
  for (const rule of byActions) if (rule.flags === 0) certain.set(masks(rule), rule.actions);
  return byActions
    .filter((rule) => rule.flags === 0 || (rule.actions & ~(certain.get(masks(rule)) ?? 0)) !== 0)
    .sort((a, b) => (ruleText(a) < ruleText(b) ? -1 : 1));
}

function mergeBy(rules: readonly Rule[], key: (rule: Rule) => string, join: (a: Rule, b: Rule) => Rule): Rule[] {
  const merged = new Map<string, Rule>();
  for (const rule of rules) {
    const known = merged.get(key(rule));
    merged.set(key(rule), known === undefined ? rule : join(known, rule));
  }
  return [...merged.values()];
}

export function ruleText({ match, exclude, actions, flags }: Rule): string {
  return `${flags} ${actions} ${maskText(match)} ${maskText(exclude)}`;
}
