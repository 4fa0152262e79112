/**
 * In the guest: runs the workload in a container and beside it, without programs, with empty ones and with the
 * product's, under each policy. The product is pinned and nobody reads its rings. Prints a line of JSON a setting.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openKernel, uninstall } from '#kernel';
import type { KernelCounters } from '#kernel';
import { makeImage } from '../src/cli/demo/bundle.ts';
import { benchFolder, buildFolder, emptyObject, hookPrograms, load, native, productObject } from './hooks-native.ts';

const [rounds, workFolder, ...tables] = process.argv.slice(2) as [string, string, ...string[]];
const pinFolder = '/sys/fs/bpf/d4c-bench';
const cgroups = '/sys/fs/cgroup/bench.slice';
const image = makeImage(join(buildFolder, 'demo-image'), [layer()], [], []);

function layer(): string {
  const folder = mkdtempSync('/run/d4c-bench-');
  mkdirSync(join(folder, 'usr/bin'), { recursive: true });
  mkdirSync(join(folder, workFolder), { recursive: true });
  for (const name of ['workload', 'nothing']) cpSync(join(benchFolder, name), join(folder, 'usr/bin', `bench-${name}`));
  return folder;
}

const workload = ['/usr/bin/bench-workload', workFolder, '/usr/bin/bench-nothing', rounds];

/** The workload's lines: of a container with a cgroup of its own, or of a process of the host with that root. */
function run(setting: string, place: 'container' | 'host'): readonly unknown[] {
  using bundle = image.bundle(setting, { file: null, args: workload }, `/bench.slice/${setting}/c`);
  const inHost = `echo $$ >${cgroups}/${setting}/cgroup.procs; exec chroot ${join(bundle.folder, 'rootfs')} ${workload.join(' ')}`;
  const done = place === 'host'
    ? spawnSync('sh', ['-c', inHost], { encoding: 'utf8' })
    : spawnSync('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, setting], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${setting}: the workload failed: ${done.stderr}`);
  return done.stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown);
}

function cgroupOf(setting: string): bigint {
  const folder = join(cgroups, setting);
  mkdirSync(folder, { recursive: true });
  return statSync(folder, { bigint: true }).ino;
}

async function counters(): Promise<KernelCounters> {
  await using kernel = await openKernel({ pinFolder });
  return kernel.counters();
}

function tell(setting: string, operations: readonly unknown[], counted: object = {}): void {
  process.stdout.write(`${JSON.stringify({ kind: 'setting', setting, operations, ...counted })}\n`);
}

/** Without the product's programs: in a container, and on the host. */
function runPlain(programs: string): void {
  for (const place of ['container', 'host'] as const) {
    const setting = `${programs}-${place}`;
    cgroupOf(setting);
    tell(setting, run(setting, place));
  }
}

function runEmpty(): void {
  const addon = native();
  const { object, programs } = load(emptyObject);
  const links = programs.map(({ name }) => addon.attach(object, name));
  runPlain('empty');
  for (const handle of [...links, object]) addon.close(handle);
}

async function runProduct(): Promise<void> {
  await install();
  for (const setting of [...tables, 'product-host']) {
    cgroupOf(setting);
    const before = await counters();
    const operations = run(setting, setting === 'product-host' ? 'host' : 'container');
    const after = await counters();
    const grown = (name: 'judged' | 'recorded'): number => Number(after[name] - before[name]);
    tell(setting, operations, { judged: grown('judged'), recorded: grown('recorded'), lost: Object.keys(after.lost) });
  }
  uninstall(pinFolder);
}

async function install(): Promise<void> {
  await using kernel = await openKernel({ pinFolder });
  for (const name of tables) {
    const table = await kernel.install(readFileSync(join(benchFolder, `${name}.table`)));
    kernel.assign(cgroupOf(name), table, { neverBlocked: false });
  }
}

function tellVerified(): void {
  const { programs } = load(productObject);
  const attached = hookPrograms(programs).map(({ section }) => section);
  const verified = Object.fromEntries(programs.map(({ name, verified }) => [name, verified]));
  process.stdout.write(`${JSON.stringify({ kind: 'programs', attached, verified })}\n`);
}

runPlain('none');
runEmpty();
await runProduct();
runPlain('again');
tellVerified();
