import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ContainerFacts } from '#base';
import { Failure } from '#base';
import { findCgroupRoot } from '#containers';
import type { Bundle, DemoCommand, DemoImage } from './bundle.ts';

/** Lets the agent know of a container before it begins; resolves when its rules are in the kernel. */
export type Announce = (container: { id: string; cgroupPath: string; facts: ContainerFacts }) => Promise<void>;

/** A container whose rules are in the kernel, ready to be started. */
export interface PreparedContainer extends Disposable {
  start(): ChildProcessByStdio<Writable, Readable, Readable>;
}

let made = 0;

/** Makes a container of the image: a cgroup of its own, announced, and a bundle. */
export async function prepareContainer(
  image: DemoImage,
  command: DemoCommand,
  facts: ContainerFacts,
  announce: Announce,
): Promise<PreparedContainer> {
  const id = `d4c-demo-${process.pid}-${++made}`;
  const cgroupPath = `/d4c-demo/${id}`;
  using cleanup = new DisposableStack();
  const folder = join(findCgroupRoot(), cgroupPath);
  mkdirSync(folder, { recursive: true });
  cleanup.defer(() => removeCgroup(folder));
  await announce({ id, cgroupPath, facts });
  const bundle: Bundle = cleanup.use(image.bundle(id, command, `${cgroupPath}/container`));
  const kept = cleanup.move();
  return {
    start: () => {
      const args = ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, id];
      return spawn(runtime(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    },
    [Symbol.dispose]: () => {
      spawnSync(runtime(), ['--cgroup-manager=cgroupfs', 'delete', '--force', id]);
      kept.dispose();
    },
  };
}

/** The runtime may have left a cgroup below; a busy one stays, empty, until the next boot. */
function removeCgroup(folder: string): void {
  for (const place of [join(folder, 'container'), folder]) {
    if (!existsSync(place)) continue;
    try {
      rmdirSync(place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
  }
}

function runtime(): string {
  const found = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'crun')).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Failure('host', 'crun is not installed', { help: 'install the package `crun`, or leave out `--host`' });
}
