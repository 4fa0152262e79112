import type { ContainerFacts, Fact } from '#base';
import type { Condition, Selector } from '#policy';
import { oneMatches } from './pattern.ts';

/** Section 5, "before a container is known": true for it, false for it, or undecided. */
export type Truth = true | false | 'undecided';

const utf8 = new TextEncoder();

/** Section 3: "all conditions of a selector must hold (AND)"; here those that speak of the container. */
export function truthForContainer(selector: Selector, facts: ContainerFacts): Truth {
  const truths = selector.conditions.map((condition) => conditionTruth(condition, facts));
  if (truths.includes(false)) return false;
  return truths.includes('undecided') ? 'undecided' : true;
}

function conditionTruth(condition: Condition, facts: ContainerFacts): Truth {
  switch (condition.kind) {
    case 'static':
      return withFact(textOf(condition.name, facts), (text) => oneMatches(condition.values, utf8.encode(text)));
    case 'orchestrator':
      // "the container belongs to a pod"
      return withFact(facts.orchestrator, (orchestrator) => orchestrator === 'kubernetes');
    case 'label':
      // "values with the same key are alternatives, different keys must all match"
      return withFact(facts.labels, (labels) =>
        [...new Set(condition.values.map(({ key }) => key))].every((key) => {
          const label = labels.get(key);
          if (label === undefined) return false;
          const patterns = condition.values.filter((value) => value.key === key).map(({ pattern }) => pattern);
          return oneMatches(patterns, utf8.encode(label));
        }));
    default:
      return true;
  }
}

/** Section 3: "a condition on an attribute that the container lacks does not hold". */
function withFact<T>(fact: Fact<T>, holds: (value: T) => boolean): Truth {
  if (fact === undefined) return 'undecided';
  return fact === null ? false : holds(fact);
}

type StaticName = Extract<Condition, { kind: 'static' }>['name'];

/** Section 3, images: "an id alone is no reference: the container lacks all three attributes". */
function textOf(name: StaticName, facts: ContainerFacts): Fact<string> {
  const image = facts.image;
  const ofImage = (value: string | null | undefined): Fact<string> =>
    image === undefined ? undefined : image === null ? null : value;
  switch (name) {
    case 'containerImageFullName': return ofImage(image?.fullName);
    case 'containerImageName': return ofImage(image?.name);
    case 'containerImageTag': return ofImage(image?.tag);
    case 'kubernetesClusterId': return facts.clusterId;
    case 'kubernetesClusterName': return facts.clusterName;
    case 'kubernetesNamespace': return facts.namespace;
    case 'kubernetesPodName': return facts.pod;
  }
}
