import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import type { Addon, RingHandle } from '../../../src/kernel/addon.ts';
import { openRingReader } from '../../../src/kernel/ring.ts';

/** A ring of records of one byte each, of which `hidden` ones are counted and not yet to be had. */
function fakeRing() {
  const state = { records: [] as Uint8Array[], hidden: 0, position: 0n, ready: (): void => undefined };
  const native = {
    watchRing: (_: RingHandle, ready: () => void) => void (state.ready = ready),
    unwatchRing: () => undefined,
    close: () => undefined,
    ackRing: () => undefined,
    unreadRing: () => state.records.length + state.hidden,
    readRing() {
      if (state.records.length === 0) return undefined;
      const records = state.records.splice(0);
      state.position += BigInt(records.length);
      return { records, position: state.position };
    },
  };
  return { state, native: native as unknown as Addon };
}

test('who waits is woken, also after two have called for the wait before', async () => {
  const { state, native } = fakeRing();
  using reader = openRingReader(native, {} as RingHandle, [], () => undefined);
  const stop = new AbortController();
  let read = 0;
  state.hidden = 1;
  const reading = (async () => {
    for await (const { records } of reader.batches(stop.signal)) read += records.length;
  })();
  // It has seen that something came after its look, and called for a turn; the ring calls, too, before that.
  state.hidden = 0;
  state.records.push(new Uint8Array(1));
  state.ready();
  for (let i = 0; i < 3; i++) await turn();
  assert.equal(read, 1);
  for (let i = 0; i < 3; i++) {
    state.records.push(new Uint8Array(1));
    state.ready();
    for (let j = 0; j < 3; j++) await turn();
  }
  assert.equal(read, 4);
  stop.abort();
  state.ready();
  await reading;
});
