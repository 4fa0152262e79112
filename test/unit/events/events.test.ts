import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHold, createLossTracker, createWaiting, decodeEvent, eventId, holdMs } from '#events';
import type { OperationEvent } from '#events';
import { operationRecord, retractionRecord } from './records.ts';

function operation(given: Parameters<typeof operationRecord>[0] = {}): OperationEvent {
  const event = decodeEvent(operationRecord(given), 'kernel');
  assert.equal(event.kind, 'operation');
  return event as OperationEvent;
}

test('the bytes of a record become an event in the words of the language', () => {
  const event = operation({
    sequence: 2n ** 60n, cpu: 3, container: 2n ** 63n, hook: 3, flags: 1, operations: 0b1010001, actions: 0b110,
    pairs: [
      { operations: 0b1000000, actions: 0, path: '/tmp/x', mount: 1 },
      { operations: 0b10001, actions: 0b110, path: '/usr/bin/x', rootPath: '/bin/x', mount: 0 },
    ],
    executable: '/bin/busybox', args: ['mv', '', 'x'],
  });
  assert.equal(event.sequence, 2n ** 60n);
  assert.equal(event.container, 2n ** 63n);
  assert.deepEqual([event.hook, event.denied, event.provisional, event.undecided], ['path_rename', true, false, false]);
  assert.deepEqual(event.operations, ['createExecutable', 'createFile', 'deleteFile']);
  assert.deepEqual(event.actions, ['alert', 'block']);
  assert.deepEqual(event.pairs.map(({ mount }) => mount), ['volume', 'image']);
  const [, second] = event.pairs;
  assert.ok(second?.paths.kind === 'paths');
  assert.equal(new TextDecoder().decode(second.paths.mount), '/usr/bin/x');
  assert.equal(new TextDecoder().decode(second.paths.root), '/bin/x');
  assert.deepEqual(event.process.args.map((it) => new TextDecoder().decode(it)), ['mv', '', 'x']);
  assert.equal(event.process.parent, undefined, 'pid 0 is nobody');
});

test('a file without a path and one whose path is not known are told apart', () => {
  assert.deepEqual(operation({ pairs: [{ paths: 4 }] }).pairs[0]?.paths, { kind: 'none' });
  assert.deepEqual(operation({ pairs: [{ paths: 8 }] }).pairs[0]?.paths, { kind: 'unknown' });
});

test('an id is that of kernel, CPU and sequence', () => {
  const id = eventId('kernel', 1, 12n);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(operation({ cpu: 1, sequence: 12n }).id, id);
  const others = [eventId('kernel', 11, 2n), eventId('other', 1, 12n), eventId('kernel', 1, 13n)];
  assert.equal(new Set([id, ...others]).size, 4);
});

test('a provisional denial that is retracted never was', async () => {
  using hold = createHold();
  const settled: string[] = [];
  const add = (key: bigint): void => {
    hold.add({ event: operation({ key, flags: 3 }), settle: (event) => settled.push(`${key}:${event !== undefined}`) });
  };
  add(1n);
  add(2n);
  assert.deepEqual(settled, []);
  hold.retract(1n);
  assert.deepEqual(settled, ['1:false']);
  hold.retract(3n); // of the other ring, which was read first
  add(3n);
  assert.deepEqual(settled, ['1:false', '3:false']);
  await new Promise((resolve) => setTimeout(resolve, holdMs + 50));
  assert.deepEqual(settled, ['1:false', '3:false', '2:true']);
  assert.equal(hold.size, 0);
});

test('a retraction keeps the key of its denial', () => {
  const event = decodeEvent(retractionRecord({ key: 77n }), 'kernel');
  assert.ok(event.kind === 'retraction' && event.key === 77n);
});

test('numbers that never come are lost, those that come late are not', () => {
  let now = 0;
  const losses = createLossTracker(() => now);
  for (const sequence of [5n, 6n, 9n, 12n]) losses.seen(0, sequence);
  losses.seen(1, 1n);
  losses.seen(1, 2n);
  assert.equal(losses.missing(), 0n, 'the other ring may still have them');
  losses.seen(0, 10n);
  losses.seen(0, 8n);
  now = 10_000;
  assert.equal(losses.missing(), 2n); // 7 and 11
  losses.seen(0, 13n);
  assert.equal(losses.missing(), 2n);
});

test('a noisy container does not take the room of another one', () => {
  const waiting = createWaiting<number>();
  let kept = 0;
  for (let i = 0; i < 5_000; i++) kept += Number(waiting.add(operation({ container: 1n }), i));
  assert.equal(kept, 2_000);
  assert.equal(waiting.add(operation({ container: 2n }), 7), true);
  assert.deepEqual(waiting.take(2n), [7]);
  assert.equal(waiting.take(1n)[1_999], 1_999);
  assert.equal(waiting.size, 0);
  assert.equal(waiting.add(operation({ container: 1n }), 1), true);
});
