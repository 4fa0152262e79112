import { parseImageReference } from '#base';
import type { ContainerFacts } from '#base';
import type { ContainerdContainer } from './client.ts';

/** Labels that the kubelet and containerd's CRI put on containers: about the pod, not of it. */
const ownPrefixes = ['io.kubernetes.', 'io.cri-containerd.'];

/** The pod's first container, which holds its namespaces and carries the pod's labels. */
export function sandboxIdOf(container: ContainerdContainer): string | undefined {
  return container.spec.annotations?.['io.kubernetes.cri.sandbox-id'];
}

/** What policies can ask, as containerd tells it; `sandbox` is unset where the container is in no pod. */
export function factsOf(
  container: ContainerdContainer,
  sandbox: ContainerdContainer | undefined,
  clusterName: string | null,
): ContainerFacts {
  const annotations = container.spec.annotations ?? {};
  const pod = container.labels['io.kubernetes.pod.name'] ?? annotations['io.kubernetes.cri.sandbox-name'];
  const namespace =
    container.labels['io.kubernetes.pod.namespace'] ?? annotations['io.kubernetes.cri.sandbox-namespace'];
  const inPod = pod !== undefined;
  const image = annotations['io.kubernetes.cri.image-name'] ?? container.image;
  return Object.freeze({
    image: parseImageReference(image),
    orchestrator: inPod ? 'kubernetes' : null,
    namespace: namespace ?? null,
    pod: pod ?? null,
    labels: inPod ? podLabels(sandbox ?? container) : null,
    // Only the cluster itself knows its id: a source for it comes later.
    clusterId: null,
    clusterName: inPod ? clusterName : null,
  });
}

function podLabels(container: ContainerdContainer): ReadonlyMap<string, string> {
  const own = Object.entries(container.labels).filter(
    ([key]) => !ownPrefixes.some((prefix) => key.startsWith(prefix)),
  );
  return new Map(own);
}
