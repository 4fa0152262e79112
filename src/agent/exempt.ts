import { cgroupOfProcess } from '#containers';
import type { Container } from '#containers';

/** Containers that are never blocked, though recorded and alerted. */
export type Exemption =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace'; readonly namespace: string };

/** The agent must not lock itself out, nor the cluster its own parts. */
export const defaultExemptions: readonly Exemption[] = [
  { kind: 'self' },
  { kind: 'namespace', namespace: 'kube-system' },
];

export function createExempt(exemptions: readonly Exemption[]): (container: Container) => boolean {
  const own = cgroupOfProcess('self') ?? '/';
  return (container) =>
    exemptions.some((exemption) => {
      if (exemption.kind === 'namespace') return container.facts.namespace === exemption.namespace;
      return own === container.cgroupPath || own.startsWith(`${container.cgroupPath}/`);
    });
}
