import { factsUnknown } from '#base';
import { cgroupIdOf, findCgroupRoot } from './cgroup.ts';
import { recognise } from './cgroup-forms.ts';
import { watchCgroups } from './cgroup-watch.ts';
import type { ContainerMemory } from './memory.ts';
import type { Container, ContainerSink, ContainerSource, ExpectedContainer } from './model.ts';

export interface RegistryOptions {
  readonly sources: readonly ContainerSource[];
  /** Also take for a container, of which nothing is known, what has a runtime's cgroup path. */
  readonly recognise: boolean;
  /** Containers that an agent before this one knew. */
  readonly memory?: ContainerMemory | undefined;
  /** A container is new or better known; `before` is what was known of it. */
  changed(container: Container, before: Container | undefined): Promise<void>;
  removed(container: Container): void;
  failed(source: string, error: Error): void;
  /** Another folder than where the hierarchy is mounted, for tests. */
  readonly cgroupRoot?: string;
}

export interface Registry extends AsyncDisposable {
  /** Also one that is gone since less than a minute: records of it may still be on the way. */
  get(cgroupId: bigint): Container | undefined;
  list(): readonly Container[];
}

/** How long a container that is gone is remembered, for the records that it left. */
const memoryMs = 60_000;
/** Containers that are gone and remembered: more than one node starts in a minute. */
const goneMax = 4096;

/** Starts all sources; resolves when each has told what exists. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  await using scope = new AsyncDisposableStack();
  const state = createState(options);
  const root = options.cgroupRoot ?? findCgroupRoot();
  await recall(state, options, root);
  // Before the sources: what they expect must not have appeared unseen.
  scope.use(
    watchCgroups({
      root,
      isContainer: (path) => state.expected.has(path) || isOurs(options, path),
      appeared: (path, cgroupId) => appeared(state, options, path, cgroupId),
      vanished: (path) => state.vanished(path),
      failed: (error) => options.failed('cgroup', error),
    }),
  );
  const handles = await Promise.all(options.sources.map((source) => source.start(sinkFor(state, options, source.name, root))));
  for (const handle of handles) scope.use(handle);
  const owned = scope.move();
  return {
    get: (cgroupId) => state.live.get(cgroupId) ?? state.gone.get(cgroupId)?.container,
    list: () => [...state.live.values()],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface State {
  readonly live: Map<bigint, Container>;
  readonly byPath: Map<string, bigint>;
  readonly gone: Map<bigint, { readonly container: Container; readonly since: number }>;
  readonly expected: Map<string, ExpectedContainer>;
  put(container: Container): Promise<void>;
  /** Its cgroup is gone; a container that a source told of may be started again. */
  vanished(path: string): void;
  removed(path: string): void;
}

function createState(options: RegistryOptions): State {
  const live = new Map<bigint, Container>();
  const byPath = new Map<string, bigint>();
  const gone: State['gone'] = new Map();
  const expected: State['expected'] = new Map();
  return {
    live,
    byPath,
    gone,
    expected,
    async put(container) {
      const before = live.get(container.cgroupId);
      if (before !== undefined && container.source === 'cgroup') return; // it knows no more than anybody
      const former = byPath.get(container.cgroupPath);
      if (former !== undefined && former !== container.cgroupId) this.removed(container.cgroupPath); // made anew, its end unseen
      expected.delete(container.cgroupPath);
      gone.delete(container.cgroupId);
      live.set(container.cgroupId, container);
      byPath.set(container.cgroupPath, container.cgroupId);
      options.memory?.remember(container);
      await options.changed(container, before);
    },
    vanished(path) {
      const container = live.get(byPath.get(path) ?? -1n);
      this.removed(path);
      if (container !== undefined && container.source !== 'cgroup') expected.set(path, container);
    },
    removed(path) {
      expected.delete(path);
      const cgroupId = byPath.get(path);
      const container = cgroupId === undefined ? undefined : live.get(cgroupId);
      if (container === undefined) return;
      byPath.delete(path);
      live.delete(container.cgroupId);
      remember(gone, container, options.memory);
      options.removed(container);
    },
  };
}

function sinkFor(state: State, options: RegistryOptions, name: string, root: string): ContainerSink {
  return {
    put: (container) => state.put(container),
    expect(container) {
      state.expected.set(container.cgroupPath, container);
      const cgroupId = cgroupIdOf(root, container.cgroupPath);
      if (cgroupId !== undefined) appeared(state, options, container.cgroupPath, cgroupId);
    },
    removed: (path) => state.removed(path),
    failed: (error) => options.failed(name, error),
  };
}

function appeared(state: State, options: RegistryOptions, path: string, cgroupId: bigint): void {
  const expected = state.expected.get(path);
  const source = expected?.source ?? 'cgroup';
  const container = expected === undefined ? unknownContainer(path, cgroupId) : { ...expected, cgroupId };
  if (container === undefined) return;
  state.put(container).catch((error: unknown) => options.failed(source, error as Error));
}

function unknownContainer(path: string, cgroupId: bigint): Container | undefined {
  const found = recognise(path);
  if (found === undefined) return undefined;
  return {
    id: found.id,
    cgroupId,
    cgroupPath: path,
    pid: undefined,
    // Nobody has said, and waiting for a first process that never comes would leave it without rules.
    sharesPids: true,
    name: undefined,
    facts: factsUnknown,
    source: 'cgroup',
    runtime: found.runtime,
  };
}

function isOurs(options: RegistryOptions, path: string): boolean {
  return options.recognise && recognise(path) !== undefined;
}

/** Those that are still there are put at once; of the others records may still come. */
async function recall(state: State, options: RegistryOptions, root: string): Promise<void> {
  for (const container of options.memory?.recall() ?? []) {
    const isThere = cgroupIdOf(root, container.cgroupPath) === container.cgroupId;
    if (isThere) await state.put(container);
    else remember(state.gone, container, options.memory);
  }
}

function remember(gone: State['gone'], container: Container, memory: ContainerMemory | undefined): void {
  const now = performance.now();
  gone.set(container.cgroupId, { container, since: now });
  for (const [cgroupId, entry] of gone) {
    if (gone.size <= goneMax && now - entry.since < memoryMs) break; // in the order of their end
    gone.delete(cgroupId);
    memory?.forget(cgroupId);
  }
}
