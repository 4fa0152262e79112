import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeProgram } from '../../src/cli/judging/engines.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['bpf/include', 'bpf/decide', 'test/native'];

/** The decision core as a program of this machine, with sanitizers; built again when a source has changed. */
export function buildNative(): string {
  const stamp = `${nativeProgram}.stamp`;
  const now = hashOfSources();
  if (existsSync(nativeProgram) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return nativeProgram;
  mkdirSync(join(nativeProgram, '..'), { recursive: true });
  const flags = '-g -O1 -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter -fsanitize=address,undefined -fno-sanitize-recover=all';
  const command = `eval "$(bin/setup env)" && "$D4C_CLANG" $D4C_NATIVE_FLAGS ${flags} -o "$1" test/native/decide.c`;
  execFileSync('sh', ['-euc', command, 'sh', nativeProgram], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(stamp, now);
  return nativeProgram;
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder)).sort()) hash.update(name).update(readFileSync(join(root, folder, name)));
  }
  return hash.digest('hex');
}
