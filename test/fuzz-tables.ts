/**
 * libFuzzer on the reader of tables (test/native/fuzz.c) for `D4C_FUZZ_SECONDS`, from the tables of spec/cases on.
 * `D4C_SEED` repeats a run; what ends it is left in build/native/fuzz, to become a file of test/native/fuzz-found.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '#compiler';
import { mounts, operationBits } from '../src/cli/judging/native-wire.ts';
import { readCases } from './unit/oracle/cases.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'build/native/fuzz');
const found = join(root, 'test/native/fuzz-found');
const seconds = process.env['D4C_FUZZ_SECONDS'] ?? '60';
const seed = process.env['D4C_SEED'] ?? String(1 + (Date.now() % 2 ** 31));
const seedsMin = 200;

rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, 'corpus'), { recursive: true });
const seeds = readCases().flatMap(({ policies, test: { container, event } }) => {
  if (event.kind !== 'pairs') return [];
  const table = compile(policies, container).table;
  return event.pairs.flatMap(({ operations, paths, mount }) => {
    const path = paths.kind === 'paths' ? Buffer.from(paths.paths[0]!) : Buffer.alloc(0);
    return path.length > 255 ? [] : [Buffer.concat([words(operationBits(operations), mounts.indexOf(mount), 0, path.length), path, table])];
  });
});
if (seeds.length < seedsMin) throw new Error(`only ${seeds.length} cases to begin with`);
seeds.forEach((bytes, i) => writeFileSync(join(folder, 'corpus', String(i)), bytes));

const program = join(folder, 'fuzz-tables');
const flags = '-g -O1 -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all';
const build = `eval "$(bin/setup env)" && "$D4C_CLANG" $D4C_NATIVE_FLAGS ${flags} -o "$1" test/native/fuzz.c`;
execFileSync('sh', ['-euc', build, 'sh', program], { cwd: root, stdio: 'inherit' });
console.log(`seed ${seed}, ${seeds.length} tables and paths to begin with, ${seconds} s`);
const corpora = [join(folder, 'corpus'), ...(existsSync(found) ? [found] : [])];
const run = spawnSync(program, [`-max_total_time=${seconds}`, `-seed=${seed}`, '-max_len=16384', '-timeout=10', '-print_final_stats=1', `-artifact_prefix=${folder}/`, ...corpora], { encoding: 'utf8', maxBuffer: 2 ** 28 });
const lines = run.stderr.split('\n');
console.log((run.status === 0 ? lines.filter((line) => /^(stat::|Done)/.test(line)) : lines.slice(-60)).join('\n'));
if (run.status !== 0) process.exitCode = 1;

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32LE(value, i * 4));
  return bytes;
}
