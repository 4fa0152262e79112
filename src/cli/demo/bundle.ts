import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '#base';

/** The folder in which a program of `--run` lies in its container. */
const runFolder = '/d4c/run';

const capabilities = [
  'AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN', 'DAC_OVERRIDE',
  'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE', 'LINUX_IMMUTABLE', 'MAC_ADMIN',
  'MAC_OVERRIDE', 'MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_RAW', 'PERFMON', 'SETFCAP', 'SETGID',
  'SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT', 'SYS_MODULE', 'SYS_NICE', 'SYS_PACCT',
  'SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM',
].map((name) => `CAP_${name}`);

/** A root file system for demo containers, and what is made from it; all of it on a tmpfs that goes with it. */
export interface DemoImage extends Disposable {
  /** A fresh container's bundle: an overlay of its own over the image. */
  bundle(name: string, command: DemoCommand, cgroupPath: string, extra?: BundleExtra): Bundle;
}

/** What a bundle has beyond those of the demo. */
export interface BundleExtra {
  /** A folder over the image: one more read-only layer. */
  readonly layer?: string;
  readonly change?: (config: RuntimeConfig) => RuntimeConfig;
}

/** The parts of an OCI configuration that others look at. */
export interface RuntimeConfig {
  readonly [key: string]: unknown;
  readonly process: Readonly<Record<string, unknown>>;
  readonly mounts: readonly object[];
  readonly linux: Readonly<Record<string, unknown>> & { readonly namespaces: readonly { readonly type: string }[] };
}

export interface DemoCommand {
  /** A file of the host that lies in the image and is to be run; `null`: `args` as they are. */
  readonly file: string | null;
  readonly args: readonly string[];
  /** What is to read the file, if it is no program by itself. */
  readonly interpreter?: readonly string[];
}

export interface Bundle extends Disposable {
  readonly folder: string;
}

/** Makes the image: the demo's own root file system, the contents of `images` over it, `files` in a folder. */
export function makeImage(base: string, images: readonly string[], files: readonly string[], shares: readonly string[]): DemoImage {
  if (!existsSync(join(base, 'usr/bin/busybox'))) {
    throw new Failure('internal', `the demo's root file system is not at ${base}`, { help: 'run `bin/setup build`' });
  }
  mkdirSync('/run/d4c-demo', { recursive: true });
  const work = mkdtempSync('/run/d4c-demo/');
  using cleanup = new DisposableStack();
  cleanup.defer(() => rmSync(work, { recursive: true, force: true }));
  mount(['-t', 'tmpfs', '-o', 'mode=755', 'd4c-demo', work]);
  cleanup.defer(() => unmount(work));
  const image = join(work, 'image');
  copyBase(base, image);
  for (const folder of images) copyTree(folder, image);
  files.forEach((file, index) => copyProgram(file, image, index));
  const kept = cleanup.move();
  return {
    bundle: (name, command, cgroupPath, extra = {}) =>
      makeBundle(work, name, shares, programOf(files, command), cgroupPath, extra),
    [Symbol.dispose]: () => kept.dispose(),
  };
}

/** Many small files, and no set-user-id program among them, which a change of the owner would take that from. */
function copyBase(from: string, to: string): void {
  run('cp', ['-a', from, to]);
  run('chown', ['-Rh', '0:0', to]);
}

function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, force: true, preserveTimestamps: true });
}

function pathOf(index: number, file: string): string {
  return `${runFolder}/${index}/${basename(file)}`;
}

function copyProgram(file: string, image: string, index: number): void {
  const target = join(image, pathOf(index, file));
  mkdirSync(join(image, `${runFolder}/${index}`), { recursive: true });
  cpSync(file, target);
  run('chmod', ['0755', target]);
}

function programOf(files: readonly string[], command: DemoCommand): readonly string[] {
  if (command.file === null) return command.args;
  return [...(command.interpreter ?? []), pathOf(files.indexOf(command.file), command.file), ...command.args];
}

function makeBundle(
  work: string,
  name: string,
  shares: readonly string[],
  args: readonly string[],
  cgroupPath: string,
  extra: BundleExtra,
): Bundle {
  const folder = join(work, name);
  for (const part of ['rootfs', 'upper', 'work']) mkdirSync(join(folder, part), { recursive: true });
  const lower = [...(extra.layer === undefined ? [] : [extra.layer]), join(work, 'image')].join(':');
  const layers = `lowerdir=${lower},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
  mount(['-t', 'overlay', '-o', layers, 'overlay', join(folder, 'rootfs')]);
  const volumes = shares.map((share, index) => ({ share, source: discardingView(folder, share, index) }));
  const config = runtimeConfig(args, volumes, cgroupPath);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(extra.change?.(config) ?? config, null, 1));
  return {
    folder,
    [Symbol.dispose]: () => {
      for (const { source } of volumes) unmount(source);
      unmount(join(folder, 'rootfs'));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The shared folder with writes going to memory: what a container does to it is gone with the container. */
function discardingView(folder: string, share: string, index: number): string {
  const parts = ['view', 'upper', 'work'].map((part) => join(folder, `share-${index}`, part));
  for (const part of parts) mkdirSync(part, { recursive: true });
  mount(['-t', 'overlay', '-o', `lowerdir=${share},upperdir=${parts[1]},workdir=${parts[2]}`, 'overlay', parts[0]!]);
  return parts[0]!;
}

/** An OCI configuration: root with every capability, no seccomp filter, namespaces of its own. */
function runtimeConfig(args: readonly string[], volumes: readonly { share: string; source: string }[], cgroupPath: string): RuntimeConfig {
  const all = { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: capabilities, ambient: capabilities };
  return {
    ociVersion: '1.0.2',
    hostname: 'demo',
    root: { path: 'rootfs', readonly: false },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      cwd: '/',
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'TERM=dumb'],
      capabilities: all,
    },
    mounts: [...systemMounts, ...volumes.map(({ share, source }) => ({ destination: share, type: 'bind', source, options: ['rbind', 'rw'] }))],
    linux: {
      cgroupsPath: cgroupPath,
      resources: { devices: [{ allow: true, access: 'rwm' }] },
      namespaces: ['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup'].map((type) => ({ type })),
    },
  };
}

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'] },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'nodev', 'mode=1777', 'size=65536k'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime'] },
];

function mount(args: readonly string[]): void {
  run('mount', args);
}

function unmount(target: string): void {
  run('umount', ['-l', target]);
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status === 0) return;
  throw new Failure('host', `\`${command} ${args.join(' ')}\` failed: ${done.error?.message ?? done.stderr.trim()}`);
}
