/** Recorded documents (ECS, as our outputs write them) in the words of policies. */
import { type ContainerFacts, factsUnknown, parseImageReference } from '#base';
import type { Recorded } from '#compiler';
import { type EventPair, type KnownPaths, type MountKind, operationNames, type OperationName, type ProcessFacts } from '#policy';

/** A document that can be judged, or why it cannot. */
export type ReadDocument =
  | { readonly kind: 'operation'; readonly id: string; readonly recorded: Recorded }
  | { readonly kind: 'unusable'; readonly why: string };

const utf8 = new TextEncoder();
/** What the kernel keeps of a process's name; one of that length may have been cut. */
const nameBytesMax = 15;

export function readDocument(document: unknown): ReadDocument {
  const root = fieldsOf(document);
  const source = fieldsOf(root['_source'] ?? root);
  const own = at(source, 'd4c');
  const operations = textsOf(own['operations']).filter((name): name is OperationName => (operationNames as readonly string[]).includes(name));
  if (Object.keys(source).length === 0) return { kind: 'unusable', why: 'is no document' };
  if (operations.length === 0) return { kind: 'unusable', why: 'has no `d4c.operations`: it was not written by D4C' };
  const lacks: string[] = [];
  const pairs = pairsOf(source, operations);
  const process = processOf(source, lacks);
  const facts = containerOf(source);
  const container = at(source, 'container');
  const recorded: Recorded = {
    facts, event: { kind: 'pairs', pairs, process },
    workload: workloadOf(facts), container: text(container['id']) ?? text(at(source, 'd4c', 'cgroup')['id']) ?? '?',
    path: text(at(source, 'file')['path']) ?? placeWithout(own), time: text(source['@timestamp']) ?? '',
    count: countOf(own), wasBlocked: textsOf(at(source, 'event')['type']).includes('denied'), lacks,
  };
  return { kind: 'operation', id: text(at(source, 'event')['id']) ?? '', recorded };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Nested fields; names with dots are understood where a document has been flattened. */
function at(source: Fields, ...names: readonly string[]): Fields {
  return names.reduce((fields, name) => fieldsOf(fields[name]), source);
}

function text(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? one : typeof one === 'number' ? String(one) : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

/** Repeats that one document stands for. */
function countOf(own: Fields): number {
  const count = own['count'] ?? at(own, 'repeats')['count'];
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 1;
}

function placeWithout(own: Fields): string {
  return text(at(own, 'file')['path_status']) === 'unknown' ? '(path not known)' : '(no path)';
}

/**
 * The operations with their paths. A rename or a link has two places: what is lost is at the old name, all else
 * at the new one. `file.path` is the old one if something that was recorded happened there.
 */
function pairsOf(source: Fields, operations: readonly OperationName[]): readonly EventPair[] {
  const own = at(source, 'd4c', 'file');
  const mount = (['image', 'volume', 'file'] as const).find((kind) => kind === own['mount']) ?? 'image';
  const here = pathsAt(source);
  const other = otherPaths(source);
  const action = text(at(source, 'event')['action']);
  const isExecutable = /[1357]/.test((text(at(source, 'file')['mode']) ?? '').slice(-3));
  const pair = (list: readonly OperationName[], paths: KnownPaths, at: MountKind = mount): EventPair => ({ operations: list, paths, mount: at });
  if (other === null || (action !== 'rename' && action !== 'link')) return [pair(operations, here)];
  const atOld: OperationName = action === 'rename' ? 'deleteFile' : 'modifyExecutable';
  const isOldHere = operations.includes(atOld);
  const arrived: readonly OperationName[] = ['createFile', ...(isExecutable ? ['createExecutable' as const] : [])];
  const atNew = [...new Set([...arrived, ...operations.filter((name) => name !== atOld)])];
  const left: readonly OperationName[] = action === 'rename' || isExecutable ? [atOld] : [];
  return [
    ...(left.length > 0 ? [pair(left, isOldHere ? here : other)] : []),
    pair(atNew, isOldHere ? other : here),
  ];
}

function pathsAt(source: Fields): KnownPaths {
  const own = at(source, 'd4c', 'file');
  const status = text(own['path_status']);
  if (status === 'none' || status === 'unknown') return { kind: status };
  const first = bytesOf(text(at(source, 'file')['path']), text(own['path_base64']));
  const root = bytesOf(text(own['root_path']), text(own['root_path_base64']));
  const paths = [first, root].filter((path) => path !== null);
  return paths.length === 0 ? { kind: 'none' } : { kind: 'paths', paths };
}

function otherPaths(source: Fields): KnownPaths | null {
  const path = bytesOf(text(at(source, 'file', 'Ext', 'original')['path']), text(at(source, 'd4c', 'file')['original_path_base64']));
  return path === null ? null : { kind: 'paths', paths: [path] };
}

function bytesOf(plain: string | undefined, base64: string | undefined): Uint8Array | null {
  if (base64 !== undefined) return new Uint8Array(Buffer.from(base64, 'base64'));
  return plain === undefined ? null : utf8.encode(plain);
}

/** The user is that of the container's own user namespace. */
function processOf(source: Fields, lacks: string[]): ProcessFacts {
  const process = at(source, 'process');
  const own = at(source, 'd4c', 'process');
  const executable = bytesOf(text(process['executable']), text(own['executable_base64']));
  const leader = text(at(source, 'process', 'session_leader')['name']);
  if (leader === undefined || utf8.encode(leader).length >= nameBytesMax) lacks.push('sessionLeaderName');
  const user = Number(text(own['container_user']) ?? text(at(source, 'user')['id']) ?? NaN);
  if (!Number.isInteger(user)) lacks.push('processUserId');
  if (typeof process['interactive'] !== 'boolean') lacks.push('sessionLeaderInteractive');
  return {
    executable: executable === null ? { kind: 'unknown' } : { kind: 'paths', paths: [executable] },
    userId: Number.isInteger(user) ? user : 0xffffffff,
    interactive: process['interactive'] === true,
    sessionLeader: utf8.encode(leader ?? ''),
  };
}

/** What a document does not say of a container that it names is not known; what it says nothing else of, it has not. */
function containerOf(source: Fields): ContainerFacts {
  const container = at(source, 'container');
  const orchestrator = at(source, 'orchestrator');
  if (text(container['id']) === undefined) return factsUnknown;
  const image = at(container, 'image');
  const name = text(image['name']);
  const tag = text(image['tag']);
  const digest = text(at(image, 'hash')['all']);
  const reference = name === undefined ? undefined : parseImageReference(`${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`);
  const namespace = text(orchestrator['namespace']);
  const pod = text(at(orchestrator, 'resource')['name']);
  const isPod = namespace !== undefined || pod !== undefined;
  const labels = Object.entries(at(orchestrator, 'resource', 'label')).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    image: reference, orchestrator: isPod ? 'kubernetes' : null, namespace: namespace ?? null, pod: pod ?? null,
    labels: isPod ? new Map(labels) : null,
    clusterId: text(at(orchestrator, 'cluster')['id']) ?? null, clusterName: text(at(orchestrator, 'cluster')['name']) ?? null,
  };
}

function workloadOf({ image, namespace, pod }: ContainerFacts): string {
  const parts = [
    image ? `image ${image.fullName}${image.tag === null ? '' : `:${image.tag}`}` : 'an image that is not known',
    ...(typeof namespace === 'string' ? [`namespace ${namespace}`] : []),
  ];
  return typeof pod === 'string' || image ? parts.join(', ') : parts[0]!;
}
