/**
 * The mirror of bpf/include: a C program with the headers is compiled and asked where everything is. C is
 * parsed for the names of its constants alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constantHeaders, structures } from './structures.ts';

const root = new URL('../..', import.meta.url).pathname;
export const contractFile = 'src/abi/contract.gen.ts';

interface Field {
  readonly offset: number;
  readonly size: number;
}

/** Text of the generated file. */
export function generateContract(): string {
  const folder = mkdtempSync(join(tmpdir(), 'd4c-gen-'));
  try {
    return render(ask(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function constantNames(): string[] {
  const names: string[] = [];
  for (const header of constantHeaders) {
    const text = readFileSync(join(root, 'bpf/include', header), 'utf8');
    for (const [, name] of text.matchAll(/^#define (D4C_[A-Z0-9_]+) \d+\b/gm)) names.push(name!);
  }
  return names;
}

function program(): string {
  const lines = ['#include <linux/types.h>', '#include <stddef.h>', '#include <stdio.h>'];
  for (const header of [...constantHeaders, 'd4c_table.h']) lines.push(`#include "${header}"`);
  lines.push('int main(void) {');
  for (const name of constantNames()) lines.push(`printf("constant ${name} %lld\\n", (long long)${name});`);
  for (const [name, fields] of Object.entries(structures)) {
    lines.push(`printf("struct ${name} %zu\\n", sizeof(struct ${name}));`);
    for (const field of fields) {
      const size = `sizeof(((struct ${name} *)0)->${field})`;
      lines.push(`printf("field ${name} ${field} %zu %zu\\n", offsetof(struct ${name}, ${field}), ${size});`);
    }
  }
  lines.push('return 0; }');
  return lines.join('\n');
}

function ask(folder: string): string[][] {
  const source = join(folder, 'contract.c');
  const out = join(folder, 'contract');
  writeFileSync(source, program());
  const command = 'eval "$(bin/setup env)" && "$D4C_CLANG" $D4C_NATIVE_FLAGS -Ibpf/include "$1" -o "$2"';
  execFileSync('sh', ['-euc', command, 'sh', source, out], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return execFileSync(out, { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' '));
}

const camel = (name: string): string => name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function render(answers: readonly string[][]): string {
  const constants: string[] = [];
  const sizes = new Map<string, number>();
  const fields = new Map<string, Map<string, Field>>();
  for (const [kind, name, a, b, c] of answers) {
    if (kind === 'constant') constants.push(`  ${camel(name!.replace('D4C_', ''))}: ${a},`);
    if (kind === 'struct') sizes.set(name!, Number(a));
    if (kind !== 'field') continue;
    if (!fields.has(name!)) fields.set(name!, new Map());
    fields.get(name!)!.set(a!, { offset: Number(b), size: Number(c) });
  }
  for (const [name, size] of sizes) assertWhole(name, size, fields.get(name)!);
  const layouts = [...sizes].map(([name, size]) => renderLayout(name, size, fields.get(name)!));
  return [
    '// Generated from bpf/include by `npm run gen`: the mirror of the contract. Not to be edited.',
    '',
    '/** Numbers of the headers: limits, bits, kinds. */',
    'export const constants = {',
    ...constants,
    '} as const;',
    '',
    '/** Sizes of structures, and offsets of their fields, in bytes. */',
    'export const layouts = {',
    ...layouts,
    '} as const;',
    '',
  ].join('\n');
}

/** A field that this list lacks would be a hole. */
function assertWhole(name: string, size: number, fields: ReadonlyMap<string, Field>): void {
  let end = 0;
  for (const [field, { offset, size: bytes }] of fields) {
    if (offset !== end) throw new Error(`struct ${name}: a field before \`${field}\` is missing in tools/gen/structures.ts`);
    end = offset + bytes;
  }
  if (end !== size) throw new Error(`struct ${name}: a field at its end is missing in tools/gen/structures.ts`);
}

function renderLayout(name: string, size: number, fields: ReadonlyMap<string, Field>): string {
  const places = [...fields].map(([field, { offset }]) => `${camel(field)}: ${offset}`);
  const lines: string[] = [];
  for (const place of places) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + place.length < 104) lines[lines.length - 1] = `${last} ${place},`;
    else lines.push(`    ${place},`);
  }
  return [`  ${camel(name.replace('d4c_', ''))}: {`, `    bytes: ${size},`, ...lines, '  },'].join('\n');
}
