import { Worker } from 'node:worker_threads';
import { Failure } from '#base';
import { toLine } from '../model.ts';
import type { OutgoingDocument, Output } from '../model.ts';
import type { AlertQuery, StoredDocument } from './database.ts';
import type { Answer, Envelope, Request, WorkerOptions } from './messages.ts';

export interface Store extends Output {
  addSink(name: string): Promise<void>;
  backlog(sink: string, limit: number): Promise<readonly StoredDocument[]>;
  delivered(sink: string, seq: number): Promise<void>;
  queued(): Promise<Readonly<Record<string, number>>>;
  alerts(query: AlertQuery): Promise<readonly StoredDocument[]>;
  dropped(): Promise<Readonly<Record<string, number>>>;
}

/** Sources run as they are; in the bundle all is JavaScript, side by side. */
const workerFile = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
/** Megabytes of JavaScript heap for the worker: batches are small, SQLite's cache lies outside. */
const workerHeapMb = 48;
/** Documents that the worker holds at once: the largest have some 40 KB. */
const batchMax = 256;

/**
 * The local store. `write` resolves when its batch is on the disk; a replay of what is there changes nothing.
 * A worker that ended is followed by a new one at the next request.
 */
export async function openStore(options: WorkerOptions): Promise<Store> {
  const asker = createAsker(options);
  const ask = (request: Request): Promise<unknown> => asker.ask(request);
  try {
    await ask({ kind: 'queued' }); // it is open, or the reason why not is thrown
  } catch (error) {
    await asker.end();
    throw error;
  }
  return {
    name: 'store',
    async write(batch) {
      for (let first = 0; first < batch.length; first += batchMax) {
        await ask({ kind: 'commit', batch: batch.slice(first, first + batchMax).map(toRow) });
      }
    },
    addSink: async (name) => void (await ask({ kind: 'addSink', name })),
    backlog: async (sink, limit) => (await ask({ kind: 'backlog', sink, limit })) as StoredDocument[],
    delivered: async (sink, seq) => void (await ask({ kind: 'delivered', sink, seq })),
    queued: async () => (await ask({ kind: 'queued' })) as Record<string, number>,
    alerts: (query) => readAlerts(query, async (page) => (await ask({ kind: 'alerts', query: page })) as StoredDocument[]),
    dropped: async () => (await ask({ kind: 'dropped' })) as Record<string, number>,
    async close() {
      await ask({ kind: 'close' });
      await asker.end();
    },
  };
}

/** The newest first, in pages: all at once may be more than the worker has room for. */
async function readAlerts(
  query: AlertQuery,
  read: (page: AlertQuery) => Promise<readonly StoredDocument[]>,
): Promise<readonly StoredDocument[]> {
  const pages: (readonly StoredDocument[])[] = [];
  let { before } = query;
  for (let left = query.limit; left > 0; ) {
    const limit = Math.min(left, batchMax);
    const page = await read({ ...query, before, limit });
    pages.unshift(page);
    if (page.length < limit) break;
    left -= limit;
    before = page[0]!.seq;
  }
  return pages.flat();
}

interface Asker {
  ask(request: Request): Promise<unknown>;
  end(): Promise<void>;
}

function createAsker(options: WorkerOptions): Asker {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  let current: Worker | undefined;

  function fail(worker: Worker, cause: Error): void {
    if (worker !== current) return;
    current = undefined;
    const failure = new Failure('io', `the store \`${options.path}\` failed: ${cause.message}`, { cause });
    for (const request of open.values()) request.reject(failure);
    open.clear();
  }

  function start(): Worker {
    const worker = new Worker(new URL(workerFile, import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: workerHeapMb, maxYoungGenerationSizeMb: 4 },
    });
    worker.on('error', (error: Error) => fail(worker, error));
    worker.on('exit', (code) => fail(worker, new Error(`its worker ended with code ${code}`)));
    worker.on('message', ({ number, value, error }: Answer) => {
      const request = open.get(number);
      open.delete(number);
      if (error === undefined) request?.resolve(value);
      else request?.reject(new Failure('io', `the store \`${options.path}\` failed: ${error}`));
    });
    return worker;
  }

  return {
    ask(request) {
      current ??= start();
      const answered = Promise.withResolvers<unknown>();
      open.set(++count, answered);
      current.postMessage({ number: count, request } satisfies Envelope);
      return answered.promise;
    },
    async end() {
      const worker = current;
      current = undefined;
      await worker?.terminate();
    },
  };
}

function toRow({ id, stream, document }: OutgoingDocument) {
  const time = document['@timestamp'];
  return { id, stream, time: typeof time === 'string' ? time : '', document: toLine(document) };
}
