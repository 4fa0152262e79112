/** A container that leaves its cgroup, which is removed: once in, never out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

test(`a container that has left its cgroup stays under its rules to its end, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/leaving.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen: unknown = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!);
  assert.deepEqual(seen, { within: 'denied', afterwards: 'denied', elsewhere: 'made', left: [0, 0] });
});
