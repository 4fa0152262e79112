/**
 * The guest's second disk: this run's checkout and shared folders. Its size is fixed, since a snapshot
 * knows it; its content is not, since no snapshot has read it.
 */
import { lstatSync, mkdirSync, readdirSync, realpathSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { Failure } from '#base';
import { checkout, runToolAsync } from './files.ts';

/** Virtual: the file is sparse. */
export const shareDiskBytes = 4 * 2 ** 30;
const notInCheckout = new Set(['.git', '.cache', 'node_modules']);
/** Mounting over these would take the guest's own system away. */
const systemFolders = ['/', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/proc', '/sys', '/dev', '/run'];

export function emptyShareDisk(file: string): void {
  writeFileSync(file, '');
  truncateSync(file, shareDiskBytes);
}

export function checkShares(shares: readonly string[]): string[] {
  return shares.map((share) => {
    const path = resolve(share);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Failure('input', `cannot share \`${share}\`: no folder is there`);
    }
    const system = systemFolders.find((folder) => path === folder || (folder !== '/' && path.startsWith(folder + sep)));
    if (system) {
      throw new Failure('usage', `cannot share \`${share}\``, {
        help: `${system} is the guest's own there; copy the folder to another place`,
      });
    }
    if (/\s/.test(path)) throw new Failure('usage', `cannot share \`${share}\`: blanks in its path`);
    return path;
  });
}

/**
 * Fills `file`, an empty disk, from the checkout and `shares` (absolute paths); `work` is a folder of the
 * checkout's own file system to prepare it in. A guest may have the disk already, but not looked at it.
 */
export async function fillShareDisk(
  prefix: string,
  file: string,
  work: string,
  shares: readonly string[],
): Promise<void> {
  const tree = join(work, 'shares');
  mkdirSync(join(tree, 'checkout'), { recursive: true });
  const own = readdirSync(checkout).filter((name) => !notInCheckout.has(name)).map((name) => join(checkout, name));
  await copyOwn(own, join(tree, 'checkout'));
  const lines = [`checkout ${checkout}`];
  // A folder inside another is mounted after it.
  const ordered = [...new Set(shares)].sort((a, b) => a.length - b.length);
  for (const [index, path] of ordered.entries()) {
    await runToolAsync('cp', ['-a', '--', realpathSync(path), join(tree, `s${index}`)]);
    lines.push(`s${index} ${path}`);
  }
  writeFileSync(join(tree, 'shares'), `${lines.join('\n')}\n`);
  await runToolAsync(join(prefix, 'run/bin/mke2fs'), [
    '-q', '-F', '-t', 'ext4', '-O', '^has_journal,^metadata_csum', '-m', '0', '-d', tree, file,
  ]);
  await rm(tree, { recursive: true });
}

/** By links where the files are ours: nothing is written to the tree, and it goes in a moment. */
async function copyOwn(paths: readonly string[], folder: string): Promise<void> {
  const mine = process.getuid?.() === 0 || paths.every((path) => lstatSync(path).uid === process.getuid?.());
  await runToolAsync('cp', [mine ? '-al' : '-a', '--', ...paths, folder]);
}
