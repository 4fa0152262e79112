/** Pins that somebody takes out while an agent runs: it puts them back, so that its end is not the end of enforcement. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Seen {
  readonly nothing: readonly string[];
  readonly cores: number;
  readonly coresBack: readonly string[];
  readonly through: Readonly<Record<string, number>>;
  readonly afterCores: object;
  readonly pins: number;
  readonly allBack: number;
  readonly rival: boolean;
  readonly afterAll: object;
  readonly removed: string;
}

test(`pins that are taken out are put back by the agent that runs, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/repin.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Seen;
  assert.deepEqual(seen.through, { 'cores taken out': 0, 'killed with cores back': 0, 'killed with all back': 0 });
  assert.deepEqual(seen.nothing, []);
  assert.ok(seen.cores >= 15, `${seen.cores} programs with a core`);
  assert.equal(seen.coresBack.length, seen.cores);
  assert.ok(seen.coresBack.every((name) => name.startsWith('core_')));
  assert.deepEqual(seen.afterCores, { adopted: true, whole: true });
  assert.equal(seen.allBack, seen.pins);
  assert.ok(seen.rival, 'a second agent at the folder that was made again');
  assert.deepEqual(seen.afterAll, { adopted: true, sameId: true, whole: true });
  assert.equal(seen.removed, 'true');
});
