import { release } from 'node:os';
import { isKnown, openRegistry } from '#containers';
import type { Container, ContainerSource, Registry } from '#containers';
import { toDocument } from '#ecs';
import type { OperationEvent } from '#events';
import { openDelivery } from '#outputs';
import type { Delivery, OutgoingDocument, Output, Store } from '#outputs';
import type { Policy } from '#policy';
import { createBootEpoch } from './clock.ts';
import { createExempt, defaultExemptions } from './exempt.ts';
import type { Exemption } from './exempt.ts';
import { createForce } from './force.ts';
import type { Force } from './force.ts';
import { readAgent, readHost } from './host.ts';
import { judge } from './judge.ts';
import type { KernelPort } from './kernel-port.ts';
import { openKernelPort } from './open-kernel.ts';
import { startPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import type { AgentStatus } from './status.ts';
import { version } from './version.ts';

export interface AgentOptions {
  readonly policies: readonly Policy[];
  /** Every policy in mode monitor: nothing is denied. */
  readonly monitor: boolean;
  readonly sources: readonly ContainerSource[];
  readonly outputs: readonly Output[];
  /** Opened when enforcement is on: it need not wait for the disk. */
  readonly store?: (() => Promise<Store>) | undefined;
  /** Where programs and maps are pinned, so that they outlive the agent; `null`: they don't. */
  readonly pinFolder: string | null;
  /** Also judge what has a runtime's cgroup path, before any source has named it. */
  readonly recognise?: boolean;
  readonly exempt?: readonly Exemption[];
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
  /** Other policies, at once or not at all. */
  replacePolicies(policies: readonly Policy[]): Promise<void>;
  /** Called with every batch of documents that is safe. */
  onDocuments(heard: (batch: readonly OutgoingDocument[]) => void): Disposable;
  readonly store: Store | undefined;
}

/** Problems kept for `status`. */
const problemsMax = 20;

/** Enforces first; then the sources tell of containers, and the rings are read. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  await using scope = new AsyncDisposableStack();
  const problems: string[] = [];
  const note = (line: string): void => {
    problems.push(`${new Date().toISOString()} ${line}`);
    if (problems.length > problemsMax) problems.shift();
    options.log(line);
  };
  const kernel = scope.use(options.kernel ?? (await openKernelPort({ pinFolder: options.pinFolder })));
  const force = await createForce(kernel, asMode(options.policies, options.monitor));
  const isExempt = createExempt(options.exempt ?? defaultExemptions);
  const listeners = new Set<(batch: readonly OutgoingDocument[]) => void>();

  let registry: Registry | undefined;
  let pipeline: Pipeline | undefined;
  const early: Container[] = [];
  const find = (cgroupId: bigint): Container | undefined =>
    registry?.get(cgroupId) ?? early.find((container) => container.cgroupId === cgroupId);

  registry = scope.use(
    await openRegistry({
      sources: options.sources,
      recognise: options.recognise ?? false,
      async changed(container) {
        await force.assign(container, isExempt(container));
        if (registry === undefined) early.push(container);
        if (isKnown(container)) pipeline?.named(container.cgroupId);
      },
      removed(container) {
        pipeline?.ended(container.cgroupId);
        force.forget(container.cgroupId).catch((error: unknown) => note(describe(error)));
      },
      failed: (source, error) => note(`${source}: ${describe(error)}`),
    }),
  );
  early.length = 0;
  await force.forgetOthers(new Set(registry.list().map(({ cgroupId }) => cgroupId)));

  const store = await options.store?.();
  const delivery = scope.use(await openDelivery(options.outputs, store));
  const render = createRenderer(options, kernel, force);
  pipeline = scope.use(
    startPipeline({
      kernel,
      container: find,
      documents: render,
      async deliver(batch) {
        await delivery.deliver(batch);
        for (const heard of listeners) heard(batch);
      },
      failed: (error) => note(describe(error)),
    }),
  );

  const owned = scope.move();
  const parts = { options, kernel, force, registry, pipeline, delivery, store, problems };
  return {
    async settle() {
      await parts.pipeline.settle();
      await delivery.settle();
    },
    status: () => statusOf(parts),
    replacePolicies: (policies) => force.replace(asMode(policies, options.monitor)),
    onDocuments(heard) {
      listeners.add(heard);
      return { [Symbol.dispose]: () => void listeners.delete(heard) };
    },
    store,
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
    },
  };
}

function asMode(policies: readonly Policy[], monitor: boolean): readonly Policy[] {
  return monitor ? policies.map((policy) => ({ ...policy, mode: 'monitor' as const })) : policies;
}

/** An event as the documents of its streams, by the policies that were in force when it happened. */
function createRenderer(
  options: AgentOptions,
  kernel: KernelPort,
  force: Force,
): (event: OperationEvent, container: Container | undefined, done: ReadonlySet<string>) => OutgoingDocument[] {
  const host = readHost();
  const agent = readAgent(version, host);
  const bootEpoch = createBootEpoch(kernel);
  return (event, container, done) => {
    const outcome = judge(force.policiesAt(event.timeNs), container?.facts, event);
    const bootEpochNs = bootEpoch();
    return outcome.streams
      .filter((stream) => !done.has(stream))
      .map((stream) => ({
        id: event.id,
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
  readonly delivery: Delivery;
  readonly store: Store | undefined;
  readonly problems: readonly string[];
}

async function statusOf(parts: Parts): Promise<AgentStatus> {
  const { kernel, force, registry, pipeline } = parts;
  const counters = kernel.counters();
  const outputs = await parts.delivery.states();
  const dropped = (await parts.store?.dropped()) ?? {};
  const inKernel = Object.entries(counters.lost).map(([reason, count]) => [reason, Number(count)] as const);
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
      events: Number(counters.recorded),
      alerts: pipeline.counts.alerts,
      documents: pipeline.counts.documents,
      denied: Number(counters.denied - counters.retracted),
      lost: { ...Object.fromEntries(inKernel), ...pipeline.lost(), ...dropped },
      lostByContainer: Object.fromEntries(byContainer),
      waiting: pipeline.counts.waiting,
    },
    outputs,
    problems: [...parts.problems],
    memory: { rssBytes: process.memoryUsage.rss() },
  };
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
