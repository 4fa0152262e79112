/**
 * In the guest: hands of a privileged container, in the host's pid namespace and with the host's pins mounted, on
 * what enforces; the same by the host itself. Prints one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openKernel, uninstall } from '#kernel';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import type { RuntimeConfig } from '../../../../src/cli/demo/bundle.ts';
import { root, tableOf } from './bench.ts';

const policy = `
file:
  selectors: [{name: files, operation: [createFile], targetFilePath: [/etc/**]}]
  responses: [{match: [files], actions: [alert, block]}]
`;
const pinFolder = '/sys/fs/bpf/d4c';
const tamper = join(root, 'build/cases/try-tamper');

const kernel = await openKernel({ pinFolder });
using image = makeImage(join(root, 'build/demo-image'), [join(root, 'build/cases')], [], []);
mkdirSync('/sys/fs/cgroup/p/c', { recursive: true });
const cgroupId = statSync('/sys/fs/cgroup/p', { bigint: true }).ino;
kernel.assign(cgroupId, await kernel.install(tableOf(policy)), { neverBlocked: false, sharedPids: true });

const pins = `${pinFolder}/set-*`;
const tries: Readonly<Record<string, string>> = {
  maps: '/try-tamper maps',
  programs: '/try-tamper programs',
  pin: `/try-tamper pin $(echo ${pins}/d4c_cells)`,
  unpin: `rm $(echo ${pins}/link_d4c_path_mknod)`,
  'move a pin': `mv $(echo ${pins}/link_d4c_path_mknod) /sys/fs/bpf/mine`,
  'replace a pin': `touch /sys/fs/bpf/mine 2>/dev/null; mv /sys/fs/bpf/d4c /sys/fs/bpf/mine`,
  unmount: 'nsenter -t 1 -m umount /sys/fs/bpf',
  kill: `kill -9 ${process.pid}`,
  seize: `/try-tamper seize ${process.pid}`,
  look: `kill -0 ${process.pid} && ls /proc/${process.pid}/root > /dev/null`,
  'its own': 'sleep 100 & kill -9 $!',
  enforced: '! true 2>/dev/null > /etc/made',
};

function inContainer(script: string): string {
  const change = (config: RuntimeConfig): RuntimeConfig => ({
    ...config,
    mounts: [...config.mounts, { destination: '/sys/fs/bpf', type: 'bind', source: '/sys/fs/bpf', options: ['bind', 'rw'] }],
    linux: { ...config.linux, namespaces: config.linux.namespaces.filter(({ type }) => type !== 'pid') },
  });
  using bundle = image.bundle('p', { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, '/p/c', { change });
  const done = spawnSync('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, 'p'], { encoding: 'utf8' });
  spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', 'p']);
  return `${done.status === 0 ? 'done' : 'not done'}${done.stdout === '' ? '' : `: ${done.stdout.trim()}`}`;
}

const container = Object.fromEntries(Object.entries(tries).map(([name, script]) => [name, inContainer(script)]));
const { tampered } = kernel.counters();
const host = {
  maps: spawnSync(tamper, ['maps'], { encoding: 'utf8' }).stdout.trim().replace(/^\d+/, (count) => (Number(count) > 0 ? 'some' : 'none')),
  uninstalled: false,
};
await kernel[Symbol.asyncDispose]();
host.uninstalled = uninstall(pinFolder);
console.log(JSON.stringify({ container, tampered: Number(tampered) > 0, host }));
