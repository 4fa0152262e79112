/**
 * In the guest: a container whose tasks are all moved to another cgroup, its own removed, and that is then to
 * be forgotten. Prints one line of JSON.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { openKernel } from '#kernel';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root, tableOf } from './bench.ts';

const policy = `
file:
  selectors: [{name: files, operation: [createFile], targetFilePath: [/etc/**]}]
  responses: [{match: [files], actions: [alert, block]}]
`;
/** A path in: whether it could be made. */
const script = 'while read path; do true > $path && echo made || echo denied; done 2>/dev/null';
const cgroups = '/sys/fs/cgroup';

await using kernel = await openKernel({ pinFolder: null });
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
mkdirSync(join(cgroups, 'left/c'), { recursive: true });
mkdirSync(join(cgroups, 'elsewhere'));
const cgroupId = statSync(join(cgroups, 'left'), { bigint: true }).ino;
kernel.assign(cgroupId, await kernel.install(tableOf(policy)), { neverBlocked: false });

using bundle = image.bundle('left', { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, '/left/c');
const child = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, 'left'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
async function make(path: string): Promise<string> {
  child.stdin.write(`${path}\n`);
  return String((await lines.next()).value);
}

const within = await make('/etc/a');
for (const pid of readFileSync(join(cgroups, 'left/c/cgroup.procs'), 'utf8').trim().split('\n')) {
  writeFileSync(join(cgroups, 'elsewhere/cgroup.procs'), pid);
}
rmdirSync(join(cgroups, 'left/c'));
rmdirSync(join(cgroups, 'left'));
kernel.forget(cgroupId);
const afterwards = await make('/etc/b');
const elsewhere = await make('/tmp/b');
const closed = new Promise((resolve) => child.once('close', resolve));
child.stdin.end();
await closed;
kernel.forget(cgroupId);
console.log(JSON.stringify({ within, afterwards, elsewhere, left: [kernel.assigned().length, kernel.containers().length] }));
