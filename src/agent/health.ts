import { Failure } from '#base';
import type { AgentStatus } from './status.ts';

/** Not by `import`, which would load the clients of fetch and WebSocket, too. */
const { createServer } = process.getBuiltinModule('node:http');

/** For probes and scrapers: alive, enforcing, and the counters. */
export async function serveHealth(
  address: { readonly host: string; readonly port: number },
  status: () => Promise<AgentStatus>,
): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    respond(request.url ?? '/', status).then(
      ({ code, body }) => response.writeHead(code, { 'content-type': 'text/plain; version=0.0.4' }).end(body),
      (error: unknown) => response.writeHead(500).end(`${(error as Error).message}\n`),
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address.port, address.host, resolve);
  await promise.catch((cause: Error) => {
    throw new Failure('host', `cannot listen on ${address.host}:${address.port}: ${cause.message}`, {
      cause,
      help: 'give another address in `http: {listen: …}`',
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function respond(path: string, status: () => Promise<AgentStatus>): Promise<{ code: number; body: string }> {
  switch (path) {
    case '/healthz':
      return { code: 200, body: 'ok\n' };
    case '/readyz': {
      const { kernel, disabled } = await status();
      if (kernel.mechanism !== 'none') return { code: 200, body: 'ok\n' };
      return { code: 503, body: `not enforcing: ${disabled ?? 'no mechanism'}\n` };
    }
    case '/metrics':
      return { code: 200, body: metrics(await status()) };
    default:
      return { code: 404, body: 'known are /healthz, /readyz and /metrics\n' };
  }
}

/** Prometheus' text format. */
function metrics(status: AgentStatus): string {
  const { counters } = status;
  const plain: readonly (readonly [string, string, number])[] = [
    ['d4c_events_total', 'counter', counters.events],
    ['d4c_alerts_total', 'counter', counters.alerts],
    ['d4c_documents_total', 'counter', counters.documents],
    ['d4c_repeats_total', 'counter', counters.repeats],
    ['d4c_denied_total', 'counter', counters.denied],
    ['d4c_events_waiting', 'gauge', counters.waiting],
    ['d4c_containers', 'gauge', status.containers.length],
    ['d4c_containers_unprotected', 'gauge', counters.unprotected],
    ['d4c_map_bytes', 'gauge', status.memory.mapBytes],
    ['process_resident_memory_bytes', 'gauge', status.memory.rssBytes],
  ];
  const lines = plain.flatMap(([name, kind, value]) => [`# TYPE ${name} ${kind}`, `${name} ${value}`]);
  lines.push('# TYPE d4c_lost_total counter');
  for (const [reason, value] of Object.entries(counters.lost)) lines.push(`d4c_lost_total{reason="${reason}"} ${value}`);
  lines.push('# TYPE d4c_output_queued gauge');
  for (const { name, queued } of status.outputs) lines.push(`d4c_output_queued{output="${name}"} ${queued}`);
  return `${lines.join('\n')}\n`;
}
