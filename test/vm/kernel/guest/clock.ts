/**
 * In the guest: the host's clock is set while containers run whose root is a plain folder, where the time of a
 * file's last change tells whether it is of the image. Prints what ran, as one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openKernel } from '#kernel';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root, runContainer, tableOf } from './bench.ts';

const hourS = 3600;
/** More than the last tick of the clock, which is all that a file's time is told by. */
const tickMs = 50;
await using kernel = await openKernel({ pinFolder: null });
const table = await kernel.install(tableOf(`
file:
  selectors: [{name: drift, operation: [execDrift]}]
  responses: [{match: [drift], actions: [alert, block]}]
`));
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
let count = 0;

/** A container that runs a program of the image, and then a copy of it. Its root is filled when it has its rules. */
function run(assigned: () => void = () => undefined): string {
  const name = `clock${++count}`;
  const plain = join('/tmp', name);
  const change = (config: object): never => {
    assigned();
    using filled = image.bundle(`${name}-image`, { file: null, args: [] }, '/');
    cpSync(join(filled.folder, 'rootfs'), plain, { recursive: true, verbatimSymlinks: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, tickMs);
    return { ...config, root: { path: plain, readonly: false } } as never;
  };
  const script = 'hello >/dev/null && echo image; cp /usr/bin/hello /tmp/copy; /tmp/copy >/dev/null && echo copy';
  const { stdout, stderr } = runContainer(kernel, image, name, script, table, { change });
  rmSync(plain, { recursive: true });
  return stdout.trim().split('\n').join(' ') || stderr;
}

function setClock(bySeconds: number): void {
  const seconds = Math.round(Date.now() / 1000) + bySeconds;
  const { status, stderr } = spawnSync('date', ['-s', `@${seconds}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const seen: Record<string, string> = {};
seen['before'] = run();
setClock(hourS);
seen['an hour later'] = run();
setClock(-2 * hourS);
seen['an hour earlier'] = run();
seen['while one waits for its start'] = run(() => {
  setClock(-hourS);
  kernel.heartbeat(0n);
});
console.log(JSON.stringify(seen));
