/**
 * The command line as plain JavaScript in build/bundle: it starts several times faster than the sources, and does
 * without the type stripping's 40 MB of memory. `bin/setup` makes it. The program is one file: each further module
 * would cost a start 15 ms on a slow machine; what a command does not need is not evaluated, and not compiled.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import type { Plugin } from 'esbuild';

const checkout = join(import.meta.dirname, '..');
const target = join(checkout, 'build/bundle');
/** As bin/d4c has them, and tools/vm/machine.ts: what V8 compiles depends on them. */
const nodeFlags = [['--v8-pool-size=1'], ['--v8-pool-size=1', '--jitless']];

/** The entry says where compiled code is kept before the program, one file, is loaded. */
const programApart: Plugin = {
  name: 'program apart',
  setup: (build) => build.onResolve({ filter: /^\.\/program\.ts$/ }, () => ({ path: './program.js', external: true })),
};

/** Packages that are CommonJS ask for `require`, which a module has not got by itself. */
const banner = "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);";

/** How each program is bundled. */
const common = {
  absWorkingDir: checkout,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  keepNames: true,
  banner: { js: banner },
  logLevel: 'warning',
} as const;

/** One script of the tests as one file, for those who start it a thousand times. */
export async function bundleScript(script: string, file: string): Promise<void> {
  await bundle({ ...common, entryPoints: [script], outfile: file });
}

export async function makeBundle(): Promise<string> {
  const fresh = `${target}.${process.pid}`;
  const started = new Date();
  mkdirSync(fresh, { recursive: true });
  await bundle({
    ...common,
    entryPoints: ['src/cli/main.ts', 'src/cli/program.ts', 'src/outputs/store/worker.ts'],
    outdir: fresh,
    entryNames: '[name]',
    plugins: [programApart],
    // Only tools need it, and it is a binary.
    external: ['esbuild'],
  });
  install(fresh);
  const main = join(target, 'main.js');
  compile(main);
  // What is edited meanwhile must count as newer.
  utimesSync(main, started, started);
  return main;
}

/** Explains a policy, for V8 to leave in build/bundle/compiled what it made of the program meanwhile. */
function compile(main: string): void {
  const folder = join(target, 'compiled');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const policy = join(checkout, 'test/vm/cases/policies/usr-bin.yaml');
  const words = ['policy', 'explain', policy, '--operation', 'createExecutable', '--path', '/usr/bin/new'];
  for (const flags of nodeFlags) {
    const { status, stderr } = spawnSync(process.execPath, [...flags, main, ...words], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the bundle does not run: ${stderr}`);
  }
}

/** One rename a file, the entry last: a program that starts meanwhile finds all of the old ones or of the new. */
function install(fresh: string): void {
  mkdirSync(target, { recursive: true });
  for (const name of ['worker.js', 'program.js', 'main.js']) renameSync(join(fresh, name), join(target, name));
  rmSync(fresh, { recursive: true });
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${await makeBundle()}\n`);
