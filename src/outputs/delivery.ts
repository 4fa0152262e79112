import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingDocument, Output, OutputState } from './model.ts';
import type { Store } from './store/store.ts';

export interface Delivery extends AsyncDisposable {
  /** Resolves when the batch can't be lost any more: on the disk of the store, or taken by every output. */
  deliver(batch: readonly OutgoingDocument[]): Promise<void>;
  /** Resolves when all outputs have taken what was delivered before. */
  settle(): Promise<void>;
  states(): Promise<readonly OutputState[]>;
}

const retryFirstMs = 200;
const retryLastMs = 30_000;
/** Documents that an output is given at once. */
const batchMax = 500;

/** With a store, every other output is fed from it; without one, a batch waits for all of them. */
export async function openDelivery(outputs: readonly Output[], store: Store | undefined): Promise<Delivery> {
  const stop = new AbortController();
  const lanes = outputs.map((output) => createLane(output, stop.signal));
  return store === undefined ? direct(lanes, stop) : await stored(lanes, store, stop);
}

interface Lane {
  readonly output: Output;
  queued: number;
  lastError: string | null;
  /** Tries until it was taken; `false` if the agent stops before. */
  give(batch: readonly OutgoingDocument[]): Promise<boolean>;
}

function createLane(output: Output, signal: AbortSignal): Lane {
  return {
    output,
    queued: 0,
    lastError: null,
    async give(batch) {
      for (let wait = retryFirstMs; ; wait = Math.min(wait * 2, retryLastMs)) {
        try {
          await output.write(batch);
          this.lastError = null;
          return true;
        } catch (error) {
          this.lastError = (error as Error).message;
        }
        if (signal.aborted) return false;
        await sleep(wait, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return false;
      }
    },
  };
}

function direct(lanes: readonly Lane[], stop: AbortController): Delivery {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async deliver(batch) {
      const turn = last.then(async () => {
        const given = lanes.map(async (lane) => {
          lane.queued = batch.length;
          const taken = await lane.give(batch);
          lane.queued = 0;
          return taken;
        });
        if ((await Promise.all(given)).includes(false)) throw new Error('stopped before every output took the batch');
      });
      last = turn.catch(() => undefined);
      await turn;
    },
    settle: async () => void (await last),
    states: async () => lanes.map((lane) => stateOf(lane, lane.queued)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await last;
      for (const { output } of lanes) await output.close();
    },
  };
}

async function stored(lanes: readonly Lane[], store: Store, stop: AbortController): Promise<Delivery> {
  let storeError: string | null = null;
  const pumps: Pump[] = [];
  for (const lane of lanes) {
    await store.addSink(lane.output.name);
    pumps.push(startPump(lane, store, stop.signal));
  }
  return {
    async deliver(batch) {
      try {
        await store.write(batch);
        storeError = null;
      } catch (error) {
        storeError = (error as Error).message;
        throw error;
      }
      for (const pump of pumps) pump.wake();
    },
    settle: async () => void (await Promise.all(pumps.map((pump) => pump.idle()))),
    async states() {
      let lastError = storeError;
      // A store that fails must not keep the rest from being told.
      const queued: Readonly<Record<string, number>> = await store.queued().catch((error: Error) => {
        lastError = error.message;
        return {};
      });
      const own: OutputState = { name: 'store', state: lastError === null ? 'ok' : 'failing', queued: 0, lastError };
      return [own, ...lanes.map((lane) => stateOf(lane, queued[lane.output.name] ?? 0))];
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const pump of pumps) pump.wake();
      await Promise.all(pumps.map((pump) => pump.ended));
      for (const { output } of lanes) await output.close();
      await store.close();
    },
  };
}

interface Pump {
  readonly ended: Promise<void>;
  wake(): void;
  /** Resolves when nothing is left that was there when it was called. */
  idle(): Promise<void>;
}

/** Takes an output's backlog out of the store for as long as there is one. */
function startPump(lane: Lane, store: Store, signal: AbortSignal): Pump {
  let woken = Promise.withResolvers<void>();
  let resting: (() => void)[] = [];

  async function turn(): Promise<void> {
    const wake = woken;
    const served = resting;
    resting = [];
    const rows = await store.backlog(lane.output.name, batchMax);
    if (rows.length === 0) {
      for (const resolve of served) resolve();
      await wake.promise;
      woken = Promise.withResolvers<void>();
      return;
    }
    resting = [...served, ...resting];
    if (await lane.give(rows.map(parseRow))) await store.delivered(lane.output.name, rows.at(-1)!.seq);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await turn();
      } catch (error) {
        // The store says no: what it holds stays there, and is tried again.
        lane.lastError = (error as Error).message;
        await sleep(retryLastMs, undefined, { signal }).catch(() => undefined);
      }
    }
    for (const resolve of resting) resolve();
  }

  const ended = run();
  return {
    ended,
    wake: () => woken.resolve(),
    async idle() {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      resting.push(resolve);
      woken.resolve();
      await promise;
    },
  };
}

function parseRow(row: { readonly id: string; readonly stream: string; readonly document: string }): OutgoingDocument {
  return { id: row.id, stream: row.stream as OutgoingDocument['stream'], document: JSON.parse(row.document) };
}

function stateOf(lane: Lane, queued: number): OutputState {
  const state = lane.lastError === null ? 'ok' : 'failing';
  return { name: lane.output.name, state, queued, lastError: lane.lastError };
}
