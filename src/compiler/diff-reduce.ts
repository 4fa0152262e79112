import type { Condition, Policy, Response, Section, Selector } from '#policy';

/** Policies without the selectors that no response names: they mean nothing. */
export function usedParts(policies: readonly Policy[]): readonly Policy[] {
  return policies.map((policy) => withResponses(policy, () => true));
}

/**
 * Both without what stands in both: a response is one for each selector that it matches. The outcome is the union
 * of all, so where what is left means the same, the whole does.
 */
export function withoutCommon(before: readonly Policy[], after: readonly Policy[]): readonly [readonly Policy[], readonly Policy[]] {
  const single = [before, after].map((policies) => policies.map(onePerMatch)) as [Policy[], Policy[]];
  const [old, now] = single.map(keysOf) as [Set<string>, Set<string>];
  const left = (policies: readonly Policy[], other: ReadonlySet<string>): readonly Policy[] =>
    policies.map((policy) => withResponses(policy, (section, response) => !other.has(responseKey(policy, section, response))));
  return [left(single[0], now), left(single[1], old)];
}

function onePerMatch(policy: Policy): Policy {
  const sections = policy.sections.map((section) => ({
    ...section, responses: section.responses.flatMap((response) => response.match.map((name) => ({ ...response, match: [name] }))),
  }));
  return { ...policy, sections };
}

function keysOf(policies: readonly Policy[]): ReadonlySet<string> {
  return new Set(policies.flatMap((policy) => policy.sections.flatMap((section) =>
    section.responses.map((response) => responseKey(policy, section, response)))));
}

function withResponses(policy: Policy, isKept: (section: Section, response: Response) => boolean): Policy {
  const sections = policy.sections.map((section): Section => {
    const responses = section.responses.filter((response) => isKept(section, response));
    const used = new Set(responses.flatMap(({ match, exclude }) => [...match, ...exclude].map(({ value }) => value)));
    return { ...section, responses, selectors: section.selectors.filter(({ name }) => used.has(name)) };
  });
  return { ...policy, sections };
}

function responseKey({ mode }: Policy, { kind, selectors }: Section, { match, exclude, actions }: Response): string {
  const contents = (names: Response['match']): readonly string[] =>
    [...new Set(names.map(({ value }) => selectorKey(selectors.find(({ name }) => name === value)!)))].sort();
  return JSON.stringify([kind, actions.includes('block') ? mode : '', [...actions].sort(), contents(match), contents(exclude)]);
}

function selectorKey({ operations, conditions }: Selector): string {
  return JSON.stringify([[...operations].sort(), conditions.map(conditionKey).sort()]);
}

/** All that a condition means, whatever the order and the number of its values. */
export function conditionKey(condition: Condition): string {
  return `${condition.name} ${[...new Set(valuesOf(condition))].sort().join(' ')}`;
}

function valuesOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'static':
    case 'dynamic':
      return condition.values.map(({ tokens }) => tokens.join());
    case 'label':
      return condition.values.map(({ key, pattern }) => `${JSON.stringify(key)}:${pattern.tokens.join()}`);
    case 'user':
      return condition.values.map(({ value }) => String(value));
    case 'interactive':
      return [String(condition.value)];
    case 'orchestrator':
    case 'mount':
      return [];
  }
}
