import { release } from 'node:os';
import { containerdSource, findContainerd } from '#containers';
import { defaultPinFolder as pinFolder } from '#kernel';
import type { ContainerSource } from '#containers';
import { serveControl } from '#control';
import type { AlertsQuery } from '#control';
import { fileOutput, openStore, stdoutOutput, toLine } from '#outputs';
import type { Output } from '#outputs';
import type { CheckedFile, Policy } from '#policy';
import { startAgent } from './agent.ts';
import type { Agent, Outlets } from './agent.ts';
import type { AgentConfig } from './config/config.ts';
import { loadOrders } from './config/load.ts';
import type { Orders } from './config/load.ts';
import { disabledBy, disabledFile } from './disabled.ts';
import { serveHealth } from './health.ts';
import { removeFromKernel } from './open-kernel.ts';
import type { AgentStatus } from './status.ts';
import { version } from './version.ts';

/** Gone after a boot, as the containers are. */
const memoryFolder = '/run/d4c/containers';

export interface ServiceOptions {
  readonly configFile: string;
  readonly monitor: boolean;
  readonly log: (line: string) => void;
  /** Files with errors, or with warnings alone. */
  readonly report: (files: readonly CheckedFile[]) => void;
}

export interface Service extends AsyncDisposable {
  /** Reads the configuration and the policies again; if anything is wrong, what is in force stays. */
  reload(): Promise<boolean>;
  readonly status: () => Promise<AgentStatus>;
}

/** The agent by its configuration; `undefined` if there are errors in it, which have been reported. */
export async function startService(options: ServiceOptions): Promise<Service | undefined> {
  const orders = load(options);
  if (orders === undefined) return undefined;
  await using scope = new AsyncDisposableStack();
  const state: State = { options, orders, agent: undefined, disabled: disabledBy() };
  scope.defer(async () => state.agent?.[Symbol.asyncDispose]());
  await begin(state);
  scope.use(await serveControl(orders.config.socket, handlersOf(state)));
  if (orders.config.http !== undefined) scope.use(await serveHealth(orders.config.http, () => statusOf(state)));
  const owned = scope.move();
  return {
    reload: () => reload(state),
    status: () => statusOf(state),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface State {
  readonly options: ServiceOptions;
  orders: Orders;
  agent: Agent | undefined;
  disabled: string | undefined;
}

function load(options: ServiceOptions): Orders | undefined {
  const loaded = loadOrders(options.configFile);
  if (loaded.kind === 'errors') {
    options.report(loaded.files);
    return undefined;
  }
  if (loaded.warnings.length > 0) options.report(loaded.warnings);
  return loaded.orders;
}

async function begin(state: State): Promise<void> {
  const { options, orders, disabled } = state;
  if (disabled !== undefined) {
    removeFromKernel(pinFolder);
    options.log(`nothing is enforced: ${disabled}; remove it and reload (SIGHUP) or start again`);
    return;
  }
  const { config } = orders;
  state.agent = await startAgent({
    policies: orders.policies,
    monitor: options.monitor,
    sources: sourcesOf(config, options.log),
    ...outletsOf(config),
    pinFolder,
    recognise: true,
    memoryFolder,
    exempt: config.exempt,
    repeatsWithinMs: config.repeatsWithinMs,
    orphanAfterMs: config.orphanAfterMs,
    log: options.log,
  });
  if (state.agent.mechanism === 'fentry') options.log(`observing ${count(orders.policies)}, and able to deny nothing: \`bpf\` is not among the LSMs (\`d4c doctor\`)`);
  else options.log(`enforcing ${count(orders.policies)}${options.monitor ? ' in mode monitor' : ''}`);
}

async function reload(state: State): Promise<boolean> {
  const { options } = state;
  try {
    const orders = load(options);
    if (orders === undefined) {
      options.log('not reloaded: the configuration or a policy has errors; what was in force stays');
      return false;
    }
    const before = state.orders;
    refuseFixed(before.config, orders.config);
    state.disabled = disabledBy();
    if (state.agent === undefined) {
      state.orders = orders;
      await begin(state);
      return true;
    }
    if (state.disabled !== undefined) options.log(`${disabledFile} counts at a start only: stop the agent to switch it off`);
    const outletsChanged = JSON.stringify(outletConfig(before.config)) !== JSON.stringify(outletConfig(orders.config));
    await state.agent.replace(orders.policies, outletsChanged ? outletsOf(orders.config) : undefined);
    state.orders = orders;
    options.log(`reloaded: enforcing ${count(orders.policies)}${options.monitor ? ' in mode monitor' : ''}`);
    return true;
  } catch (error) {
    options.log(`not reloaded: ${(error as Error).message}; what was in force stays`);
    return false;
  }
}

/** What only a new start can change. */
function refuseFixed(before: AgentConfig, after: AgentConfig): void {
  for (const key of ['sources', 'containerdSocket', 'http', 'socket', 'exempt', 'repeatsWithinMs', 'orphanAfterMs'] as const) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    const names = {
      sources: 'containers', containerdSocket: 'containers', http: 'http', socket: 'control', exempt: 'exempt',
      repeatsWithinMs: 'alerts', orphanAfterMs: 'orphanAfter',
    };
    throw new Error(`\`${names[key]}\` has changed, which takes a new start of the agent (enforcement goes on meanwhile)`);
  }
}

function sourcesOf(config: AgentConfig, log: (line: string) => void): readonly ContainerSource[] {
  const wanted = config.sources === 'auto' ? (config.containerdSocket ?? findContainerd()) : undefined;
  if (config.sources === 'auto') {
    if (wanted === undefined) log('no containerd was found: containers are known by their cgroups alone');
    return wanted === undefined ? [] : [containerdSource({ socket: wanted })];
  }
  return config.sources.map(() => {
    return containerdSource({ socket: config.containerdSocket ?? findContainerd() ?? '/run/containerd/containerd.sock' });
  });
}

function outletConfig(config: AgentConfig): object {
  return { store: config.store, file: config.file, stdout: config.stdout };
}

function outletsOf(config: AgentConfig): Outlets {
  const { store, file } = config;
  const outputs: Output[] = [];
  if (file !== undefined) outputs.push(fileOutput(file));
  if (config.stdout) outputs.push(stdoutOutput());
  return { outputs, store: store === undefined ? undefined : () => openStore(store) };
}

function handlersOf(state: State) {
  return {
    status: () => statusOf(state),
    async alerts(query: AlertsQuery) {
      const rows = (await state.agent?.store?.alerts(query)) ?? [];
      return rows.map(({ document }) => document);
    },
    follow(heard: (line: string) => void) {
      const following = state.agent?.onDocuments((batch) => {
        for (const { stream, document } of batch) if (stream === 'alerts') heard(toLine(document));
      });
      return { [Symbol.dispose]: () => following?.[Symbol.dispose]() };
    },
  };
}

async function statusOf(state: State): Promise<AgentStatus> {
  if (state.agent !== undefined) return state.agent.status();
  return {
    version,
    kernel: { release: release(), mechanism: 'none', hooks: [] },
    disabled: state.disabled ?? null,
    monitor: state.options.monitor,
    policies: [],
    containers: [],
    counters: { events: 0, alerts: 0, documents: 0, repeats: 0, held: 0, denied: 0, tampered: 0, lost: {}, lostByContainer: {}, waiting: 0, unreadBytes: 0, unprotected: 0 },
    outputs: [],
    problems: [],
    memory: { rssBytes: process.memoryUsage.rss(), mapBytes: 0, cells: { used: 0, waiting: 0, total: 0 } },
  };
}

function count(policies: readonly Policy[]): string {
  return policies.length === 1 ? 'one policy' : `${policies.length} policies`;
}
