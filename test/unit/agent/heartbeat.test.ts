import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHeartbeat } from '../../../src/agent/heartbeat.ts';

test('programs are spoken to also where they go on for ever; one that fails is told of, and more follow', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const beats: bigint[] = [];
  const notes: string[] = [];
  let broken = false;
  const kernel = {
    heartbeat(orphanAfterNs: bigint): void {
      beats.push(orphanAfterNs);
      if (broken) throw new Error('no such map');
    },
    repin: (): readonly string[] => [],
  };
  using heart = startHeartbeat(kernel, 0, (line) => void notes.push(line));
  t.mock.timers.tick(20_000);
  assert.deepEqual([beats, notes], [[0n, 0n, 0n], []]);
  broken = true;
  t.mock.timers.tick(10_000);
  broken = false;
  t.mock.timers.tick(10_000);
  assert.deepEqual([beats.length, notes], [5, ["the programs can't be spoken to: no such map"]]);
  heart[Symbol.dispose]();
  t.mock.timers.tick(20_000);
  assert.equal(beats.length, 5);
});

test('pins that were taken out are told of by some of their names', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const taken: string[][] = [[], ['core_d4c_file_open'], [], ['d4c_cells', 'link_a', 'link_b', 'link_c', 'link_d']];
  const notes: string[] = [];
  using _ = startHeartbeat({ heartbeat: () => undefined, repin: () => taken.shift() ?? [] }, 0, (line) => void notes.push(line));
  t.mock.timers.tick(50_000);
  assert.deepEqual(notes, [
    'pins of the programs were taken out, and are back: core_d4c_file_open',
    'pins of the programs were taken out, and are back: d4c_cells, link_a, link_b and 2 more',
  ]);
});
