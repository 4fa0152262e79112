/**
 * In the guest: `d4c run` is killed while it keeps repeats of an alert back, and followed by another. Prints what
 * the documents of the store tell of, and what the kernel counted.
 */
import { rmSync } from 'node:fs';
import { fetchStatus } from '#control';
import { openDatabase } from '#outputs';
import type { AgentStatus } from '#agent';
import { inCrun } from '../../agent/support/containers.ts';
import { makePlace, runToEnd, socket, startService, until } from '../../agent/support/service.ts';

const attempts = 60;
const policy = `
selectors:
  - {name: newBinary, operation: createExecutable, targetFilePath: /usr/bin/**}
responses:
  - {match: newBinary, actions: [alert, block]}
`;
const folder = '/tmp/d4c-repeats';
const place = makePlace(folder, policy, 'alerts: {repeatsWithin: 40s}\n');
const counters = async () => ((await fetchStatus(socket)) as AgentStatus).counters;

interface Told {
  readonly id: string;
  readonly of: string | null;
  readonly count: number;
}

function told(): readonly Told[] {
  using database = openDatabase(place.store, { readOnly: true });
  return database.alerts({ limit: 1000 }).map(({ id, document }) => {
    const { d4c } = JSON.parse(document) as { d4c: { repeats?: { count: number; of: string } } };
    return { id, of: d4c.repeats?.of ?? null, count: d4c.repeats?.count ?? 1 };
  });
}

const first = await startService(place);
const container = inCrun('again', `sleep 2; i=0; while [ $i -lt ${attempts} ]; do i=$((i+1)); cp /usr/bin/busybox /usr/bin/same 2>/dev/null && echo made; done; echo finished`);
await until('all but one are kept', async () => (await counters()).held === attempts - 1);
const before = told();
await first.end('SIGKILL');
const { output } = await container;
const second = await startService(place);
await until('all are told of', () => told().reduce((sum, { count }) => sum + count, 0) >= attempts);
await until('nothing is kept', async () => (await counters()).held === 0);
const end = await counters();
await second.end('SIGTERM');
await runToEnd(['uninstall']);
console.log(JSON.stringify({ attempts, output, before, after: told(), counters: end }));
rmSync(folder, { recursive: true });
