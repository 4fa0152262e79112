/**
 * What the kernel half costs a workload, in instructions: a virtual machine that counts them, a container on an
 * overlay, the programs pinned and no agent. `--kernel 6.1`: on that one; `--write`: into RESULTS.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultKernel, parseKernel, startVm } from '#vm';
import { type Measured, measuredOf } from './hooks-measured.ts';
import { benchFolder, emptyObject, hookPrograms, native, productObject, root } from './hooks-native.ts';
import { policies, tableOf, workFolder } from './hooks-policies.ts';
import { costTable, notes, rowsOf, hookTable } from './hooks-rows.ts';
import { writeSection } from './results.ts';

const rounds = 5;

export async function run(options: readonly string[]): Promise<boolean> {
  build();
  for (const name of policyNames) writeFileSync(join(benchFolder, `${name}.table`), tableOf(name));
  const measured = await measure(options);
  const rows = rowsOf(measured);
  const report = `${hookTable(rows)}\n${notes(measured)}\n\n${costTable(measured)}`;
  process.stdout.write(report);
  if (options.includes('--write')) writeSection('Hooks', report);
  return rows.every(({ isMet }) => isMet);
}

const policyNames = Object.keys(policies) as (keyof typeof policies)[];

/** The workload, the program that it executes, and empty programs on the hooks that the product is on. */
function build(): void {
  mkdirSync(benchFolder, { recursive: true });
  const addon = native();
  const programs = hookPrograms(addon.programs(addon.openObject(productObject)));
  const list = programs.map(({ section, name }) => `D4C_EMPTY("${section}", ${name})\n`).join('');
  writeFileSync(join(benchFolder, 'empty-list.h'), list);
  writeFileSync(join(benchFolder, 'nothing.c'), 'int main(void) { return 0; }\n');
  const script = `set -eu; eval "$(bin/setup env)"; out=$1
    "$D4C_CLANG" $D4C_BPF_FLAGS -g -O2 -mcpu=v3 -Wall -Werror -DD4C_LIST='"empty-list.h"' -I"$out" -c bench/hooks-empty.bpf.c -o "$2"
    "$D4C_CLANG" $D4C_STATIC_FLAGS -O2 -Wall -Wextra -Werror bench/hooks-workload.c -o "$out/workload"
    "$D4C_CLANG" $D4C_STATIC_FLAGS -O2 "$out/nothing.c" -o "$out/nothing"`;
  execFileSync('sh', ['-c', script, 'sh', benchFolder, emptyObject], { cwd: root, stdio: 'inherit' });
}

async function measure(options: readonly string[]): Promise<Measured> {
  const at = options.indexOf('--kernel');
  const kernel = parseKernel(at < 0 ? defaultKernel : (options[at + 1] ?? ''));
  // Booted, and with addresses that are always the same: what hashes of them do is then the same too.
  await using vm = await startVm({ kernel, countsInstructions: true, snapshot: false, append: 'nokaslr norandmaps' });
  const guest = join(root, 'bench/hooks-guest.ts');
  const done = await vm.exec(['node', guest, String(rounds), workFolder, ...policyNames]);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (done.code !== 0) throw new Error(`the guest's half failed: ${text(done.stderr)}`);
  writeFileSync(join(benchFolder, 'hooks.jsonl'), done.stdout); // to look closer
  return measuredOf(vm.release, text(done.stdout));
}
