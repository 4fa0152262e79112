import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { cgroupIdOf, childrenOf, isGone } from './cgroup.ts';

export interface CgroupWatchOptions {
  readonly root: string;
  /** Whether a cgroup is a container: nothing below it is looked at. */
  isContainer(path: string): boolean;
  appeared(path: string, cgroupId: bigint): void;
  vanished(path: string): void;
  failed(error: Error): void;
}

export interface CgroupWatch extends Disposable {
  /** Looks at all there is, as if everything had just changed. */
  rescan(): void;
}

/** The kernel drops what its queue has no room for, and nobody is told: so all is looked at now and then. */
const rescanMs = 30_000;
/** Cgroups that are watched at most: an inotify watch is a kilobyte of kernel memory each. */
const watchesMax = 16_384;

/**
 * Sees cgroups as they are made, which is before anything runs in them. Every cgroup that is no container
 * and lies above where containers can be is watched, with those that exist told first.
 */
export function watchCgroups(options: CgroupWatchOptions): CgroupWatch {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly cgroupId: bigint }>();
  const containers = new Set<string>();
  let full = false;

  function enter(path: string, cgroupId: bigint): void {
    if (watchers.get(path)?.cgroupId === cgroupId) return;
    leave(path); // one made anew, before its end was seen
    if (watchers.size >= watchesMax) {
      if (!full) options.failed(new Error(`more than ${watchesMax} cgroups: some containers are seen late`));
      full = true;
      return;
    }
    try {
      const watcher = watch(join(options.root, path), (_, name) => {
        if (name !== null) look(join(path, name));
      });
      // A cgroup that goes away takes its watch along; its parent tells of it.
      watcher.on('error', () => leave(path));
      watchers.set(path, { watcher, cgroupId });
      for (const name of childrenOf(join(options.root, path))) look(join(path, name));
    } catch (error) {
      if (!isGone(error)) options.failed(error as Error);
      leave(path);
    }
  }

  function look(path: string): void {
    const cgroupId = cgroupIdOf(options.root, path);
    if (cgroupId === undefined) {
      leave(path);
      containers.delete(path);
      options.vanished(path);
    } else if (options.isContainer(path)) {
      containers.add(path);
      options.appeared(path, cgroupId);
    } else {
      enter(path, cgroupId);
    }
  }

  function leave(path: string): void {
    watchers.get(path)?.watcher.close();
    watchers.delete(path);
  }

  function rescan(): void {
    try {
      for (const path of [...containers]) look(path);
      for (const path of [...watchers.keys()]) {
        for (const name of childrenOf(join(options.root, path))) look(join(path, name));
      }
    } catch (error) {
      options.failed(error as Error);
    }
  }

  look('/');
  const rescanner = setInterval(rescan, rescanMs).unref();
  return {
    rescan,
    [Symbol.dispose]() {
      clearInterval(rescanner);
      for (const { watcher } of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
