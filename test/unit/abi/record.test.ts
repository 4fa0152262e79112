import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, decodeRecord, layouts } from '#abi';

const path = new TextEncoder().encode('/usr/bin/x');

/** A record as the programs make it, with one pair and `data` behind it. */
function operation(data: Uint8Array, change: (view: DataView) => void = () => {}): Uint8Array {
  const at = layouts.operationRecord;
  const bytes = new Uint8Array(at.bytes + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(layouts.recordHead.size, bytes.byteLength, true);
  view.setUint16(layouts.recordHead.kind, constants.recordOperation, true);
  view.setUint16(layouts.recordHead.version, constants.recordVersion, true);
  view.setBigUint64(layouts.recordHead.sequence, 7n, true);
  view.setUint32(at.hook, constants.hookFileOpen, true);
  view.setUint32(at.pairsCount, 1, true);
  view.setUint32(at.pairs + layouts.pair.mountPath + layouts.slice.offset, at.bytes, true);
  view.setUint32(at.pairs + layouts.pair.mountPath + layouts.slice.length, data.byteLength, true);
  bytes.set(new TextEncoder().encode('sh'), at.process + layouts.process.self + layouts.task.comm);
  bytes.set(data, at.bytes);
  change(view);
  return bytes;
}

test('an operation: its numbers, its path, a name up to its NUL', () => {
  const bytes = operation(path);
  const record = decodeRecord(bytes);
  assert.equal(record.kind, 'operation');
  assert.equal(record.sequence, 7n);
  assert.deepEqual(record.pairs.map((pair) => pair.mountPath), [path]);
  assert.deepEqual(record.process.self.comm, new TextEncoder().encode('sh'));
  bytes.fill(0);
  assert.deepEqual(record.pairs[0]!.mountPath, path, 'bytes are copies');
});

test('what does not lie within the record is refused', () => {
  const { pairs } = layouts.operationRecord;
  const length = pairs + layouts.pair.mountPath + layouts.slice.length;
  const refused: readonly [RegExp, Uint8Array][] = [
    [/ends at/, operation(path, (view) => view.setUint32(length, path.byteLength + 1, true))],
    [/4 pairs/, operation(path, (view) => view.setUint32(layouts.operationRecord.pairsCount, 4, true))],
    [/version is 9/, operation(path, (view) => view.setUint16(layouts.recordHead.version, 9, true))],
    [/kind is 99/, operation(path, (view) => view.setUint16(layouts.recordHead.kind, 99, true))],
    [/bytes and says/, operation(path).subarray(0, -1)],
    [/ends at/, new Uint8Array(3)],
  ];
  for (const [message, bytes] of refused) assert.throws(() => decodeRecord(bytes), message);
});
