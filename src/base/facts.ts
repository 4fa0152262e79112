import type { ImageReference } from './image-reference.ts';

/** A fact about a container: its value; `null`, it has none; `undefined`, not known yet. */
export type Fact<T> = T | null | undefined;

/** All that a policy's static conditions can ask of a container. */
export interface ContainerFacts {
  readonly image: Fact<ImageReference>;
  /** `kubernetes` if it belongs to a pod. */
  readonly orchestrator: Fact<'kubernetes'>;
  readonly namespace: Fact<string>;
  readonly pod: Fact<string>;
  readonly labels: Fact<ReadonlyMap<string, string>>;
  /** uid of the `kube-system` namespace. */
  readonly clusterId: Fact<string>;
  readonly clusterName: Fact<string>;
}

/** A container of which nothing is known yet. */
export const factsUnknown: ContainerFacts = Object.freeze({
  image: undefined,
  orchestrator: undefined,
  namespace: undefined,
  pod: undefined,
  labels: undefined,
  clusterId: undefined,
  clusterName: undefined,
});

/** A container that is known to have no attribute at all: a plain bundle. */
export const noFacts: ContainerFacts = Object.freeze({
  image: null,
  orchestrator: null,
  namespace: null,
  pod: null,
  labels: null,
  clusterId: null,
  clusterName: null,
});
