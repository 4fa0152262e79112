/** Brings a guest to life: by booting it, or out of a snapshot, which is made of a booted one. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Failure } from '#base';
import { chooseAccelerator, cpuModel } from './accelerator.ts';
import type { Accelerator } from './accelerator.ts';
import { openChannel } from './channel.ts';
import type { Channel } from './channel.ts';
import { directoryMode, programMode, writeCpio } from './cpio.ts';
import { cachedFile, contentKey, guestFolder, runFolder } from './files.ts';
import { collectModules } from './kernels.ts';
import type { GuestKernel } from './kernels.ts';
import { machineArguments, startQemu } from './qemu.ts';
import type { MachineSpec, Qemu } from './qemu.ts';
import { rootImage } from './root-image.ts';
import { emptyShareDisk } from './share-disk.ts';

/** In the initramfs: what the kernel needs to see its disks and the agent's port, and what programs expect of it. */
const bootModules = ['virtio_pci', 'virtio_blk', 'virtio_console', 'crc32c_generic', 'ext4', 'overlay', 'binfmt_misc'];
const kernelParameters = 'console=ttyS0 quiet panic=-1 lsm=lockdown,capability,landlock,yama,bpf rdinit=/init';
/** Emulated, on a busy machine, a boot takes 3 to 15 s; a hung one never ends. */
const helloMsMax = 90_000;
const helloMsMaxKvmProbe = 30_000;
/** Boots of one machine: the first, and two more if the guest never got to its agent. */
const bootsMax = 3;
export const guestEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/usr/sbin:/bin:/sbin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  OUT: '/run/d4c/out',
  D4C_NO_SETUP: '1',
};

export interface Machine {
  readonly qemu: Qemu;
  readonly channel: Channel;
}

export interface PlanOptions {
  readonly memoryMb: number;
  readonly cpus: number;
  readonly append: string;
  readonly countsInstructions: boolean;
}

export interface Plan {
  readonly prefix: string;
  readonly spec: MachineSpec;
  /** Of all that a snapshot depends on. */
  readonly key: string;
}

export async function planMachine(prefix: string, kernel: GuestKernel, options: PlanOptions): Promise<Plan> {
  const root = await rootImage(prefix);
  const bootKey = contentKey([kernel.release, ...bootModules, { file: kernel.versionsFile }, { file: guestInit }]);
  const initramfs = await cachedFile('initramfs', bootKey, (path) => makeInitramfs(prefix, kernel, path), 4);
  const specFor = (accelerator: Accelerator): MachineSpec => ({
    kernelImage: kernel.image,
    initramfs,
    rootImage: root.file,
    append: `${kernelParameters} ${options.append}`.trim(),
    memoryMb: options.memoryMb,
    cpus: options.cpus,
    accelerator,
    countsInstructions: options.countsInstructions,
  });
  const accelerator = options.countsInstructions ? 'tcg' : await chooseAccelerator(() => boots(prefix, specFor('kvm')));
  const spec = specFor(accelerator);
  const cpu = accelerator === 'kvm' ? cpuModel(readFileSync('/proc/cpuinfo', 'utf8')) : '';
  return { prefix, spec, key: contentKey([bootKey, root.key, cpu, ...machineArguments(spec)]) };
}

const guestInit = join(guestFolder, 'initramfs.sh');

function makeInitramfs(prefix: string, kernel: GuestKernel, path: string): void {
  const modules = collectModules(prefix, kernel, bootModules);
  const folders = ['bin', 'dev', 'modules', 'new'].map((name) => ({ path: name, mode: directoryMode }));
  writeFileSync(path, writeCpio([
    ...folders,
    { path: 'init', mode: programMode, data: readFileSync(guestInit) },
    { path: 'bin/busybox', mode: programMode, data: readFileSync(join(prefix, 'usr/bin/busybox')) },
    ...modules.map(({ name, bytes }, index) => ({
      path: `modules/${String(index).padStart(2, '0')}-${name}.ko`, mode: 0o100644, data: bytes,
    })),
  ]));
}

/**
 * A guest whose agent answers. One that never got there is started again, `onRepeat` told why; whatever
 * fails later is not repeated.
 */
export async function bringUp(
  start: () => Qemu,
  ready: (machine: Machine) => Promise<void>,
  onRepeat: (failure: Failure) => void,
): Promise<Machine> {
  for (let left = bootsMax - 1; ; left--) {
    const qemu = start();
    try {
      const channel = await answering(qemu, ready, helloMsMax);
      return { qemu, channel };
    } catch (error) {
      qemu[Symbol.dispose]();
      if (!(error instanceof Failure) || left === 0) throw error;
      onRepeat(error);
    }
  }
}

async function answering(
  qemu: Qemu,
  ready: (machine: Machine) => Promise<void>,
  withinMs: number,
): Promise<Channel> {
  const channel = openChannel(qemu.port);
  void qemu.exited.then((failure) => channel.fail(failure));
  using timer = deadline(withinMs);
  await Promise.race([ready({ qemu, channel }), timer.passed]);
  return channel;
}

function deadline(ms: number): Disposable & { readonly passed: Promise<never> } {
  const passed = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    passed.reject(new Failure('host', `the guest did not answer within ${ms / 1000} s`));
  }, ms);
  passed.promise.catch(() => undefined);
  return { passed: passed.promise, [Symbol.dispose]: () => clearTimeout(timer) };
}

export function boot(plan: Plan, folder: string, onRepeat: (failure: Failure) => void): Promise<Machine> {
  return bringUp(() => startQemu(plan.prefix, plan.spec, folder), helloAndWake, onRepeat);
}

async function helloAndWake({ channel }: Machine): Promise<void> {
  await channel.hello;
  await channel.wake();
}

/** A machine out of the snapshot of `plan`, which is made first if it is missing. */
export async function restore(
  plan: Plan,
  folder: string,
  onRepeat: (failure: Failure) => void,
  log: (line: string) => void,
): Promise<Machine> {
  const snapshot = await cachedFile('snapshot', plan.key, (path) => makeSnapshot(plan, path, onRepeat, log), 4);
  const start = (): Qemu => startQemu(plan.prefix, plan.spec, folder, ['-incoming', 'defer']);
  const ready = async ({ qemu, channel }: Machine): Promise<void> => {
    await load(qemu, snapshot);
    await channel.wake();
  };
  return bringUp(start, ready, onRepeat);
}

async function load(qemu: Qemu, snapshot: string): Promise<void> {
  await useMappedRam(qemu);
  await qemu.command('migrate-incoming', { uri: `file:${snapshot}` });
  await migrated(qemu, 'load');
  // It was saved while it stood still, and so it is loaded.
  await qemu.command('cont');
}

async function migrated(qemu: Qemu, what: 'load' | 'save'): Promise<void> {
  for (;;) {
    const { status, 'error-desc': why } = await qemu.command('query-migrate') as Record<string, string>;
    if (status === 'completed') return;
    if (status === 'failed') throw new Failure('internal', `QEMU could not ${what} the guest: ${why}`);
    await sleep(5);
  }
}

async function useMappedRam(qemu: Qemu): Promise<void> {
  await qemu.command('migrate-set-capabilities', { capabilities: [{ capability: 'mapped-ram', state: true }] });
}

async function makeSnapshot(
  plan: Plan,
  path: string,
  onRepeat: (failure: Failure) => void,
  log: (line: string) => void,
): Promise<void> {
  log('vm: booting a guest to take a snapshot of');
  const folder = runFolder();
  try {
    emptyShareDisk(join(folder, 'shares.ext4'));
    const { qemu, channel } = await boot(plan, folder, onRepeat);
    using _ = qemu;
    const warmed = await channel.start(
      { command: ['/usr/lib/d4c/warm'], cwd: '/', env: guestEnvironment }, {},
    ).result;
    if (warmed.code !== 0) {
      throw new Failure('internal', `warming the guest failed: ${new TextDecoder().decode(warmed.stderr)}`);
    }
    await startWaiting(plan, channel);
    await save(qemu, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of programs that run for moments: where the processor is a program too, code that V8 makes is translated once more. */
export function nodeFlags(plan: Plan): string[] {
  return plan.spec.accelerator === 'tcg' ? ['--v8-pool-size=1', '--jitless'] : ['--v8-pool-size=1'];
}

/** The Node process that a program finds started. */
async function startWaiting(plan: Plan, channel: Channel): Promise<void> {
  const command = ['node', ...nodeFlags(plan), '/usr/lib/d4c/waiting.mjs'];
  const waits = Promise.withResolvers<void>();
  const program = channel.startWaiting({ command, cwd: '/', env: guestEnvironment }, { onStdout: () => waits.resolve() });
  const ended = program.result.then(({ stderr }) => {
    throw new Failure('internal', `no Node process waits in the guest: ${new TextDecoder().decode(stderr)}`);
  });
  await Promise.race([waits.promise, ended]);
}

/** The guest must be still: what it writes while it is saved would be lost. */
async function save(qemu: Qemu, path: string): Promise<void> {
  await qemu.command('stop');
  await useMappedRam(qemu);
  // The default keeps migrations slow for the sake of a network.
  await qemu.command('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await qemu.command('migrate', { uri: `file:${path}.part` });
  await migrated(qemu, 'save');
  renameSync(`${path}.part`, path);
}

async function boots(prefix: string, spec: MachineSpec): Promise<boolean> {
  const folder = runFolder();
  mkdirSync(folder, { recursive: true });
  emptyShareDisk(join(folder, 'shares.ext4'));
  using qemu = startQemu(prefix, spec, folder);
  try {
    await answering(qemu, helloAndWake, helloMsMaxKvmProbe);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
