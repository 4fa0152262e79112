/** The addon without a kernel half: handles, arguments, clocks, locks. Programs are loaded in test/vm/kernel. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { addon, buildFolder } from '../../../src/kernel/addon.ts';

const native = addon();
const folder = mkdtempSync(join(tmpdir(), 'd4c-native-'));
after(() => rmSync(folder, { recursive: true }));
const object = join(buildFolder, 'd4c.bpf.o');

test('an object has the programs and maps that the kernel layer asks for', () => {
  const opened = native.openObject(object);
  const programs = native.programs(opened);
  assert.ok(programs.some(({ name, section }) => name === 'd4c_file_open' && section === 'lsm/file_open'));
  assert.ok(native.maps(opened).includes('d4c_cells'));
  assert.ok(!native.maps(opened).some((name) => name.startsWith('.')));
  native.setMaxEntries(opened, 'd4c_cells', 4096);
  native.setConstant(opened, 'd4c_scratch_count', 8);
  native.close(opened);
});

test('what is wrong is told with a code', () => {
  assert.throws(() => native.openObject(join(folder, 'nothing')), { code: 'D4C_OBJECT', errno: 2 });
  const opened = native.openObject(object);
  assert.throws(() => native.setMaxEntries(opened, 'd4c_nothing', 1), { code: 'D4C_MAP' });
  assert.throws(() => native.setAutoload(opened, 'd4c_nothing', true), { code: 'D4C_PROGRAM' });
  assert.throws(() => native.setConstant(opened, 'd4c_nothing', 1), { code: 'D4C_OBJECT' });
  assert.throws(() => native.mapOf(opened, 'd4c_cells'), { code: 'D4C_MAP' }, 'it is not loaded');
  assert.throws(() => native.setMaxEntries(opened, 'd4c_cells', -1), { code: 'D4C_ARGUMENT' });
  assert.throws(() => native.openRing(opened as never), { code: 'D4C_ARGUMENT' }, 'another kind of handle');
  assert.throws(() => native.openRing({} as never), { code: 'D4C_ARGUMENT' });
  native.close(opened);
  native.close(opened);
  assert.throws(() => native.programs(opened), { code: 'D4C_CLOSED' });
});

test('a lock is one process’s, and ends with it', () => {
  const held = native.lock(folder);
  assert.notEqual(held, undefined);
  const code = `import { addon } from ${JSON.stringify(new URL('../../../src/kernel/addon.ts', import.meta.url).href)};
    process.exitCode = addon().lock(${JSON.stringify(folder)}) === undefined ? 7 : 8;`;
  const other = (): number | null => spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).status;
  assert.equal(other(), 7);
  native.close(held!);
  assert.equal(other(), 8);
  assert.notEqual(native.lock(folder), undefined, 'the other one has ended');
});

test('the clocks go together', () => {
  const first = native.clock();
  const second = native.clock();
  assert.ok(second.bootNs >= first.bootNs);
  assert.ok(Math.abs(Number(first.realNs / 1_000_000n) - Date.now()) < 10_000);
});
