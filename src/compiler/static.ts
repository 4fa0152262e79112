import type { ContainerFacts, Fact } from '#base';
import type { Condition, Selector, StaticText } from '#policy';
import { matchesText } from './match-text.ts';

/** `undefined`: a fact of the container is not known yet. */
export type Truth = boolean | undefined;

/** What a container's facts say of a condition; conditions on the operation or the process say nothing. */
export function staticTruth(condition: Condition, facts: ContainerFacts): Truth {
  switch (condition.kind) {
    case 'static': {
      const fact = textFact(condition.name, facts);
      if (fact === undefined || fact === null) return fact === null ? false : undefined;
      return condition.values.some((value) => matchesText(value, fact));
    }
    case 'label':
      return labelTruth(condition.values, facts.labels);
    case 'orchestrator':
      return facts.orchestrator === undefined ? undefined : facts.orchestrator === 'kubernetes';
    default:
      return true;
  }
}

export function isStatic(condition: Condition): boolean {
  return condition.kind === 'static' || condition.kind === 'label' || condition.kind === 'orchestrator';
}

/** False if one condition is false, whatever the unknown ones turn out to be. */
export function selectorTruth(selector: Selector, facts: ContainerFacts): Truth {
  let truth: Truth = true;
  for (const condition of selector.conditions) {
    const own = staticTruth(condition, facts);
    if (own === false) return false;
    if (own === undefined) truth = undefined;
  }
  return truth;
}

export function textFact(name: StaticText, facts: ContainerFacts): Fact<string> {
  const { image } = facts;
  switch (name) {
    case 'containerImageFullName':
      return image && image.fullName;
    case 'containerImageName':
      return image && image.name;
    case 'containerImageTag':
      return image && image.tag;
    case 'kubernetesClusterId':
      return facts.clusterId;
    case 'kubernetesClusterName':
      return facts.clusterName;
    case 'kubernetesNamespace':
      return facts.namespace;
    case 'kubernetesPodName':
      return facts.pod;
  }
}

type LabelValues = Extract<Condition, { kind: 'label' }>['values'];

/** Values with one key are alternatives, each key must have one that holds. */
function labelTruth(values: LabelValues, labels: Fact<ReadonlyMap<string, string>>): Truth {
  if (labels === undefined) return undefined;
  if (labels === null) return false;
  return values.every(({ key }) =>
    values.some((value) => value.key === key && holdsLabel(value, labels)));
}

export function holdsLabel(value: LabelValues[number], labels: ReadonlyMap<string, string>): boolean {
  const text = labels.get(value.key);
  return text !== undefined && matchesText(value.pattern, text);
}
