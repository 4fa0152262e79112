import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupOfProcess, cgroupPathOfSpec } from '../cgroup.ts';
import { cgroupIdOf, findCgroupRoot } from '../cgroup.ts';
import type { ContainerSink, ContainerSource, ExpectedContainer } from '../model.ts';
import { connectContainerd } from './client.ts';
import type { ContainerdClient, ContainerdContainer, ContainerdEvent } from './client.ts';
import { factsOf, sandboxIdOf } from './facts.ts';

/** Where containerd and the distributions that bring their own listen. */
const sockets = ['/run/containerd/containerd.sock', '/run/k3s/containerd/containerd.sock'];
/** Docker keeps no image names in containerd: its containers are its own source's to tell. */
const foreignNamespaces: ReadonlySet<string> = new Set(['moby']);
const retryFirstMs = 250;
const retryLastMs = 10_000;

/** The socket of a containerd on this host, if there is one. */
export function findContainerd(): string | undefined {
  return sockets.find((socket) => existsSync(socket));
}

/** Containers of a containerd: those there are, then each as it is made, before its first process runs. */
export function containerdSource(options: {
  readonly socket: string;
  readonly clusterName?: string | undefined;
}): ContainerSource {
  return {
    name: 'containerd',
    async start(sink) {
      const stop = new AbortController();
      const first = Promise.withResolvers<void>();
      const done = keepFollowing(options, sink, stop.signal, first.resolve);
      await first.promise;
      return {
        async [Symbol.asyncDispose]() {
          stop.abort();
          await done;
        },
      };
    },
  };
}

/** Follows until stopped; a containerd that restarts, or is not there yet, is tried again. */
async function keepFollowing(
  options: { readonly socket: string; readonly clusterName?: string | undefined },
  sink: ContainerSink,
  signal: AbortSignal,
  told: () => void,
): Promise<void> {
  const known = new Map<string, string>();
  let wait = retryFirstMs;
  while (!signal.aborted) {
    try {
      using client = await connectContainerd(options.socket);
      const follower = createFollower(client, sink, options.clusterName ?? null, known);
      await follower.follow(signal, () => {
        wait = retryFirstMs;
        told();
      });
    } catch (error) {
      if (!signal.aborted) sink.failed(error as Error);
    }
    told(); // containers of a containerd that does not answer are told when it does
    if (!signal.aborted) await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
    wait = Math.min(wait * 2, retryLastMs);
  }
}

interface Follower {
  follow(signal: AbortSignal, told: () => void): Promise<void>;
}

/** `known`: namespace and id of each container told of → its cgroup's path. */
function createFollower(
  client: ContainerdClient,
  sink: ContainerSink,
  clusterName: string | null,
  known: Map<string, string>,
): Follower {
  const root = findCgroupRoot();

  async function expected(
    namespace: string,
    container: ContainerdContainer,
    pid: number | undefined,
  ): Promise<ExpectedContainer | undefined> {
    const cgroupPath = cgroupPathOf(root, container, pid);
    if (cgroupPath === undefined) return undefined;
    const sandboxId = sandboxIdOf(container);
    const sandbox = sandboxId === undefined || sandboxId === container.id ? container : await client.container(namespace, sandboxId);
    return {
      id: container.id,
      cgroupPath,
      pid,
      sharesPids: sharesPids(container),
      name: container.labels['io.kubernetes.container.name'],
      facts: factsOf(container, sandbox, clusterName),
      source: 'containerd',
      runtime: 'containerd',
    };
  }

  async function tell(namespace: string, container: ContainerdContainer, pid: number | undefined): Promise<void> {
    const found = await expected(namespace, container, pid);
    if (found === undefined) return;
    known.set(`${namespace}/${container.id}`, found.cgroupPath);
    const cgroupId = cgroupIdOf(root, found.cgroupPath);
    if (cgroupId === undefined) sink.expect(found);
    else await sink.put({ ...found, cgroupId });
  }

  function forget(key: string): void {
    const path = known.get(key);
    if (path !== undefined) sink.removed(path);
    known.delete(key);
  }

  async function heard(event: ContainerdEvent): Promise<void> {
    if (foreignNamespaces.has(event.namespace) || event.isFurther) return;
    const key = `${event.namespace}/${event.containerId}`;
    if (event.topic === '/containers/delete') return forget(key);
    // The task is gone, the container may be started again: its cgroup's end tells of itself.
    if (event.topic === '/tasks/delete') return;
    const container = await client.container(event.namespace, event.containerId);
    if (container !== undefined) await tell(event.namespace, container, event.pid);
  }

  return {
    async follow(signal, told) {
      // Events are asked for first: what happens during the list is heard after it, never missed.
      // Those of one container are taken in turn, those of others don't wait for them.
      const turns = new Map<string, Promise<void>>();
      // A list that fails ends this attempt, and so its stream, which closing the client would let go on.
      const attempt = new AbortController();
      const stream = client.subscribe((event) => {
        const key = `${event.namespace}/${event.containerId}`;
        const turn = (turns.get(key) ?? Promise.resolve())
          .then(() => heard(event))
          .catch((error: unknown) => sink.failed(error as Error))
          .finally(() => turns.get(key) === turn && turns.delete(key));
        turns.set(key, turn);
      }, AbortSignal.any([signal, attempt.signal]));
      try {
        await Promise.all([stream, listAll(client, known, tell, forget).then(told)]);
      } finally {
        attempt.abort();
      }
      await Promise.all(turns.values());
    },
  };
}

/**
 * Where the runtime was told to put it, if that is there: its first process may have moved on, further down or
 * anywhere. Else, as for a containerd that has a hierarchy of its own, where its first process is.
 */
function cgroupPathOf(root: string, { spec }: ContainerdContainer, pid: number | undefined): string | undefined {
  const bySpec = cgroupPathOfSpec(spec.linux?.cgroupsPath ?? '');
  if (bySpec !== undefined && cgroupIdOf(root, bySpec) !== undefined) return bySpec;
  const byProcess = pid === undefined ? undefined : cgroupOfProcess(pid);
  // The root is no container's: where it is said, the process is gone or on its way.
  return byProcess !== undefined && byProcess !== '/' ? byProcess : bySpec;
}

function sharesPids({ spec }: ContainerdContainer): boolean {
  const own = spec.linux?.namespaces?.find(({ type }) => type === 'pid');
  return own === undefined || (own.path ?? '') !== '';
}

async function listAll(
  client: ContainerdClient,
  known: ReadonlyMap<string, string>,
  tell: (namespace: string, container: ContainerdContainer, pid: number | undefined) => Promise<void>,
  forget: (key: string) => void,
): Promise<void> {
  const seen = new Set<string>();
  for (const namespace of await client.namespaces()) {
    if (foreignNamespaces.has(namespace)) continue;
    const [containers, tasks] = await Promise.all([client.containers(namespace), client.tasks(namespace)]);
    for (const container of containers) {
      seen.add(`${namespace}/${container.id}`);
      await tell(namespace, container, tasks.get(container.id));
    }
  }
  for (const key of [...known.keys()]) if (!seen.has(key)) forget(key);
}
