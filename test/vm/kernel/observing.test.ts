/** What is left where nothing can be denied. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? '6.12');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('without `bpf` among the LSMs, the same programs observe, and deny nothing', async () => {
  await using vm = await startVm({ kernel, snapshot: false, append: 'lsm=lockdown,capability' });
  const seen = await vm.exec(['node', new URL('guest/observe.ts', import.meta.url).pathname]);
  assert.equal(seen.code, 0, text(seen.stderr));
  const { mechanism, exitCode, operations, denied } = JSON.parse(text(seen.stdout).trim().split('\n').at(-1)!) as {
    mechanism: string; exitCode: number; operations: string[]; denied: number;
  };
  assert.deepEqual({ mechanism, exitCode, denied }, { mechanism: 'fentry', exitCode: 0, denied: 0 });
  assert.deepEqual(operations, ['createExecutable /usr/bin/new', 'execDrift /usr/bin/new', 'modifyExecutable /usr/bin/new', 'execMemFd (none)']);
  const run = await vm.exec(['sh', '-c', 'printf "policies: [p.yaml]\n" > /tmp/d4c.yml; printf "selectors: [{name: a, operation: [execMemFd]}]\nresponses: [{match: [a], actions: [alert]}]\n" > /tmp/p.yaml; timeout 8 bin/d4c run --monitor --config /tmp/d4c.yml']);
  assert.match(text(run.stderr), /observing one policy, and able to deny nothing: `bpf` is not among the LSMs/);
});
