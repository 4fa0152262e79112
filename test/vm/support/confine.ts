import type { Condition, Policy, Selector } from '#policy';

/**
 * The policy for one container alone: every selector also asks for a cluster of this name. So the policies
 * of all cases can be in force together, and cases run beside each other under one agent.
 */
export function confine(policy: Policy, clusterName: string): Policy {
  const tokens = [...new TextEncoder().encode(clusterName)];
  const only = (selector: Selector): Selector => {
    const { span } = selector;
    const condition: Condition = {
      kind: 'static', name: 'kubernetesClusterName', span, values: [{ text: clusterName, tokens, span }],
    };
    return { ...selector, conditions: [...selector.conditions, condition] };
  };
  return {
    ...policy,
    sections: policy.sections.map((section) => ({ ...section, selectors: section.selectors.map(only) })),
  };
}
