/** The kernels that can be booted, and their modules in the order in which they must be loaded. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '#base';
import { moduleDependencies } from './elf.ts';
import { runTool } from './files.ts';

export const kernelVersions = ['6.1', '6.12'] as const;
export type KernelVersion = (typeof kernelVersions)[number];
export const defaultKernel: KernelVersion = '6.12';

export interface GuestKernel {
  readonly version: KernelVersion;
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
}

export interface Module {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function parseKernel(text: string): KernelVersion {
  const version = kernelVersions.find((known) => known === text);
  if (version) return version;
  throw new Failure('usage', `kernel \`${text}\` is not known`, { help: `expected ${kernelVersions.join(' or ')}` });
}

export function findKernel(prefix: string, version: KernelVersion): GuestKernel {
  const image = readdirSync(join(prefix, 'boot')).find((name) => name.startsWith(`vmlinuz-${version}.`));
  if (!image) throw new Failure('internal', `no kernel ${version} in ${prefix}/boot`);
  const release = image.slice('vmlinuz-'.length);
  return {
    version,
    release,
    image: join(prefix, 'boot', image),
    modules: join(prefix, 'usr/lib/modules', release),
  };
}

/** The named modules and what they depend on, dependencies first. Names that are built in are left out. */
export function collectModules(prefix: string, kernel: GuestKernel, names: readonly string[]): Module[] {
  const files = moduleFiles(kernel);
  const builtin = new Set(
    readFileSync(join(kernel.modules, 'modules.builtin'), 'utf8').split('\n').map((path) => moduleName(path)),
  );
  const collected = new Map<string, Module>();
  const visit = (name: string): void => {
    if (collected.has(name) || builtin.has(name)) return;
    const file = files.get(name);
    if (!file) throw new Failure('internal', `kernel ${kernel.release} has no module ${name}`);
    const bytes = readModule(prefix, file);
    for (const dependency of moduleDependencies(bytes)) visit(moduleName(dependency));
    collected.set(name, { name, bytes });
  };
  for (const name of names) visit(name);
  return [...collected.values()];
}

function moduleFiles(kernel: GuestKernel): Map<string, string> {
  return new Map(
    readdirSync(join(kernel.modules, 'kernel'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ko(\.xz)?$/.test(path))
      .map((path) => [moduleName(path), join(kernel.modules, 'kernel', path)]),
  );
}

/** The kernel takes `-` and `_` in module names for one. */
function moduleName(path: string): string {
  return basename(path).replace(/\.ko(\.xz)?$/, '').replaceAll('-', '_');
}

function readModule(prefix: string, file: string): Uint8Array {
  return file.endsWith('.xz') ? runTool(join(prefix, 'run/bin/xz'), ['-dc', file]) : readFileSync(file);
}
