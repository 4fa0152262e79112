/** An agent that is killed while it keeps repeats back: the next one tells of them, each once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';
import { makeBundle } from '../../../tools/bundle.ts';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Told {
  readonly id: string;
  readonly of: string | null;
  readonly count: number;
}

interface Seen {
  readonly attempts: number;
  readonly output: string;
  readonly before: readonly Told[];
  readonly after: readonly Told[];
  readonly counters: { readonly events: number; readonly lost: Readonly<Record<string, number>> };
}

test(`repeats that a killed agent kept are told of by the next one, on ${kernel}`, async () => {
  await makeBundle();
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/repeats.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const { attempts, output, before, after, counters } = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Seen;
  process.stdout.write(`measured: ${attempts} attempts, told of as ${after.map(({ count }) => count).join(' + ')}\n`);
  assert.equal(output.trim(), 'finished');
  assert.deepEqual(before.map(({ count }) => count), [1], 'the first alone was told of before the kill');
  assert.equal(after.reduce((sum, { count }) => sum + count, 0), attempts);
  assert.equal(counters.events, attempts);
  assert.deepEqual(Object.values(counters.lost).filter((count) => count > 0), []);
  assert.equal(after[0]!.id, before[0]!.id);
  assert.ok(after.length <= 3 && after.slice(1).some(({ of }) => after.some(({ id }) => id === of)));
});
