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

/** The local store. `write` resolves when its batch is on the disk; a replay of what is there changes nothing. */
export async function openStore(options: WorkerOptions): Promise<Store> {
  const worker = new Worker(new URL(workerFile, import.meta.url), {
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: workerHeapMb, maxYoungGenerationSizeMb: 4 },
  });
  const ask = createAsk(worker, options.path);
  await ask({ kind: 'queued' }); // it is open, or the reason why not is thrown
  return {
    name: 'store',
    write: async (batch) => void (await ask({ kind: 'commit', batch: batch.map(toRow) })),
    addSink: async (name) => void (await ask({ kind: 'addSink', name })),
    backlog: async (sink, limit) => (await ask({ kind: 'backlog', sink, limit })) as StoredDocument[],
    delivered: async (sink, seq) => void (await ask({ kind: 'delivered', sink, seq })),
    queued: async () => (await ask({ kind: 'queued' })) as Record<string, number>,
    alerts: async (query) => (await ask({ kind: 'alerts', query })) as StoredDocument[],
    dropped: async () => (await ask({ kind: 'dropped' })) as Record<string, number>,
    async close() {
      await ask({ kind: 'close' });
      await worker.terminate();
    },
  };
}

function createAsk(worker: Worker, path: string): (request: Request) => Promise<unknown> {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  let broken: Failure | undefined;

  function fail(cause: Error): void {
    broken = new Failure('io', `the store \`${path}\` failed: ${cause.message}`, { cause });
    for (const request of open.values()) request.reject(broken);
    open.clear();
  }

  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`its worker ended with code ${code}`)));
  worker.on('message', ({ number, value, error }: Answer) => {
    const request = open.get(number);
    open.delete(number);
    if (error === undefined) request?.resolve(value);
    else request?.reject(new Failure('io', `the store \`${path}\` failed: ${error}`));
  });
  return (request) => {
    if (broken !== undefined) return Promise.reject(broken);
    const answered = Promise.withResolvers<unknown>();
    open.set(++count, answered);
    worker.postMessage({ number: count, request } satisfies Envelope);
    return answered.promise;
  };
}

function toRow({ id, stream, document }: OutgoingDocument) {
  const time = document['@timestamp'];
  return { id, stream, time: typeof time === 'string' ? time : '', document: toLine(document) };
}
