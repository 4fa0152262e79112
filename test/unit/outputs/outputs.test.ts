import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { fileOutput, openDatabase, openDelivery, openStore, stdoutOutput } from '#outputs';
import type { OutgoingDocument, Output, Store } from '#outputs';

const folder = mkdtempSync(join(tmpdir(), 'd4c-outputs-'));
after(() => rmSync(folder, { recursive: true }));

const document = (id: number, stream: OutgoingDocument['stream'] = 'alerts'): OutgoingDocument => ({
  id: `id-${id}`,
  stream,
  document: { '@timestamp': `2026-11-23T12:00:00.${String(id).padStart(6, '0')}Z`, n: id },
});
const range = (from: number, to: number): OutgoingDocument[] => Array.from({ length: to - from }, (_, i) => document(from + i));
const numbers = (path: string): number[] =>
  readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as { n: number }).n);

function memory(name = 'memory'): Output & { readonly taken: number[]; fail: boolean } {
  return {
    name,
    taken: [],
    fail: false,
    async write(batch) {
      if (this.fail) throw new Error('no');
      this.taken.push(...batch.map((it) => Number(it.document['n'])));
    },
    async close() {},
  };
}

test('lines go to a file, which is put aside before it outgrows its limit', async () => {
  const path = join(folder, 'lines.json');
  const output = fileOutput({ path, maxBytes: 200, keep: 2 });
  for (let i = 0; i < 12; i++) await output.write([document(i)]);
  await output.close();
  const files = [`${path}.2`, `${path}.1`, path];
  assert.ok(files.every(existsSync));
  assert.equal(existsSync(`${path}.3`), false);
  for (const file of files) assert.ok(readFileSync(file).length <= 200);
  const kept = files.flatMap(numbers);
  assert.deepEqual(kept, Array.from({ length: kept.length }, (_, i) => 12 - kept.length + i));
});

test('a file that somebody moved away is made anew', async () => {
  const path = join(folder, 'moved.json');
  const output = fileOutput({ path, maxBytes: 1e6, keep: 2 });
  await output.write([document(1)]);
  renameSync(path, `${path}.old`);
  await output.write([document(2)]);
  await output.close();
  assert.deepEqual(numbers(path), [2]);
});

test('half a line that a killed writer left is taken away', async () => {
  const path = join(folder, 'torn.json');
  const torn = [['{"n":1}\n{"n":2', [1, 9]], ['{"n":', [9]], [`{"n":1}\n${'x'.repeat(70_000)}`, [1, 9]], ['', [9]]] as const;
  for (const [before, expected] of torn) {
    writeFileSync(path, before);
    const output = fileOutput({ path, maxBytes: 1e6, keep: 1 });
    await output.write([document(9)]);
    await output.close();
    assert.deepEqual(numbers(path), expected);
  }
});

async function storeAt(name: string, given: object = {}): Promise<Store> {
  return openStore({ path: join(folder, name), maxBytes: 1e9, keepMs: 0, ...given });
}

test('a replay changes nothing in the store and reaches no output twice', async () => {
  const output = memory();
  {
    await using delivery = await openDelivery([output], await storeAt('replay.db'));
    await delivery.deliver(range(0, 10));
    await delivery.deliver(range(5, 15));
    await delivery.settle();
  }
  assert.deepEqual(output.taken, [...Array(15).keys()]);
  using database = openDatabase(join(folder, 'replay.db'), { readOnly: true });
  assert.equal(database.alerts({ limit: 100 }).length, 15);
});

test('one event has a document in each of its streams', async () => {
  const store = await storeAt('streams.db');
  await store.write([document(1), document(1, 'file')]);
  assert.equal((await store.backlog('none', 10)).length, 0);
  assert.equal((await store.alerts({ limit: 10 })).length, 1);
  await store.addSink('late');
  await store.write([document(1, 'process')]);
  assert.deepEqual((await store.backlog('late', 10)).map(({ stream }) => stream), ['process']);
  await store.close();
});

test('what an output did not take before the end it gets at the next start', async () => {
  const output = memory();
  output.fail = true;
  {
    await using delivery = await openDelivery([output], await storeAt('outbox.db'));
    await delivery.deliver(range(0, 600));
    const [store, own] = await delivery.states();
    assert.deepEqual([store?.name, store?.state], ['store', 'ok']);
    assert.equal(own?.queued, 600);
  }
  assert.equal(output.taken.length, 0);
  output.fail = false;
  await using delivery = await openDelivery([output], await storeAt('outbox.db'));
  await delivery.settle();
  assert.deepEqual(output.taken, [...Array(600).keys()]);
  assert.equal((await delivery.states())[1]?.queued, 0);
});

test('an output that says no is tried again, in order, and told of', async () => {
  const output = memory();
  output.fail = true;
  await using delivery = await openDelivery([output], undefined);
  let isDone = false;
  const given = delivery.deliver(range(0, 3)).then(() => (isDone = true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isDone, false);
  assert.deepEqual(await delivery.states(), [{ name: 'memory', state: 'failing', queued: 3, lastError: 'no' }]);
  output.fail = false;
  await given;
  await delivery.deliver(range(3, 5));
  assert.deepEqual(output.taken, [0, 1, 2, 3, 4]);
});

test('a full store drops telemetry first, alerts last, and counts what was not delivered', async () => {
  const path = join(folder, 'full.db');
  using database = openDatabase(path);
  database.addSink('never');
  const filler = 'x'.repeat(2000);
  const rows = (stream: string, from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: `${stream}${from + i}`, stream, time: '2026', document: filler }));
  database.commit([...rows('alerts', 0, 500), ...rows('file', 0, 500)]);
  database.trim(1_300_000, undefined);
  assert.equal(database.alerts({ limit: 10_000 }).length, 500);
  assert.ok(database.dropped()['dropped_telemetry']! >= 256);
  assert.equal(database.dropped()['dropped_alerts'], undefined);
  database.commit(rows('alerts', 500, 500));
  database.trim(1_300_000, undefined);
  const left = database.alerts({ limit: 10_000 });
  assert.ok(left.length < 1000 && left.length > 300);
  assert.equal(left.at(-1)?.id, 'alerts999', 'the newest stay');
  assert.equal(database.dropped()['dropped_telemetry'], 500);
  assert.equal(database.dropped()['dropped_alerts'], 1000 - left.length);
});

test('old documents go, and those since a time can be asked for', () => {
  using database = openDatabase(join(folder, 'old.db'));
  database.commit(['2026-01-01', '2026-02-01', '2026-03-01'].map((time) => ({ id: time, stream: 'alerts', time, document: '{}' })));
  database.trim(1e9, '2026-01-15');
  assert.deepEqual(database.alerts({ limit: 10 }).map(({ id }) => id), ['2026-02-01', '2026-03-01']);
  assert.deepEqual(database.alerts({ limit: 10, since: '2026-02-15' }).map(({ id }) => id), ['2026-03-01']);
  assert.deepEqual(database.alerts({ limit: 1 }).map(({ id }) => id), ['2026-03-01']);
});

test('what goes by age is counted only if an output was waiting for it', () => {
  using database = openDatabase(join(folder, 'aged.db'));
  const row = (id: string, time: string) => ({ id, stream: id.split('-')[0]!, time, document: '{}' });
  database.commit([row('alerts-1', '2026-01-01'), row('file-1', '2026-01-01')]);
  database.addSink('late');
  database.commit([row('alerts-2', '2026-01-02'), row('file-2', '2026-01-02'), row('file-3', '2026-01-02'), row('alerts-3', '2026-03-01')]);
  database.trim(1e9, '2026-02-01');
  assert.deepEqual(database.documents(0, 10).map(({ id }) => id), ['alerts-3']);
  assert.deepEqual(database.dropped(), { dropped_alerts: 1, dropped_telemetry: 2 });
  database.trim(1e9, '2027');
  assert.deepEqual(database.documents(0, 10), []);
});

test('many alerts are read in pages, in order', async () => {
  const store = await storeAt('pages.db');
  await store.write(range(0, 700));
  const read = async (limit: number): Promise<string[]> => (await store.alerts({ limit })).map(({ id }) => id);
  assert.deepEqual(await read(10_000), range(0, 700).map(({ id }) => id));
  assert.deepEqual(await read(600), range(100, 700).map(({ id }) => id));
  assert.deepEqual(await read(3), range(697, 700).map(({ id }) => id));
  await store.close();
});

test('a store whose worker has ended goes on with a new one', async () => {
  const store = await storeAt('worker.db');
  await store.write(range(0, 2));
  const tooMuch = range(100, 300).map((it) => ({ ...it, document: { pad: 'x'.repeat(400_000) } }));
  await assert.rejects(store.write(tooMuch), /the store `.*worker\.db` failed/);
  await store.write(range(3, 5));
  assert.deepEqual((await store.alerts({ limit: 10 })).map(({ id }) => id), ['id-0', 'id-1', 'id-3', 'id-4']);
  await store.close();
});

test('standard output that is gone fails its writes, and nothing else', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  await assert.rejects(stdoutOutput(stream).write([document(1)]), /EPIPE/);
  await new Promise((resolve) => setImmediate(resolve));
});

test('a store that cannot be opened says why', async () => {
  writeFileSync(join(folder, 'plain'), '');
  await assert.rejects(openStore({ path: join(folder, 'plain/such.db'), maxBytes: 1e9, keepMs: 0 }), /the store `.*\/plain\/such\.db` failed: E/);
});
