import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCellSpace } from '../../../src/kernel/cells.ts';

test('first fit, around what is in use', () => {
  const space = makeCellSpace(100, [{ first: 10, cells: 5 }], () => {});
  assert.equal(space.take(11), 15);
  assert.equal(space.take(10), 0);
  assert.equal(space.take(74), 26);
  assert.equal(space.used(), 100);
  assert.throws(() => space.take(1), { code: 'limit' });
});

test('what is given back is used again only after the programs have settled', () => {
  let settled = 0;
  const space = makeCellSpace(10, [], () => settled++);
  const first = space.take(6);
  space.give({ first, cells: 6 });
  assert.deepEqual([space.used(), space.waiting()], [0, 6]);
  assert.equal(space.take(4), 6, 'what is free is taken first');
  assert.equal(settled, 0);
  assert.equal(space.take(6), 0);
  assert.equal(settled, 1);
  assert.deepEqual([space.used(), space.waiting()], [10, 0]);
});

test('neighbours join again: the space does not crumble', () => {
  const seed = Date.now() % 2 ** 31;
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const space = makeCellSpace(1000, [], () => {});
  const held: { first: number; cells: number }[] = [];
  for (let round = 0; round < 2000; round++) {
    if (held.length > 0 && random(2) === 0) space.give(held.splice(random(held.length), 1)[0]!);
    else if (held.reduce((sum, range) => sum + range.cells, 0) < 300) {
      const cells = 1 + random(30);
      held.push({ first: space.take(cells), cells });
    }
    const taken = held.toSorted((a, b) => a.first - b.first);
    for (let i = 1; i < taken.length; i++) {
      assert.ok(taken[i - 1]!.first + taken[i - 1]!.cells <= taken[i]!.first, `seed ${seed}: two tables overlap`);
    }
  }
  for (const range of held) space.give(range);
  assert.equal(space.take(1000), 0, `seed ${seed}`);
});
