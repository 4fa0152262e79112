/** Writes an initramfs: the archive format "newc", the only one that the kernel unpacks. */
import { concat } from './frames.ts';

export interface CpioEntry {
  readonly path: string;
  /** File type and permissions, as in st_mode. */
  readonly mode: number;
  /** A file's contents, or where a symbolic link points. */
  readonly data?: Uint8Array;
}

export const directoryMode = 0o040755;
export const programMode = 0o100755;

export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const end = { path: 'TRAILER!!!', mode: 0 };
  return concat([...entries, end].flatMap((entry, index) => encodeEntry(entry, index + 1)));
}

function encodeEntry(entry: CpioEntry, inode: number): Uint8Array[] {
  const data = entry.data ?? new Uint8Array();
  const name = new TextEncoder().encode(`${entry.path}\0`);
  const fields = [inode, entry.mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  const headAndName = concat([new TextEncoder().encode(head), name]);
  return [headAndName, padding(headAndName.length), data, padding(data.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
