/** Containers that run, or wait, when their rules come; tables swapped; a ring that is full; how fast it is read. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Outcome {
  readonly beforeRules: number;
  readonly afterRules: number;
  readonly tasks: number;
  readonly farBelow: string;
  readonly afterSwap: readonly number[];
  readonly neverBlocked: number;
  readonly waiting: boolean;
  readonly started: boolean;
  readonly flood: number;
  readonly flooded: number;
  readonly recorded: number;
  readonly read: number;
  readonly lost: number;
  readonly lostOfContainer: number;
  readonly latencyMs: readonly number[];
  readonly left: readonly number[];
}

/** From the hook to JavaScript; a document in a file may take no more. */
const latencyMsMax = 1000;

describe(`running containers on ${kernel}`, () => {
  let seen: Outcome;

  before(async () => {
    await using vm = await startVm({ kernel });
    const done = await vm.exec(['node', new URL('guest/running.ts', import.meta.url).pathname]);
    assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
    seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Outcome;
  });

  test('tasks that run already are put under the rules', () => {
    assert.deepEqual([seen.beforeRules, seen.afterRules, seen.tasks], [1, 0, 1]);
  });

  test('what is brought into a cgroup far below the container is the container too', () => {
    assert.match(seen.farBelow, /Operation not permitted/);
  });

  test('a swap changes what is denied, an exempt container is never denied', () => {
    assert.deepEqual(seen.afterSwap, [1, 0]);
    assert.equal(seen.neverBlocked, 1);
  });

  test('a runtime that waits for its start is not the container', () => {
    assert.deepEqual([seen.waiting, seen.started], [false, true]);
  });

  test('a full ring lets nothing through, and what it lost is counted, in all and for the container', () => {
    assert.equal(seen.flood, 0);
    assert.ok(seen.lost > 0, 'the ring was not full');
    assert.equal(seen.recorded, seen.read + seen.lost);
    assert.equal(seen.lostOfContainer, seen.lost);
    assert.ok(seen.recorded >= seen.flooded);
  });

  test('a record is there at once', (context) => {
    const median = seen.latencyMs[Math.floor(seen.latencyMs.length / 2)]!;
    context.diagnostic(`hook to JavaScript: median ${median} ms, most ${seen.latencyMs.at(-1)} ms`);
    assert.ok(seen.latencyMs.every((ms) => ms >= 0 && ms < latencyMsMax), seen.latencyMs.join(' '));
  });

  test('what is forgotten leaves nothing behind', () => {
    assert.deepEqual(seen.left, [0, 0]);
  });
});
