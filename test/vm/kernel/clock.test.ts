/** A clock that is set while the programs run: what is younger than its container is told by the new time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

test(`a clock that is set moves the time that parts image and drift in a root without overlay, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/clock.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen: unknown = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!);
  // The copy is never the image's, the image's own always is.
  assert.deepEqual(seen, {
    before: 'image', 'an hour later': 'image', 'an hour earlier': 'image', 'while one waits for its start': 'image',
  });
});
