import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cpuModel, hasVirtualization } from '../../../tools/vm/accelerator.ts';
import { directoryMode, programMode, writeCpio } from '../../../tools/vm/cpio.ts';
import { isElf, neededLibraries } from '../../../tools/vm/elf.ts';
import { contentKey } from '../../../tools/vm/files.ts';
import { checkShares } from '../../../tools/vm/share-disk.ts';

test('a content key changes with every part, its kind, order and borders', () => {
  const folder = mkdtempSync(join(tmpdir(), 'd4c-key-'));
  try {
    const file = join(folder, 'a');
    writeFileSync(file, 'ab');
    const keys = [
      contentKey(['ab']), contentKey(['a', 'b']), contentKey(['b', 'a']), contentKey([{ file }]), contentKey(['ab', '']),
    ];
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(contentKey([{ file }]), keys[3]);
    writeFileSync(file, 'ac');
    assert.notEqual(contentKey([{ file }]), keys[3]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('cpio: every entry begins at a multiple of four, and the trailer is last', () => {
  const bytes = writeCpio([
    { path: 'bin', mode: directoryMode },
    { path: 'bin/x', mode: programMode, data: Uint8Array.of(1, 2, 3, 4, 5) },
  ]);
  const text = new TextDecoder('latin1').decode(bytes);
  const heads = [...text.matchAll(/070701/g)].map((match) => match.index);
  assert.equal(heads.length, 3);
  assert.ok(heads.every((at) => at % 4 === 0), String(heads));
  assert.equal(bytes.length % 4, 0);
  const second = heads[1] ?? 0;
  assert.equal(text.slice(second + 14, second + 22), '000081ed');
  assert.equal(text.slice(second + 54, second + 62), '00000005');
  assert.equal(text.slice((heads[2] ?? 0) + 110, (heads[2] ?? 0) + 121), 'TRAILER!!!\0');
});

test('elf: what the Node that runs this is linked with', () => {
  const node = readFileSync(process.execPath);
  assert.ok(isElf(node));
  const needed = neededLibraries(node);
  assert.ok(needed.includes('libc.so.6') && needed.includes('libstdc++.so.6'), needed.join(' '));
  assert.deepEqual(neededLibraries(Uint8Array.of(1, 2, 3)), []);
});

test('a processor can virtualize if its flags say so, whatever its name', () => {
  assert.equal(hasVirtualization('flags\t\t: fpu svm_lock vmx_not\n'), false);
  assert.equal(hasVirtualization('model name\t: x vmx\nflags\t\t: fpu sse\n'), false);
  assert.equal(hasVirtualization('flags\t\t: fpu svm sse\n'), true);
  assert.equal(hasVirtualization('flags\t\t: fpu vmx\n'), true);
  assert.equal(cpuModel('processor\t: 0\nmodel name\t: AMD EPYC\n'), 'AMD EPYC');
});

test('folders that cannot be shared are refused before anything starts', () => {
  assert.deepEqual(checkShares([`${tmpdir()}/.`]), [tmpdir()]);
  assert.ok(existsSync('/usr/bin'));
  for (const bad of ['/', '/usr/bin', '/proc', '/no/such/folder']) assert.throws(() => checkShares([bad]), { name: 'Failure' });
});
