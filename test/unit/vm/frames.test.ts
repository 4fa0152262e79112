import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  concat, decodeExit, encodeExec, encodeFrame, encodeWake, frameReader, payloadBytesMax,
} from '../../../tools/vm/frames.ts';
import type { Frame } from '../../../tools/vm/frames.ts';

const frame = fc.record({
  kind: fc.integer({ min: 0, max: 0xffff }),
  id: fc.integer({ min: 0, max: 0xffff }),
  payload: fc.uint8Array({ maxLength: 300 }),
}, { noNullPrototype: true });

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (frames, cuts) => {
    const stream = concat(frames.map(({ kind, id, payload }) => encodeFrame(kind, id, payload)));
    const seen: Frame[] = [];
    const push = frameReader((one) => seen.push(one));
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const length = cuts[turn % cuts.length] ?? 1;
      push(stream.subarray(at, at + length));
      at += length;
    }
    assert.deepEqual(seen, frames);
  }));
});

test('a frame has its length, kind and id in front, little endian', () => {
  assert.deepEqual(
    [...encodeFrame(0x0102, 0x0304, Uint8Array.of(9))],
    [1, 0, 0, 0, 0x02, 0x01, 0x04, 0x03, 9],
  );
  assert.throws(() => encodeFrame(1, 1, new Uint8Array(payloadBytesMax + 1)), RangeError);
});

test('an exec request counts its strings and ends each with NUL', () => {
  const bytes = encodeExec({ command: ['a', ''], cwd: '/', env: { B: 'ü' } });
  assert.deepEqual([...bytes.subarray(0, 8)], [2, 0, 0, 0, 1, 0, 0, 0]);
  assert.equal(new TextDecoder().decode(bytes.subarray(8)), '/\0a\0\0B=ü\0');
  assert.throws(() => encodeExec({ command: ['a\0b'], cwd: '/', env: {} }), RangeError);
});

test('a wake frame has whole seconds, nanoseconds, then the random bytes', () => {
  const bytes = encodeWake(1_700_000_000_250.5, Uint8Array.of(1, 2));
  const view = new DataView(bytes.buffer);
  assert.equal(view.getBigUint64(0, true), 1_700_000_000n);
  assert.equal(view.getBigUint64(8, true), 250_500_000n);
  assert.deepEqual([...bytes.subarray(16)], [1, 2]);
});

test('an exit frame has a code and a signal', () => {
  assert.deepEqual(decodeExit(Uint8Array.of(7, 0, 0, 0, 9, 0, 0, 0)), { code: 7, signal: 9 });
});
