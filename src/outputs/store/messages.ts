import type { AlertQuery, Database, NewDocument } from './database.ts';

/** What the worker is asked; it answers each request once, in order, with the same number. */
export type Request =
  | { readonly kind: 'commit'; readonly batch: readonly NewDocument[] }
  | { readonly kind: 'addSink'; readonly name: string }
  | { readonly kind: 'backlog'; readonly sink: string; readonly limit: number }
  | { readonly kind: 'delivered'; readonly sink: string; readonly seq: number }
  | { readonly kind: 'queued' }
  | { readonly kind: 'alerts'; readonly query: AlertQuery }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'close' };

export interface Envelope {
  readonly number: number;
  readonly request: Request;
}

export interface Answer {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: string;
}

export interface WorkerOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** Documents older than this are dropped; 0: never. */
  readonly keepMs: number;
}

/** Documents between two looks at the store's size. */
const trimEvery = 512;

/** The worker's side: a request on a database. */
export function createHandler(db: Database, options: WorkerOptions): (request: Request) => unknown {
  let sinceTrim = trimEvery;
  return (request) => {
    switch (request.kind) {
      case 'commit': {
        const added = db.commit(request.batch);
        sinceTrim += request.batch.length;
        if (sinceTrim >= trimEvery) {
          const limit = options.keepMs === 0 ? undefined : new Date(Date.now() - options.keepMs).toISOString();
          db.trim(options.maxBytes, limit);
          sinceTrim = 0;
        }
        return added;
      }
      case 'addSink':
        return db.addSink(request.name);
      case 'backlog':
        return db.backlog(request.sink, request.limit);
      case 'delivered':
        return db.delivered(request.sink, request.seq);
      case 'queued':
        return db.queued();
      case 'alerts':
        return db.alerts(request.query);
      case 'dropped':
        return db.dropped();
      case 'close':
        return db[Symbol.dispose]();
    }
  };
}
