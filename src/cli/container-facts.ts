import type { ContainerFacts } from '#base';
import { Failure, factsUnknown, nearest, noFacts, parseImageReference } from '#base';

const keys = ['image', 'namespace', 'pod', 'label', 'clusterId', 'clusterName', 'orchestrator'] as const;
type Key = (typeof keys)[number];

/** What the option `--container` says of itself. */
export const containerOptionHelp = `a fact of the container: ${keys.map((key) => `${key}=…`).join(', ')}, or \`unknown\``;

/**
 * The facts that `--container KEY=VALUE…` gives; whatever is not given the container lacks. `unknown` alone:
 * nothing is known of it. A namespace, pod or label makes it a pod's, so `orchestrator` need not be said.
 */
export function parseContainerFacts(options: readonly string[]): ContainerFacts {
  if (options.includes('unknown')) {
    if (options.length === 1) return factsUnknown;
    throw new Failure('usage', '`--container unknown` stands beside other facts', { help: 'give it alone, or leave it out' });
  }
  let facts: ContainerFacts = noFacts;
  const labels = new Map<string, string>();
  const given = new Set<Key>();
  for (const option of options) {
    const [key, value] = split(option);
    if (given.has(key) && key !== 'label') throw new Failure('usage', `\`${key}\` is given twice`, { help: 'only `label` may be repeated' });
    given.add(key);
    if (key === 'label') addLabel(labels, value);
    else facts = { ...facts, ...fact(key, value) };
  }
  if (labels.size > 0) facts = { ...facts, labels };
  const ofPod = given.has('namespace') || given.has('pod') || labels.size > 0;
  return ofPod && !given.has('orchestrator') ? { ...facts, orchestrator: 'kubernetes' } : facts;
}

function split(option: string): [Key, string] {
  const equals = option.indexOf('=');
  const key = equals < 0 ? option : option.slice(0, equals);
  if (!isKey(key)) {
    const meant = nearest(key, keys);
    throw new Failure('usage', `\`${key}\` is no fact of a container`, {
      help: meant ? `did you mean \`${meant}\`?` : `known are ${keys.map((known) => `\`${known}\``).join(', ')}, and \`unknown\` alone`,
    });
  }
  if (equals < 0 || equals === option.length - 1) throw new Failure('usage', `\`${key}\` has no value`, { help: `write \`${key}=VALUE\`` });
  return [key, option.slice(equals + 1)];
}

function isKey(key: string): key is Key {
  return (keys as readonly string[]).includes(key);
}

function addLabel(labels: Map<string, string>, value: string): void {
  const colon = value.indexOf(':');
  if (colon <= 0) {
    const what = colon < 0 ? 'no `:` between key and value' : 'no key';
    throw new Failure('usage', `the label \`${value}\` has ${what}`, { help: 'write `label=key:value`' });
  }
  labels.set(value.slice(0, colon), value.slice(colon + 1));
}

function fact(key: Exclude<Key, 'label'>, value: string): Partial<ContainerFacts> {
  switch (key) {
    case 'image': {
      const image = parseImageReference(value);
      if (image) return { image };
      throw new Failure('usage', `\`${value}\` is no image reference`, {
        help: 'write it as the container was created with, like `docker.io/library/nginx:1.25`',
      });
    }
    case 'orchestrator':
      if (value === 'kubernetes') return { orchestrator: value };
      throw new Failure('usage', `\`${value}\` is no orchestrator`, { help: '`kubernetes` is the only one' });
    case 'namespace':
    case 'pod':
    case 'clusterId':
    case 'clusterName':
      return { [key]: value };
  }
}
