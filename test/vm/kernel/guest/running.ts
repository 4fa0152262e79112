/**
 * In the guest: containers that run, or wait, when their rules come; a table swapped under them; a ring that
 * nobody reads until it is full. Prints one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { decodeRecord } from '#abi';
import { openKernel } from '#kernel';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root, tableOf } from './bench.ts';

const policy = (path: string): string => `
file:
  selectors:
    - name: files
      operation: [createFile]
      targetFilePath: [${path}]
  responses:
    - match: [files]
      actions: [alert, block]
`;
/** A path in: whether it could be made. A number before it: so often. */
const script = `while read n path; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > $path && ok=$((ok+1)) && rm -f $path; done 2>/dev/null
  echo $ok; done`;

await using kernel = await openKernel({ pinFolder: null });
using image = makeImage(join(root, 'build/demo-image'), [], [], []);

function cgroupOf(name: string): bigint {
  mkdirSync(join('/sys/fs/cgroup', name), { recursive: true });
  return statSync(join('/sys/fs/cgroup', name), { bigint: true }).ino;
}

function startContainer(name: string) {
  const bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, `/${name}/c`);
  const child = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** How many of the attempts went through. */
    async make(path: string, count = 1): Promise<number> {
      child.stdin.write(`${count} ${path}\n`);
      return Number((await lines.next()).value);
    },
    async end(): Promise<void> {
      child.stdin.end();
      await new Promise((resolve) => child.once('close', resolve));
      spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', name]);
      bundle[Symbol.dispose]();
    },
  };
}

const results: Record<string, unknown> = {};
const etc = await kernel.install(tableOf(policy('/etc/**')));
const srv = await kernel.install(tableOf(policy('/srv/**')));

// It runs before anybody knows of it.
const runningId = cgroupOf('running');
const running = startContainer('running');
results['beforeRules'] = await running.make('/etc/a');
kernel.assign(runningId, etc, { neverBlocked: false });
results['afterRules'] = await running.make('/etc/b');
results['tasks'] = Number(kernel.containers().find(({ cgroupId }) => cgroupId === runningId)?.tasks ?? -1n);
// What is brought into a cgroup of the container, however far below: its own root, and a program there.
const { pid } = kernel.containers().find(({ cgroupId }) => cgroupId === runningId)!;
const far = join('/sys/fs/cgroup/running/c', ...Array.from({ length: 17 }, () => 'd'));
mkdirSync(far, { recursive: true });
const inside = `exec chroot /proc/${pid}/root /usr/bin/busybox sh -c "true > /etc/far"`;
results['farBelow'] = spawnSync('sh', ['-c', `echo 0 > ${far}/cgroup.procs && ${inside}`], { encoding: 'utf8' }).stderr.trim();
kernel.assign(runningId, srv, { neverBlocked: false });
results['afterSwap'] = [await running.make('/etc/c'), await running.make('/srv/c')];
kernel.assign(runningId, srv, { neverBlocked: true });
results['neverBlocked'] = await running.make('/srv/d');
kernel.assign(runningId, etc, { neverBlocked: false });
await kernel.release(srv);
results['cells'] = kernel.memory().cells.used;

// It is created, and its runtime's process waits for the start.
const waitingId = cgroupOf('waiting');
const waiting = image.bundle('waiting', { file: null, args: ['/usr/bin/busybox', 'true'] }, '/waiting/c');
spawnSync('crun', ['--cgroup-manager=cgroupfs', 'create', '--bundle', waiting.folder, 'waiting'], { stdio: 'ignore' });
kernel.assign(waitingId, etc, { neverBlocked: false });
results['waiting'] = kernel.containers().some(({ cgroupId }) => cgroupId === waitingId);
spawnSync('crun', ['--cgroup-manager=cgroupfs', 'start', 'waiting']);
while (!kernel.containers().some(({ cgroupId, tasks }) => cgroupId === waitingId && tasks === 0n)) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
results['started'] = true;
spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', 'waiting']);
waiting[Symbol.dispose]();

// Nobody has read so far: more than the ring holds.
const flood = 9000;
results['flood'] = await running.make('/etc/e', flood);
const stop = new AbortController();
let operations = 0;
let latest = 0;
let waited = Promise.withResolvers<number>();
const reading = (async () => {
  for await (const batch of kernel.records('alerts', stop.signal)) {
    const now = kernel.clock().bootNs;
    const records = batch.records.map(decodeRecord);
    operations += records.filter(({ kind }) => kind === 'operation').length;
    latest = Math.max(...records.map(({ timeNs }) => Number(now - timeNs) / 1e6));
    batch.ack();
    waited.resolve(latest);
  }
})();
while (kernel.unread() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
const counters = kernel.counters();
results['recorded'] = Number(counters.recorded);
results['read'] = operations;
results['lost'] = Number(counters.lost['ringFull'] ?? 0n);
results['lostOfContainer'] = Number(kernel.lost().get(runningId)?.['ringFull'] ?? 0n);
const latencies: number[] = [];
for (let i = 0; i < 20; i++) {
  waited = Promise.withResolvers<number>();
  await running.make('/etc/f');
  latencies.push(await waited.promise);
}
results['latencyMs'] = latencies.map((ms) => Math.round(ms * 100) / 100).toSorted((a, b) => a - b);
await running.end();
kernel.forget(runningId);
kernel.forget(waitingId);
results['left'] = [kernel.assigned().length, kernel.containers().length];
stop.abort();
await reading;
console.log(JSON.stringify({ ...results, flooded: flood }));
