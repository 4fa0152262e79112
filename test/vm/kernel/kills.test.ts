/** A long series of killed agents; `D4C_SOAK` is the part of it that is run: 1 is all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';
import { bundleScript } from '../../../tools/bundle.ts';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);
const part = Number(process.env['D4C_SOAK'] ?? '0.05');
const kills = Math.round(1000 * part);

interface Counted {
  readonly kills: number;
  readonly adoptions: number;
  readonly tasks: number;
  readonly attempts: number;
  readonly through: number;
  /** Records, by the kernel's own count, those included that found no room. */
  readonly numbered: number;
  readonly recorded: number;
}

test(`${kills} times kill -9 and a new agent on ${kernel}, while four tasks try what is blocked`, async () => {
  await bundleScript('test/vm/kernel/guest/agent.ts', 'build/series/agent.js');
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/kills.ts', import.meta.url).pathname, String(kills)]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const counted = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Counted;
  const lost = counted.numbered - counted.recorded;
  process.stdout.write(`measured: ${counted.kills} kills, ${counted.attempts} attempts, ${counted.through} through, ${lost} without room\n`);
  assert.deepEqual([counted.kills, counted.tasks, counted.through], [kills, 4, 0]);
  assert.ok(counted.attempts > 10 * kills, 'they were hardly tried');
  // Two more tell of the container's beginning and end.
  assert.equal(counted.numbered, counted.attempts + 2);
  assert.equal(counted.adoptions, kills - Math.floor(kills / 10), 'every tenth is of another version');
});
