/**
 * The pin folder, in a file system of type bpf:
 *
 *   shared-ID/        maps that every set of programs uses: marks, containers, sequences; ID is the kernel's id
 *   set-HASH-N/       the maps and links of one set of programs, HASH its object's, N counts the sets
 *   new-…             a set whose making was interrupted
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, statfsSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '#base';
import type { Addon } from './addon.ts';

/** Of bpffs, as statfs tells it. */
const bpfMagic = 0xcafe4a11;

export interface PinnedSet {
  readonly folder: string;
  readonly hash: string;
  readonly number: number;
}

export const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);

/** Makes the folder if it is missing; the file system must be there. */
export function preparePinFolder(folder: string): void {
  if (existingType(folder) !== bpfMagic) {
    throw new Failure('host', `the pin folder \`${folder}\` is not on a file system of type bpf`, { help: mountHelp });
  }
  try {
    makeFolders(folder);
  } catch (cause) {
    throw new Failure('host', `the pin folder \`${folder}\` can't be made`, { help: mountHelp, cause });
  }
}

/** Of the nearest folder that is there. */
function existingType(folder: string): number {
  return existsSync(folder) ? statfsSync(folder).type : existingType(dirname(folder));
}

/** Not by Node's `recursive`: in sysfs, where mkdir says ENOENT, that tries again for ever. */
export function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

const mountHelp = 'mount one: `mount -t bpf bpf /sys/fs/bpf`';

/** Names in a folder; none where it is not there. */
export function pinNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The sets, oldest first. */
export function pinnedSets(folder: string): PinnedSet[] {
  const sets = pinNames(folder).flatMap((name) => {
    const parts = /^set-([0-9a-f]{16})-(\d+)$/.exec(name);
    return parts === null ? [] : [{ folder: join(folder, name), hash: parts[1]!, number: Number(parts[2]) }];
  });
  return sets.toSorted((a, b) => a.number - b.number);
}

/** Folder of the shared maps and the id that is in its name; made if there is none. */
export function sharedFolder(folder: string): { readonly folder: string; readonly id: string; readonly isNew: boolean } {
  for (const name of pinNames(folder)) {
    if (name.startsWith('shared-')) return { folder: join(folder, name), id: name.slice('shared-'.length), isNew: false };
  }
  const id = newKernelId();
  return { folder: join(folder, `shared-${id}`), id, isNew: true };
}

export const newKernelId = (): string => randomBytes(16).toString('hex');

export const linkPin = (program: string): string => `link_${program}`;
/** What a program decides by: its pin outlives that of the program. */
export const corePin = (program: string): string => `core_${program}`;

/** Names of the links that are pinned there, each program's before the one of what it decides by. */
export function pinnedLinks(folder: string): string[] {
  const names = pinNames(folder);
  return [linkPin(''), corePin('')].flatMap((start) => names.filter((name) => name.startsWith(start)));
}

/** Fills a folder under another name: it is there whole, or not at all. */
export function makeFolder(native: Addon, folder: string, fill: (unfinished: string) => void): void {
  const unfinished = join(dirname(folder), `new-${newKernelId()}`);
  mkdirSync(unfinished, { mode: 0o700 });
  try {
    fill(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    removeFolder(native, unfinished);
    throw error;
  }
}

/** Unpins what is there; a set's programs are detached first. */
export function removeFolder(native: Addon, folder: string): void {
  removeLinks(native, folder);
  for (const name of pinNames(folder)) unlinkSync(join(folder, name));
  rmdirSync(folder);
}

/**
 * Detaches the programs of a set whose maps stay. A link that goes with its pin does so some time later, one
 * that goes with its last descriptor at once: so the descriptors outlive the pins.
 */
export function removeLinks(native: Addon, folder: string): void {
  const links = pinnedLinks(folder).map((name) => join(folder, name));
  using held = new DisposableStack();
  for (const path of links.toReversed()) held.adopt(native.openLink(path), (link) => native.close(link));
  for (const path of links) unlinkSync(path);
}

export function removeUnfinished(native: Addon, folder: string): void {
  for (const name of pinNames(folder)) if (name.startsWith('new-')) removeFolder(native, join(folder, name));
}

/** Takes all of it out of the kernel: nothing is enforced any more. False: there was nothing. */
export function removePins(native: Addon, folder: string): boolean {
  const names = pinNames(folder);
  for (const name of names) removeFolder(native, join(folder, name));
  if (names.length > 0) rmdirSync(folder);
  return names.length > 0;
}
