import { release } from 'node:os';
import { findCgroupRoot, isKnown, listCgroupIds, openMemory, openRegistry } from '#containers';
import type { Container, ContainerSource, Registry } from '#containers';
import { toDocument } from '#ecs';
import type { OperationEvent } from '#events';
import type { OutgoingDocument, Output, Store } from '#outputs';
import type { Policy } from '#policy';
import { alikeOf } from './alike.ts';
import { createBootEpoch } from './clock.ts';
import { createExempt, defaultExemptions } from './exempt.ts';
import type { Exemption } from './exempt.ts';
import { createForce } from './force.ts';
import type { Force } from './force.ts';
import { startHeartbeat } from './heartbeat.ts';
import { readAgent, readHost } from './host.ts';
import { judge } from './judge.ts';
import type { KernelPort } from './kernel-port.ts';
import { openKernelPort } from './open-kernel.ts';
import { startPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { openOutlets, openPost } from './post.ts';
import type { Post } from './post.ts';
import type { AgentStatus } from './status.ts';
import type { Draft } from './teller.ts';
import { version } from './version.ts';

/** Where documents go. */
export interface Outlets {
  readonly outputs: readonly Output[];
  /** Opened beside: enforcement does not wait for the disk. */
  readonly store?: (() => Promise<Store>) | undefined;
}

export interface AgentOptions extends Outlets {
  readonly policies: readonly Policy[];
  /** Every policy in mode monitor: nothing is denied. */
  readonly monitor: boolean;
  readonly sources: readonly ContainerSource[];
  /** Where programs and maps are pinned, so that they outlive the agent; `null`: they don't. */
  readonly pinFolder: string | null;
  /** Also judge what has a runtime's cgroup path, before any source has named it. */
  readonly recognise?: boolean;
  /** Folder that outlives the agent, for what it knows of containers. */
  readonly memoryFolder?: string;
  readonly exempt?: readonly Exemption[];
  /** How long repeats of an alert are told of together; left out: each alert has a document of its own. */
  readonly repeatsWithinMs?: number;
  /** How long programs go on without an agent; left out: for ever. */
  readonly orphanAfterMs?: number;
  /** Namespace of the data streams. */
  readonly namespace?: string;
  readonly log: (line: string) => void;
  /** Another kernel than this host's, for tests. */
  readonly kernel?: KernelPort;
}

export interface Agent extends AsyncDisposable {
  /** All records that were in the rings have reached the outputs; what is held back is waited for. */
  settle(): Promise<void>;
  status(): Promise<AgentStatus>;
  /** Other policies, and other outlets if given: at once or not at all. */
  replace(policies: readonly Policy[], outlets?: Outlets): Promise<void>;
  /** Called with every batch of documents that is safe. */
  onDocuments(heard: (batch: readonly OutgoingDocument[]) => void): Disposable;
  readonly store: Store | undefined;
  readonly mechanism: KernelPort['mechanism'];
}

/** Problems kept for `status`. */
const problemsMax = 20;

/** Enforces first; then the sources tell of containers, and the rings are read. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  await using scope = new AsyncDisposableStack();
  const { problems, note } = createNotes(options.log);
  const opening = beginPost(options, scope);
  const kernel = scope.use(options.kernel ?? (await openKernelPort({ pinFolder: options.pinFolder, observes: options.monitor })));
  scope.use(startHeartbeat(kernel, options.orphanAfterMs ?? 0, note));
  const force = scope.use(await createForce(kernel, asMode(options.policies, options.monitor), note));
  const isExempt = createExempt(options.exempt ?? defaultExemptions);
  const listeners = new Set<(batch: readonly OutgoingDocument[]) => void>();

  let pipeline: Pipeline | undefined;
  const registry = scope.use(
    await openRegistry({
      sources: options.sources,
      recognise: options.recognise ?? false,
      memory: options.memoryFolder === undefined ? undefined : openMemory(options.memoryFolder),
      async changed(container) {
        await force.assign(container, isExempt(container));
        if (isKnown(container)) pipeline?.named(container.cgroupId);
      },
      removed(container) {
        pipeline?.ended(container.cgroupId);
        force.forget(container.cgroupId).catch((error: unknown) => note(describe(error)));
      },
      failed: (source, error) => note(`${source}: ${describe(error)}`),
    }),
  );
  await force.forgetGone(listCgroupIds(findCgroupRoot()));

  const post = await opening;
  const render = createRenderer(options, kernel, force);
  pipeline = scope.use(
    startPipeline({
      kernel,
      container: (cgroupId) => registry.get(cgroupId),
      documents: render,
      async deliver(batch) {
        await post.deliver(batch);
        for (const heard of listeners) heard(batch);
      },
      failed: (error) => note(describe(error)),
      repeatsWithinMs: options.repeatsWithinMs ?? 0,
    }),
  );

  const owned = scope.move();
  const parts = { options, kernel, force, registry, pipeline, post, problems };
  return {
    settle: async () => parts.pipeline.settle().then(() => post.settle()),
    status: () => statusOf(parts),
    async replace(policies, outlets) {
      const fresh = outlets && (await openOutlets(outlets));
      try {
        await force.replace(asMode(policies, options.monitor));
      } catch (error) {
        await fresh?.close();
        throw error;
      }
      if (fresh !== undefined) await post.swap(fresh);
    },
    onDocuments(heard) {
      listeners.add(heard);
      return { [Symbol.dispose]: () => void listeners.delete(heard) };
    },
    get store() {
      return post.store;
    },
    mechanism: kernel.mechanism,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Opens the outlets beside, in a worker: enforcement does not wait for the disk. */
function beginPost(outlets: Outlets, scope: AsyncDisposableStack): Promise<Post> {
  const opening = openPost(outlets);
  opening.catch(() => undefined); // a failure is told where it is awaited
  scope.defer(async () => {
    const opened = await opening.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  });
  return opening;
}

/** What goes wrong is told at once, and the last of it kept for `status`. */
function createNotes(log: (line: string) => void): { readonly problems: string[]; readonly note: (line: string) => void } {
  const problems: string[] = [];
  const note = (line: string): void => {
    problems.push(`${new Date().toISOString()} ${line}`);
    if (problems.length > problemsMax) problems.shift();
    log(line);
  };
  return { problems, note };
}

function asMode(policies: readonly Policy[], monitor: boolean): readonly Policy[] {
  return monitor ? policies.map((policy) => ({ ...policy, mode: 'monitor' as const })) : policies;
}

/** An event as the documents of its streams, by the policies that were in force when it happened. */
function createRenderer(
  options: AgentOptions,
  kernel: KernelPort,
  force: Force,
): (event: OperationEvent, container: Container | undefined, done: ReadonlySet<string>) => Draft[] {
  const host = readHost();
  const agent = readAgent(version, host);
  const bootEpoch = createBootEpoch(kernel);
  return (event, container, done) => {
    const outcome = judge(force.policiesAt(event.timeNs), container?.facts, event);
    const bootEpochNs = bootEpoch();
    const alike = options.repeatsWithinMs ? alikeOf(event, outcome) : undefined;
    return outcome.streams
      .filter((stream) => !done.has(stream))
      .map((stream) => ({
        stream,
        alike: stream === 'alerts' ? alike : undefined,
        write: (repeats) => ({
          id: repeats?.id ?? event.id,
          stream,
          document: toDocument({
            event: { ...event, actions: outcome.actions },
            stream,
            judgement: outcome.judgement,
            container,
            host,
            agent,
            bootEpochNs,
            namespace: options.namespace ?? 'default',
            repeats,
          }),
        }),
      }));
  };
}

interface Parts {
  readonly options: AgentOptions;
  readonly kernel: KernelPort;
  readonly force: Force;
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  readonly post: Post;
  readonly problems: readonly string[];
}

async function statusOf(parts: Parts): Promise<AgentStatus> {
  const { kernel, force, registry, pipeline } = parts;
  const counters = kernel.counters();
  const outputs = await parts.post.states();
  // A store that fails is told of among the outputs.
  const dropped = (await parts.post.store?.dropped().catch(() => ({}))) ?? {};
  const inKernel = toNumbers(counters.lost);
  const byContainer = [...kernel.lost()].map(
    ([cgroupId, reasons]) => [cgroupId.toString(), toNumbers(reasons)] as const,
  );
  return {
    version,
    kernel: { release: release(), mechanism: kernel.mechanism, hooks: kernel.hooks },
    disabled: null,
    monitor: parts.options.monitor,
    policies: force.policies(),
    containers: registry.list().map((container) => ({
      id: container.id,
      name: container.name ?? null,
      cgroupId: container.cgroupId.toString(),
      cgroupPath: container.cgroupPath,
      image: imageText(container),
      namespace: container.facts.namespace ?? null,
      pod: container.facts.pod ?? null,
      profile: force.profileOf(container.cgroupId) ?? null,
      known: isKnown(container),
      source: container.source,
    })),
    counters: {
      events: Number(counters.recorded - counters.retracted),
      alerts: pipeline.counts().alerts,
      documents: pipeline.counts().documents,
      repeats: pipeline.counts().repeats,
      held: pipeline.counts().held,
      denied: Number(counters.denied - counters.retracted),
      tampered: Number(counters.tampered),
      lost: { ...inKernel, ...withoutCounted(pipeline.lost(), inKernel), ...dropped },
      lostByContainer: Object.fromEntries(byContainer),
      waiting: pipeline.counts().waiting,
      unreadBytes: kernel.unread(),
      unprotected: force.unprotected(),
    },
    outputs,
    problems: [...parts.problems],
    memory: { rssBytes: process.memoryUsage.rss(), ...kernel.memory() },
  };
}

/** What the kernel could not deliver has used its number too: only numbers beyond those went missing unseen. */
function withoutCounted(own: Readonly<Record<string, number>>, inKernel: Readonly<Record<string, number>>): Record<string, number> {
  const counted = Object.values(inKernel).reduce((sum, count) => sum + count, 0);
  return { ...own, sequence_gap: Math.max(0, (own['sequence_gap'] ?? 0) - counted) };
}

function toNumbers(counts: Readonly<Record<string, bigint>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [reason, Number(count)]));
}

function imageText(container: Container): string | null {
  const { image } = container.facts;
  if (image === undefined || image === null) return null;
  return `${image.fullName}${image.tag === null ? '' : `:${image.tag}`}${image.digest === null ? '' : `@${image.digest}`}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
