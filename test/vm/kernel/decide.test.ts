/** The decision core in the kernels that the product is for: every case, by test runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);
const cases = new URL('../../unit/oracle/bpf.test.ts', import.meta.url).pathname;

test(`the decision core has every case's outcome on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const { code, stdout } = await vm.exec(['node', '--test', '--test-reporter=tap', cases]);
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text);
  assert.match(text, /^# pass 1$/m);
  assert.match(text, /^# skipped 0$/m);
});
