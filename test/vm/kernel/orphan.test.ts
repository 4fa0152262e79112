/** Programs whose agent was killed let go after the period that they were told, and without one never. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

test(`what nobody has spoken to for a while lets go, where that was asked for, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/orphan.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const { letGoAfterMs, periodMs, ...seen } = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Record<string, unknown>;
  process.stdout.write(`measured: let go ${String(letGoAfterMs)} ms after the kill, told ${String(periodMs)}\n`);
  assert.deepEqual(seen, {
    withAgent: 'denied', stillWithAgent: 'denied', afterwards: 'made', withNextAgent: 'denied', withoutPeriod: 'denied', removed: true,
  });
  // From the last heartbeat, of which there are eight in a period.
  assert.ok(Number(letGoAfterMs) > Number(periodMs) / 2, String(letGoAfterMs));
});
