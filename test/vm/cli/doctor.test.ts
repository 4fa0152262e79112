import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelSeries, parseKernel, startVm } from '#vm';
import type { ProgramResult } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? '6.12');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

interface Diagnosis {
  ok: boolean;
  checks: { name: string; ok: boolean; help?: string }[];
  proof: { hooks: { hook: string; denied: boolean }[]; refused: number; counted: number; records: number } | null;
}

function diagnosis(result: ProgramResult): Diagnosis {
  assert.notEqual(text(result.stdout), '', text(result.stderr));
  return JSON.parse(text(result.stdout)) as Diagnosis;
}

test('on a host that can enforce, every hook is proved by a denial', async () => {
  await using vm = await startVm({ kernel });
  const result = await vm.exec(['bin/d4c', 'doctor', '--json']);
  const { ok, proof } = diagnosis(result);
  assert.deepEqual(proof?.hooks.filter((hook) => !hook.denied), []);
  const hooks = proof?.hooks.map(({ hook }) => hook) ?? [];
  for (const hook of ['path_mknod', 'path_chmod', 'path_rename', 'path_link', 'path_truncate', 'file_open', 'bprm_check_security', 'bprm_creds_from_file', 'bprm_committed_creds', 'mmap_file', 'file_mprotect', 'task_alloc']) {
    assert.ok(hooks.includes(hook), `${hook} in ${hooks.join(' ')}`);
  }
  assert.equal(hooks.includes('file_truncate'), kernelSeries(kernel) !== '6.1');
  assert.ok((proof?.refused ?? 0) >= hooks.length - 1, 'all but the one that can only tell');
  assert.equal(proof?.counted, proof?.refused);
  assert.equal(proof?.records, proof?.refused);
  assert.equal(ok, true);
  assert.equal(result.code, 0);
});

test('without `bpf` among the LSMs, doctor and run say so, and how to turn it on', async () => {
  await using vm = await startVm({ kernel, snapshot: false, append: 'lsm=lockdown,capability' });
  const doctor = await vm.exec(['bin/d4c', 'doctor', '--json']);
  const { ok, checks, proof } = diagnosis(doctor);
  assert.equal(doctor.code, 1);
  assert.equal(ok, false);
  assert.equal(proof, null);
  const missing = checks.filter((check) => !check.ok);
  assert.deepEqual(missing.map(({ name }) => name), ['lsm']);
  assert.match(missing[0]?.help ?? '', /`lsm=lockdown,capability,\S*bpf`/);
  const run = await vm.exec(['sh', '-c', 'printf "policies: [p.yaml]\\n" > /tmp/d4c.yml; printf "selectors: [{name: a, operation: [execMemFd]}]\\nresponses: [{match: [a], actions: [alert]}]\\n" > /tmp/p.yaml; bin/d4c run --config /tmp/d4c.yml']);
  assert.equal(run.code, 1, text(run.stderr));
  assert.match(text(run.stderr), /lsm/);
  assert.match(text(run.stderr), /`lsm=lockdown,capability,\S*bpf`/);
});
