import { parseImageReference } from '#base';
import type { ContainerFacts } from '#base';
import type { ContainerdContainer } from './client.ts';

/** Labels that the kubelet and containerd's CRI put on containers: about the pod, not of it. */
const ownPrefixes = ['io.kubernetes.', 'io.cri-containerd.'];

/** The pod's first container, which holds its namespaces and carries the pod's labels. */
export function sandboxIdOf(container: ContainerdContainer): string | undefined {
  return container.spec.annotations?.['io.kubernetes.cri.sandbox-id'];
}

/**
 * What policies can ask, as containerd tells it; `sandbox` is unset where the container is in no pod, or its
 * pod's sandbox is gone. An image can bring labels of its own, which some clients take over: that a container
 * is in a pod is said by CRI's annotations, which it can't bring.
 */
export function factsOf(
  container: ContainerdContainer,
  sandbox: ContainerdContainer | undefined,
  clusterName: string | null,
): ContainerFacts {
  const annotations = container.spec.annotations ?? {};
  const inPod = sandboxIdOf(container) !== undefined;
  const ofPod = (annotation: string, label: string): string | null =>
    inPod ? (annotations[annotation] ?? container.labels[label] ?? null) : null;
  const image = annotations['io.kubernetes.cri.image-name'] ?? container.image;
  return Object.freeze({
    image: parseImageReference(image),
    orchestrator: inPod ? 'kubernetes' : null,
    namespace: ofPod('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace'),
    pod: ofPod('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name'),
    labels: inPod ? sandbox && podLabels(sandbox) : null,
    // A pod has one, but only the cluster itself knows it: a source for it comes later.
    clusterId: inPod ? undefined : null,
    clusterName: inPod ? clusterName : null,
  });
}

function podLabels(container: ContainerdContainer): ReadonlyMap<string, string> {
  const own = Object.entries(container.labels).filter(
    ([key]) => !ownPrefixes.some((prefix) => key.startsWith(prefix)),
  );
  return new Map(own);
}
