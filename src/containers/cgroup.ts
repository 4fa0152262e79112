import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base';

/** Where the unified hierarchy is mounted: alone, or beside those of version 1. */
export function findCgroupRoot(): string {
  for (const root of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) {
    if (existsSync(join(root, 'cgroup.procs')) && existsSync(join(root, 'cgroup.controllers'))) return root;
  }
  throw new Failure('host', 'no cgroup v2 hierarchy is mounted below /sys/fs/cgroup', {
    help: 'mount one: `mount -t cgroup2 none /sys/fs/cgroup`, or boot with systemd.unified_cgroup_hierarchy=1',
  });
}

/** The id that the kernel knows a cgroup by is the inode number of its directory. */
export function cgroupIdOf(root: string, path: string): bigint | undefined {
  const found = statSync(join(root, path), { bigint: true, throwIfNoEntry: false });
  return found?.isDirectory() === true ? found.ino : undefined;
}

/** The cgroup of a process in the unified hierarchy; `undefined` if the process is gone. */
export function cgroupOfProcess(pid: number | 'self'): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  return /^0::(.*)$/m.exec(text)?.[1];
}

/**
 * Where a runtime puts a container for the `cgroupsPath` of its specification: with the systemd driver
 * `slice:prefix:name`, a slice `a-b.slice` lying below `a.slice`; else the path itself.
 */
export function cgroupPathOfSpec(cgroupsPath: string): string | undefined {
  if (cgroupsPath.startsWith('/')) return cgroupsPath;
  const parts = cgroupsPath.split(':');
  if (parts.length !== 3) return undefined;
  const [slice, prefix, name] = parts as [string, string, string];
  const unit = prefix === '' ? `${name}.scope` : `${prefix}-${name}.scope`;
  return `${expandSlice(slice === '' ? 'system.slice' : slice)}/${unit}`;
}

function expandSlice(slice: string): string {
  const steps = slice.replace(/\.slice$/, '').split('-');
  return steps.map((_, i) => `/${steps.slice(0, i + 1).join('-')}.slice`).join('');
}

/** The ids of all cgroups that exist. */
export function listCgroupIds(root: string): ReadonlySet<bigint> {
  const ids = new Set<bigint>();
  const enter = (path: string): void => {
    const cgroupId = cgroupIdOf(root, path);
    if (cgroupId === undefined) return;
    ids.add(cgroupId);
    for (const name of childrenOf(join(root, path))) enter(join(path, name));
  };
  enter('/');
  return ids;
}

/** Names of the cgroups right below; none if it has gone meanwhile. */
export function childrenOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'ENODEV';
}
