import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Failure } from '#base';
import { paths } from './schema.ts';
import type { AlertsQuery } from './schema.ts';

/** Not by `import`: see server.ts. */
const { request } = process.getBuiltinModule('node:http');

export async function fetchStatus(socket: string): Promise<unknown> {
  return JSON.parse(await readAll(await get(socket, paths.status)));
}

/** Alerts as lines of JSON, oldest first. */
export async function fetchAlerts(socket: string, query: AlertsQuery): Promise<readonly string[]> {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.since !== undefined) parameters.set('since', query.since);
  const text = await readAll(await get(socket, `${paths.alerts}?${parameters.toString()}`));
  return text.split('\n').filter((line) => line !== '');
}

/** Alerts from now on, until the signal or the end of the agent. */
export async function* followAlerts(socket: string, signal: AbortSignal): AsyncGenerator<string> {
  const response = await get(socket, paths.follow, signal);
  try {
    yield* createInterface({ input: response, crlfDelay: Infinity, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function get(socket: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request({ socketPath: socket, path, ...(signal === undefined ? {} : { signal }) }, resolve);
  asked.on('error', (error) => reject(unreachable(socket, error)));
  asked.end();
  const response = await promise;
  if (response.statusCode === 200) return response;
  throw new Failure('io', `the agent answered ${response.statusCode}: ${await readAll(response)}`);
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

function unreachable(socket: string, cause: Error): Failure {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EACCES') {
    return new Failure('io', `the socket ${socket} may not be opened`, { cause, help: 'only its owner may: run this as root' });
  }
  return new Failure('host', `no agent answers on ${socket}`, {
    cause,
    help: 'start one with `d4c run --config d4c.yml`, or name its socket with `--socket`',
  });
}
