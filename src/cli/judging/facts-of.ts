/** What was asked about says of the thing that a condition asks for, in words. */
import type { ContainerFacts, Fact, ImageReference } from '#base';
import { type KnownPaths, limits, type PolicyEvent } from '#policy';

/** An operation in a container: that of a policy test, or of a command line. */
export interface Asked {
  readonly container: ContainerFacts;
  readonly event: PolicyEvent;
}

const text = new TextDecoder();

export function factOf(condition: string, { container, event }: Asked): string {
  const { process } = event;
  const pairs = event.kind === 'pairs' ? event.pairs : [];
  switch (condition) {
    case 'operation':
      return event.kind === 'directory' ? 'a directory is renamed' : `the operation is ${listed(pairs.flatMap(({ operations }) => operations))}`;
    case 'targetFilePath':
      return pathWords('file', 'path', event.kind === 'directory' ? [event.from, event.to] : pairs.map(({ paths }) => paths));
    case 'ignoreVolumeMounts':
    case 'ignoreVolumeFiles':
      return `the file is on \`${event.kind === 'directory' ? event.mount : [...new Set(pairs.map(({ mount }) => mount))].join(', ')}\``;
    case 'processExecutable':
    case 'processName':
      return pathWords('process', 'executable', [process.executable]);
    case 'processUserId':
      return process.userId > limits.userIdMax ? 'no user is given' : `the user is \`${process.userId}\``;
    case 'sessionLeaderInteractive':
      return `the session is ${process.interactive ? '' : 'not '}interactive`;
    case 'sessionLeaderName':
      return process.sessionLeader.length === 0 ? 'no session leader is given' : `the session leader is \`${text.decode(process.sessionLeader)}\``;
    default:
      return containerWords(containerFact(condition, container));
  }
}

function containerFact(condition: string, { image, ...facts }: ContainerFacts): Fact<string> {
  const ofImage = (part: (reference: ImageReference) => Fact<string>): Fact<string> => (image === null || image === undefined ? image : part(image));
  switch (condition) {
    case 'containerImageFullName': return ofImage(({ fullName }) => fullName);
    case 'containerImageName': return ofImage(({ name }) => name);
    case 'containerImageTag': return ofImage(({ tag }) => tag);
    case 'kubernetesClusterId': return facts.clusterId;
    case 'kubernetesClusterName': return facts.clusterName;
    case 'kubernetesNamespace': return facts.namespace;
    case 'kubernetesPodName': return facts.pod;
    case 'kubernetesPodLabel': return facts.labels && [...facts.labels].map(([key, value]) => `${key}:${value}`).join(', ');
    default: return facts.orchestrator;
  }
}

function containerWords(fact: Fact<string>): string {
  if (fact === undefined) return 'not known of the container';
  return fact === null || fact === '' ? 'the container has none' : `the container has \`${fact}\``;
}

function pathWords(whose: string, what: string, all: readonly KnownPaths[]): string {
  return [...new Set(all.map((paths) => {
    if (paths.kind === 'none') return `the ${whose} has no ${what}`;
    if (paths.kind === 'unknown' || paths.paths.length === 0) return `the ${what} is not known`;
    return `the ${what} is ${listed(paths.paths.map((path) => text.decode(path)))}`;
  }))].join(', ');
}

const listed = (words: readonly string[]): string => [...new Set(words)].map((word) => `\`${word}\``).join(', ');
