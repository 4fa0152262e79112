/** What a privileged container can do to what enforces: nothing; and what stays possible. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

test(`a privileged container touches neither programs, maps and pins nor the agent, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/protect.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen: unknown = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!);
  assert.deepEqual(seen, {
    container: {
      maps: 'done: 0 opened, some refused',
      programs: 'done: 0 opened, some refused',
      pin: 'not done',
      unpin: 'not done',
      'move a pin': 'not done',
      'replace a pin': 'not done',
      unmount: 'not done',
      kill: 'not done',
      seize: 'not done',
      look: 'done',
      'its own': 'done',
      enforced: 'done',
    },
    tampered: true,
    host: { maps: 'some opened, none refused', uninstalled: true },
  });
});
