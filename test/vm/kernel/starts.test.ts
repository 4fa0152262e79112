/** Containers started and ended in a loop, and more than there are slots; `D4C_SOAK` is the part that is run: 1 is all. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);
const part = Math.max(0.05, Number(process.env['D4C_SOAK'] ?? '0.05'));
const starts = Math.round(1000 * part);

interface Measured {
  readonly entries: Readonly<Record<string, number>>;
  readonly pins: number;
  readonly descriptors: number;
  readonly containers: number;
  readonly cells: number;
  readonly mapBytes: number;
  readonly unprotected: number;
}

interface Counted {
  readonly starts: number;
  readonly denied: number;
  readonly told: number;
  readonly before: Measured;
  readonly after: Measured;
  readonly beyond: string;
  readonly full: Measured;
  readonly log: readonly string[];
  readonly end: Measured;
}

describe(`${starts} containers on ${kernel}`, () => {
  let seen: Counted;

  before(async () => {
    await using vm = await startVm({ kernel });
    const done = await vm.exec(['node', new URL('guest/starts.ts', import.meta.url).pathname, String(starts)]);
    assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
    seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Counted;
    process.stdout.write(`measured: ${JSON.stringify(seen.before)} → ${JSON.stringify(seen.after)}\n`);
  });

  test('each is under its rules from its first operation on', () => {
    assert.deepEqual([seen.starts, seen.denied], [starts, starts]);
    assert.equal(seen.told, starts + 1, 'one more came first; one beyond the slots tells nothing');
  });

  test('nothing is left of them: entries of maps, pins, descriptors, cells', () => {
    const { mapBytes: bytesBefore, ...before } = seen.before;
    const { mapBytes: bytesAfter, ...after } = seen.after;
    assert.deepEqual(after, before);
    assert.ok(Math.abs(bytesAfter - bytesBefore) < 65_536, `${bytesBefore} → ${bytesAfter} bytes of maps`);
    assert.deepEqual(after.entries, { d4c_slots: 0, d4c_containers: 0, d4c_mounts: 0, d4c_container_lost: 0 });
  });

  test('one beyond the slots is counted and told of, and has its rules as soon as there is room', () => {
    assert.deepEqual([seen.beyond, seen.full.unprotected], ['made', 1]);
    assert.match(seen.log[0]!, /^container beyond has no rules: there are more containers than the kernel half has room for; it is tried again/);
    assert.match(seen.log[1]!, /^container beyond has its rules now/);
    assert.deepEqual([seen.end.unprotected, seen.end.entries['d4c_slots']], [0, 0]);
  });
});
