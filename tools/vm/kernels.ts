/** The kernels that can be booted, and their modules in the order in which they must be loaded. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '#base';
import { moduleDependencies } from './elf.ts';
import { otherKernelsPrefix, runTool, vmPrefix } from './files.ts';

/** What a start of one's own uses, and the product is proven on. */
export const kernelVersions = ['6.1', '6.12'] as const;
/** Of a set of its own, which is fetched when one of them is asked for: Debian 12's generic ones, Debian 13's. */
export const otherKernels = ['6.1-generic', '6.12-generic', 'trixie'] as const;
export type KernelVersion = (typeof kernelVersions)[number] | (typeof otherKernels)[number];
export const defaultKernel: KernelVersion = '6.12';

/** Names of their images. */
const images: Readonly<Record<KernelVersion, RegExp>> = {
  '6.1': /^vmlinuz-6\.1\..*-cloud-amd64$/,
  '6.12': /^vmlinuz-6\.12\..*-cloud-amd64$/,
  '6.1-generic': /^vmlinuz-6\.1\.[^a-z]*-amd64$/,
  '6.12-generic': /^vmlinuz-6\.12\..*deb12.*-amd64$/,
  trixie: /^vmlinuz-.*deb13.*-amd64$/,
};

export interface GuestKernel {
  readonly version: KernelVersion;
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
  /** Of the packages that it came with. */
  readonly versionsFile: string;
}

export interface Module {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function parseKernel(text: string): KernelVersion {
  const known = [...kernelVersions, ...otherKernels];
  const version = known.find((name) => name === text);
  if (version) return version;
  throw new Failure('usage', `kernel \`${text}\` is not known`, { help: `expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}` });
}

/** What of the kernel's own a program can expect: those of one series have the same hooks. */
export function kernelSeries(version: KernelVersion): (typeof kernelVersions)[number] {
  return version === '6.1' || version === '6.1-generic' ? '6.1' : '6.12';
}

export function findKernel(version: KernelVersion): GuestKernel {
  const prefix = otherKernels.some((other) => other === version) ? otherKernelsPrefix() : vmPrefix();
  const image = readdirSync(join(prefix, 'boot')).find((name) => images[version].test(name));
  if (!image) throw new Failure('internal', `no kernel ${version} in ${prefix}/boot`);
  const release = image.slice('vmlinuz-'.length);
  return {
    version,
    release,
    image: join(prefix, 'boot', image),
    modules: join(prefix, 'usr/lib/modules', release),
    versionsFile: join(prefix, 'run/versions'),
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
