import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFailure } from '#base';
import { answers, fetchAlerts, fetchStatus, followAlerts, serveControl } from '#control';
import type { AlertsQuery } from '#control';

const folder = mkdtempSync(join(tmpdir(), 'd4c-control-'));
after(() => rmSync(folder, { recursive: true }));

function handlers() {
  const followers = new Set<(line: string) => void>();
  const queries: AlertsQuery[] = [];
  return {
    followers,
    queries,
    status: async () => ({ fine: true }),
    async alerts(query: AlertsQuery) {
      queries.push(query);
      return ['{"a":1}', '{"a":2}'];
    },
    follow(heard: (line: string) => void) {
      followers.add(heard);
      return { [Symbol.dispose]: () => void followers.delete(heard) };
    },
  };
}

test('status and alerts are answered, only to the owner of the socket', async () => {
  const socket = join(folder, 'deep/one.sock');
  const own = handlers();
  await using _ = await serveControl(socket, own);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.deepEqual(await fetchStatus(socket), { fine: true });
  assert.deepEqual(await fetchAlerts(socket, { since: '2026-01-01T00:00:00.000Z', limit: 7 }), ['{"a":1}', '{"a":2}']);
  await fetchAlerts(socket, { since: undefined, limit: 1e9 });
  assert.deepEqual(own.queries.map(({ since, limit }) => [since, limit]), [['2026-01-01T00:00:00.000Z', 7], [undefined, 10_000]]);
});

test('alerts are followed until one of the two goes away', async () => {
  const socket = join(folder, 'two.sock');
  const own = handlers();
  await using _ = await serveControl(socket, own);
  const stop = new AbortController();
  const following = followAlerts(socket, stop.signal);
  const first = following.next();
  while (own.followers.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const heard of own.followers) heard('{"n":1}');
  assert.deepEqual(await first, { value: '{"n":1}', done: false });
  stop.abort();
  assert.equal((await following.next()).done, true);
  while (own.followers.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a second agent is refused, what a killed one left is not in the way', async () => {
  const socket = join(folder, 'three.sock');
  writeFileSync(socket, '');
  assert.equal(await answers(socket), false);
  await using _ = await serveControl(socket, handlers());
  await assert.rejects(serveControl(socket, handlers()), (error) => isFailure(error) && /running already/.test(error.message));
});

test('where no agent is, it is said how to start one', async () => {
  await assert.rejects(fetchStatus(join(folder, 'none.sock')), (error) => isFailure(error) && error.code === 'host' && /d4c run/.test(error.help ?? ''));
});
