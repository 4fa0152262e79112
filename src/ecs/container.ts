import type { Container } from '#containers';
import type { HostFacts, Json } from './context.ts';

type Fields = { readonly [key: string]: Json };

/** Digits of an id that people read out to each other, as the runtimes' own tools print it. */
const shortIdLength = 12;

export function containerFields(container: Container | undefined): Fields {
  if (container === undefined) return {};
  const { image } = container.facts;
  return {
    container: {
      id: container.id,
      ...(container.name === undefined ? {} : { name: container.name }),
      ...(container.runtime === undefined ? {} : { runtime: container.runtime }),
      ...(image === undefined || image === null
        ? {}
        : {
            image: {
              name: image.fullName,
              ...(image.tag === null ? {} : { tag: [image.tag] }),
              ...(image.digest === null ? {} : { hash: { all: [image.digest] } }),
            },
          }),
    },
  };
}

export function orchestratorFields(container: Container | undefined): Fields {
  if (container === undefined) return {};
  const { orchestrator, namespace, pod, labels, clusterId, clusterName } = container.facts;
  const cluster = { ...text('id', clusterId), ...text('name', clusterName) };
  const hasCluster = Object.keys(cluster).length > 0;
  if (orchestrator !== 'kubernetes' && !hasCluster) return {};
  const label = labels === undefined || labels === null ? {} : { label: Object.fromEntries(labels) };
  return {
    orchestrator: {
      type: 'kubernetes',
      ...text('namespace', namespace),
      ...(typeof pod === 'string' ? { resource: { type: 'pod', name: pod, ...label } } : {}),
      ...(hasCluster ? { cluster } : {}),
    },
  };
}

export function hostFields(host: HostFacts): Fields {
  return {
    host: {
      ...text('id', host.id),
      name: host.hostname,
      hostname: host.hostname,
      architecture: host.architecture,
      ip: host.ip,
      mac: host.mac,
      boot: { id: host.bootId },
      ...text('pid_ns_ino', host.pidNamespace),
      os: {
        type: 'linux',
        kernel: host.os.kernel,
        ...text('name', host.os.name),
        ...text('platform', host.os.platform),
        ...text('version', host.os.version),
        ...text('full', host.os.full),
        ...text('family', host.os.family),
        ...text('codename', host.os.codename),
      },
    },
  };
}

/** How a sentence speaks of a container: by its pod, its name or the beginning of its id. */
export function containerPhrase(container: Container | undefined, cgroupId: bigint): string {
  if (container === undefined) return `an unknown container (cgroup ${cgroupId})`;
  const { image, namespace, pod } = container.facts;
  const known = [
    image ? `image ${image.fullName}${image.tag === null ? `@${image.digest}` : `:${image.tag}`}` : undefined,
    typeof pod === 'string' ? `pod ${namespace ?? '?'}/${pod}` : undefined,
  ].filter((part) => part !== undefined);
  const id = /^[0-9a-f]{32,}$/.test(container.id) ? container.id.slice(0, shortIdLength) : container.id;
  const name = container.name === undefined || container.name === container.id ? id : container.name;
  return `container ${name}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
}

function text(name: string, value: string | null | undefined): Fields {
  return value === null || value === undefined ? {} : { [name]: value };
}
