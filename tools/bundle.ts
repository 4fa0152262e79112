/**
 * The command line as a few files of plain JavaScript in build/bundle: it starts several times faster than
 * the sources, and does without the type stripping's 40 MB of memory. `bin/setup build` makes it.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const checkout = join(import.meta.dirname, '..');
const target = join(checkout, 'build/bundle');

/** Packages that are CommonJS ask for `require`, which a module has not got by itself. */
const banner = "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);";

export async function makeBundle(): Promise<string> {
  const fresh = `${target}.${process.pid}`;
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
  copyFileSync(join(checkout, 'src/containers/containerd/containerd.proto'), join(fresh, 'containerd.proto'));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  return join(target, 'main.js');
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${await makeBundle()}\n`);
