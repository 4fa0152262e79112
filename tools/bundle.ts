/**
 * The command line as a few files of plain JavaScript in build/bundle: it starts several times faster than
 * the sources, and does without the type stripping's 40 MB of memory. `bin/setup build` makes it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const checkout = join(import.meta.dirname, '..');
const target = join(checkout, 'build/bundle');
/** As bin/d4c has them: what V8 compiles depends on them. */
const nodeFlags = ['--v8-pool-size=1'];
const partsKeptMs = 24 * 3600 * 1000;

/** Packages that are CommonJS ask for `require`, which a module has not got by itself. */
const banner = "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);";

export async function makeBundle(): Promise<string> {
  const fresh = `${target}.${process.pid}`;
  const started = new Date();
  mkdirSync(fresh, { recursive: true });
  await build({
    absWorkingDir: checkout,
    entryPoints: ['src/cli/main.ts', 'src/outputs/store/worker.ts'],
    outdir: fresh,
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    keepNames: true,
    // Only tools need it, and it is a binary.
    external: ['esbuild'],
    banner: { js: banner },
    logLevel: 'warning',
  });
  install(fresh);
  const main = join(target, 'main.js');
  compile(main);
  // What is edited meanwhile must count as newer.
  utimesSync(main, started, started);
  return main;
}

/** Explains a policy and loads all other parts, for V8 to leave in build/bundle/compiled what it made of them. */
function compile(main: string): void {
  const folder = join(target, 'compiled');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const policy = join(checkout, 'test/vm/cases/policies/usr-bin.yaml');
  const words = [main, 'policy', 'explain', policy, '--operation', 'createExecutable', '--path', '/usr/bin/new'];
  const parts = readdirSync(target).filter((name) => name.endsWith('.js') && !['main.js', 'worker.js'].includes(name));
  const script = `process.argv.push(...${JSON.stringify(words)}); await import(${JSON.stringify(main)});
    for (const part of ${JSON.stringify(parts)}) await import(${JSON.stringify(`${target}/`)} + part);`;
  const { status, stderr } = spawnSync(process.execPath, [...nodeFlags, '--input-type=module', '--eval', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the bundle does not run: ${stderr}`);
}

/** One rename a file, `main.js` last: parts have names by content, and programs that run may still load old ones. */
function install(fresh: string): void {
  mkdirSync(target, { recursive: true });
  const names = readdirSync(fresh);
  for (const name of [...names.filter((name) => name !== 'main.js'), 'main.js']) renameSync(join(fresh, name), join(target, name));
  rmSync(fresh, { recursive: true });
  const current = new Set(names);
  for (const name of readdirSync(target).filter((one) => one.endsWith('.js'))) {
    const file = join(target, name);
    if (!current.has(name) && Date.now() - statSync(file).mtimeMs > partsKeptMs) rmSync(file);
  }
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${await makeBundle()}\n`);
