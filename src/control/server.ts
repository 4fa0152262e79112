import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Failure } from '#base';
import { alertsLimitMax, defaultAlertsLimit, paths } from './schema.ts';
import type { AlertsQuery } from './schema.ts';

/** What the agent answers with. Documents are lines of JSON, passed on as they are. */
export interface ControlHandlers {
  status(): Promise<object>;
  alerts(query: AlertsQuery): Promise<readonly string[]>;
  /** Calls back with each alert from now on. */
  follow(heard: (line: string) => void): Disposable;
}

/** By `import` all exports of the module would be read, which loads the clients of fetch and WebSocket too. */
const { createServer } = process.getBuiltinModule('node:http');

/** Bytes that a reader who is slow may have outstanding; after that it is cut off, never waited for. */
const backlogBytesMax = 8 * 2 ** 20;

/** Listens on a socket that only its owner may open. */
export async function serveControl(socket: string, handlers: ControlHandlers): Promise<AsyncDisposable> {
  mkdirSync(dirname(socket), { recursive: true });
  if (await answers(socket)) {
    throw new Failure('host', `an agent is running already: it answers on ${socket}`, {
      help: 'stop it first, or give this one a socket of its own (`control: {socket: …}`)',
    });
  }
  rmSync(socket, { force: true });
  const server = createServer((request, response) => {
    answer(request, response, handlers).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(JSON.stringify({ error: (error as Error).message }));
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const mask = process.umask(0o177);
  server.listen(socket, resolve);
  await promise.finally(() => process.umask(mask));
  chmodSync(socket, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: ControlHandlers): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://d4c');
  if (request.method !== 'GET') return fail(response, 405, 'only GET is known');
  switch (url.pathname) {
    case paths.status:
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(await handlers.status()));
      return;
    case paths.alerts: {
      const lines = await handlers.alerts(toQuery(url.searchParams));
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(lines.map((line) => `${line}\n`).join(''));
      return;
    }
    case paths.follow:
      return follow(response, handlers);
    default:
      return fail(response, 404, `no such path: ${url.pathname}`);
  }
}

function follow(response: ServerResponse, handlers: ControlHandlers): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const following = handlers.follow((line) => {
    response.write(`${line}\n`);
    if (response.writableLength > backlogBytesMax) response.destroy();
  });
  response.on('close', () => following[Symbol.dispose]());
}

function toQuery(parameters: URLSearchParams): AlertsQuery {
  const limit = Number(parameters.get('limit') ?? defaultAlertsLimit);
  return {
    since: parameters.get('since') ?? undefined,
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, alertsLimitMax) : defaultAlertsLimit,
  };
}

function fail(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
}

/** Whether somebody listens on a socket: what a killed agent left behind does not. */
export async function answers(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const client = connect(socket);
  client.on('connect', () => resolve(true));
  client.on('error', () => resolve(false));
  return promise.finally(() => client.destroy());
}
