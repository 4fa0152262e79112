import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRepeatKeeper } from '#events';
import type { RepeatKeeper } from '#events';

const second = 1_000_000_000n;
const keeper = (given = {}): RepeatKeeper<string> => createRepeatKeeper({ withinNs: 60n * second, heldBytesMax: 1000, ...given });
const at = (id: string, seconds: number, position = 0) => ({ id, timeNs: BigInt(seconds) * second, position });

test('the first is told of at once, what repeats it is kept until its time is over', () => {
  const repeats = keeper();
  assert.equal(repeats.keeps('a', at('1', 10), 'one'), false);
  assert.equal(repeats.keeps('b', at('2', 10), 'two'), false);
  assert.equal(repeats.keeps('a', at('3', 20), 'three'), true);
  assert.equal(repeats.keeps('a', at('4', 70), 'four'), true);
  assert.equal(repeats.kept, 2);
  assert.deepEqual(repeats.due(70n * second), []);
  const [told, ...more] = repeats.due(71n * second);
  assert.deepEqual({ ...told, id: '' }, { id: '', of: '1', count: 2, firstNs: 20n * second, lastNs: 70n * second, entries: ['three', 'four'] });
  assert.deepEqual([more, repeats.kept], [[], 0]);
  assert.equal(repeats.keeps('a', at('5', 72), 'five'), false, 'after that it is told of anew');
});

test('what comes too late to be a repeat is a first, by the time of its record', () => {
  const repeats = keeper();
  repeats.keeps('a', at('1', 10), 'one');
  repeats.keeps('a', at('2', 11), 'two');
  // Read in one go, after an hour without an agent.
  assert.equal(repeats.keeps('a', at('3', 3610), 'three'), false);
  assert.deepEqual(repeats.due(3611n * second).map(({ of, entries }) => [of, entries]), [['1', ['two']]]);
});

test('records of two processors may come in either order', () => {
  const repeats = keeper();
  repeats.keeps('a', at('1', 10), 'one');
  assert.equal(repeats.keeps('a', at('2', 12), 'two'), true);
  assert.equal(repeats.keeps('a', at('3', 9), 'three'), true);
  const [told] = repeats.all();
  assert.deepEqual([told!.firstNs, told!.lastNs], [9n * second, 12n * second]);
});

test('what is kept is told of early when it holds more of the ring than it may', () => {
  const repeats = keeper();
  repeats.keeps('a', at('1', 10, 100), 'one');
  assert.deepEqual(repeats.crowded(5000), [], 'nothing is kept, whatever was read');
  repeats.keeps('a', at('2', 11, 5100), 'two');
  repeats.keeps('a', at('3', 12, 6000), 'three');
  assert.deepEqual(repeats.crowded(6100), []);
  assert.deepEqual(repeats.crowded(6101).map(({ entries }) => entries), [['two', 'three']]);
  assert.equal(repeats.keeps('a', at('4', 13, 6200), 'four'), true, 'it is a repeat still');
  assert.deepEqual(repeats.crowded(7101).map(({ of, count }) => [of, count]), []);
  assert.deepEqual(repeats.crowded(7201).map(({ of, count }) => [of, count]), [['1', 1]]);
});

test('the ring waits for the oldest that is kept, after others were told of', () => {
  const repeats = keeper();
  repeats.keeps('a', at('1', 0), 'one');
  repeats.keeps('b', at('2', 50), 'two');
  repeats.keeps('b', at('3', 55, 300), 'three');
  repeats.keeps('a', at('4', 56, 100), 'four');
  assert.equal(repeats.due(61n * second).length, 1);
  assert.deepEqual(repeats.crowded(1300), []);
  assert.equal(repeats.crowded(1301).length, 1);
});

test('many kinds of alerts push out the oldest, with what is kept of it', () => {
  const repeats = keeper();
  repeats.keeps('first', at('0', 0), 'first');
  repeats.keeps('first', at('1', 0), 'again');
  for (let i = 0; i < 4096; i++) repeats.keeps(`k${i}`, at(`k${i}`, 1), '');
  assert.deepEqual(repeats.due(2n * second).map(({ entries }) => entries), [['again']]);
  assert.equal(repeats.keeps('first', at('2', 2), 'new'), false);
});

test('the same repeats have the same id, others another', () => {
  const idOf = (ids: readonly string[]): string => {
    const repeats = keeper();
    for (const id of ids) repeats.keeps('a', at(id, 1), id);
    return repeats.all()[0]!.id;
  };
  assert.match(idOf(['1', '2', '3']), /^[0-9a-f]{32}$/);
  assert.equal(idOf(['1', '2', '3']), idOf(['1', '2', '3']));
  assert.notEqual(idOf(['1', '2', '3']), idOf(['1', '2', '4']));
});

test('switched off, nothing is a repeat', () => {
  const repeats = keeper({ withinNs: 0n });
  assert.deepEqual(['1', '2'].map((id) => repeats.keeps('a', at(id, 1), id)), [false, false]);
  assert.deepEqual(repeats.all(), []);
});
