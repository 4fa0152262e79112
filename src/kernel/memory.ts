/** What the maps take of the kernel's memory, by its own account. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const mapLink = 'anon_inode:bpf-map';

/** Bytes of all maps that this process has open, each counted once. */
export function mapBytes(): number {
  const maps = new Map<string, number>();
  for (const number of readdirSync('/proc/self/fd')) {
    const info = infoOf(number);
    const [id, bytes] = ['map_id', 'memlock'].map((key) => new RegExp(`^${key}:\\s*(\\d+)$`, 'm').exec(info)?.[1]);
    if (id !== undefined && bytes !== undefined) maps.set(id, Number(bytes));
  }
  return [...maps.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Of a map's descriptor; empty for another one, and for one that was closed meanwhile. */
function infoOf(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`) === mapLink ? readFileSync(`/proc/self/fdinfo/${number}`, 'utf8') : '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
