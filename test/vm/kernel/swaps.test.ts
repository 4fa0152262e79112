/** A long series of policies replaced under running tasks; `D4C_SOAK` is the part of it that is run: 1 is all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);
/** Swaps are quick: fewer than a twentieth of them shows little. */
const part = Math.max(0.05, Number(process.env['D4C_SOAK'] ?? '0.05'));
const swaps = Math.round(1000 * part);
/** What the kernel may hold for us in all, with a hundred patterns. */
const mapBytesMax = 24 * 2 ** 20;

interface Memory {
  readonly mapBytes: number;
  readonly cells: { readonly used: number; readonly waiting: number; readonly total: number };
}

interface Counted {
  readonly swaps: number;
  readonly tasks: number;
  readonly tries: number;
  readonly through: number;
  readonly denied: number;
  readonly denials: number;
  readonly before: Memory;
  readonly after: Memory;
  readonly cellsMost: number;
  readonly cellsOfOne: number;
  /** Tables that are there to leave little room for others. */
  readonly fillers: number;
}

test(`${swaps} policies replaced on ${kernel}, while four tasks do what all of them deny and what all let through`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/swaps.ts', import.meta.url).pathname, String(swaps)]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Counted;
  const { before, after } = seen;
  process.stdout.write(`measured: ${seen.swaps} swaps, ${seen.tries} tries, ${seen.through} through, ${seen.denied} denied; `
    + `${(after.mapBytes / 2 ** 20).toFixed(1)} MiB of maps, ${seen.cellsOfOne} cells a policy, room for ${Math.round((before.cells.total - seen.fillers * seen.cellsOfOne) / seen.cellsOfOne)}\n`);
  assert.deepEqual([seen.swaps, seen.tasks], [swaps, 4]);
  assert.deepEqual([seen.through, seen.denied], [0, 0], 'a verdict that neither policy gives');
  assert.ok(seen.tries > 10 * swaps, 'they were hardly tried');
  assert.ok(seen.denials > seen.tries && seen.denials < 2 * seen.tries, 'the policies hardly took turns');
  assert.equal(after.cells.used, before.cells.used, 'the last policy is the first one: what all others took is free');
  assert.ok(seen.cellsMost - seen.fillers * seen.cellsOfOne < 2 * seen.cellsOfOne, 'only one policy is in force after a swap');
  // What was seen of the container takes room as it comes.
  assert.ok(after.mapBytes - before.mapBytes < 65_536, `${before.mapBytes} → ${after.mapBytes} bytes of maps`);
  assert.ok(after.mapBytes > 2 ** 20 && after.mapBytes <= mapBytesMax, `${after.mapBytes} bytes of maps`);
});
