/**
 * The guest's second disk: this run's checkout and shared folders. Its size is fixed, since a snapshot
 * knows it; its content is not, since no snapshot has read it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { Failure } from '#base';
import { checkout, runTool } from './files.ts';

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

function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}

/** Makes `file` from the checkout and `shares` (absolute paths); `work` is a folder to prepare it in. */
export function makeShareDisk(prefix: string, file: string, work: string, shares: readonly string[]): void {
  const tree = join(work, 'shares');
  mkdirSync(tree);
  mkdirSync(join(tree, 'checkout'));
  for (const name of readdirSync(checkout)) {
    if (!notInCheckout.has(name)) copyTree(join(checkout, name), join(tree, 'checkout', name));
  }
  const lines = [`checkout ${checkout}`];
  // A folder inside another is mounted after it.
  [...new Set(shares)].sort((a, b) => a.length - b.length).forEach((path, index) => {
    copyTree(realpathSync(path), join(tree, `s${index}`));
    lines.push(`s${index} ${path}`);
  });
  writeFileSync(join(tree, 'shares'), `${lines.join('\n')}\n`);
  if (!existsSync(file)) emptyShareDisk(file);
  runTool(join(prefix, 'run/bin/mke2fs'), [
    '-q', '-F', '-t', 'ext4', '-O', '^has_journal,^metadata_csum', '-m', '0', '-d', tree, file,
  ]);
  rmSync(tree, { recursive: true });
}
