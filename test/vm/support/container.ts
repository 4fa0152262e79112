/** A container of a case, by the runtime's own command. Runs in the guest. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BundleExtra, DemoImage, RuntimeConfig } from '../../../src/cli/demo/bundle.ts';
import type { Case, ContainerShape } from './case-file.ts';

const checkout = join(import.meta.dirname, '../../..');
export const programs = join(checkout, 'build/cases');
const cgroupRoot = '/sys/fs/cgroup';
/** Longer than any case takes; one that hangs is ended and told of. */
const caseMsMax = 20_000;

/** Runs the try, then looks whether it was done; what is looked at comes last, marked. */
const frame = [
  'swap() { echo @swap >&3; read -r go; }',
  'exec 3>&1',
  'out=$(eval "$1" 2>&1); code=$?',
  'printf "%s\\n" "$out"',
  'if ( eval "$2" ) >/dev/null 2>&1; then echo @done; else echo @undone; fi',
  'exit $code',
].join('\n');

export interface Ended {
  readonly exit: number;
  readonly output: string;
  readonly done: boolean | null;
}

/** The files that a case adds to the image, as a layer of their own; `null` if it adds none. */
export function makeLayer(folder: string, base: string, { image }: Case): string | null {
  if (Object.keys(image).length === 0) return null;
  for (const [path, file] of Object.entries(image)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (file.program !== undefined) cpSync(join(programs, `try-${file.program}`), target);
    else if (file.copy !== undefined) cpSync(join(base, file.copy), target);
    else writeFileSync(target, file.text ?? '');
    chownSync(target, 0, 0); // a copy keeps the owner of the checkout; before the mode, whose user bit it takes away
    chmodSync(target, Number.parseInt(file.mode, 8));
  }
  return folder;
}

/** `swap` is called when the container asks for its other policies, which goes on when they are in force. */
export async function runContainer(
  image: DemoImage, id: string, cgroup: string, wanted: Case, layer: string | null, swap: () => Promise<void>,
): Promise<Ended> {
  using cleanup = new DisposableStack();
  mkdirSync(join(cgroupRoot, cgroup), { recursive: true });
  cleanup.defer(() => removeCgroups(join(cgroupRoot, cgroup)));
  const main = ['/bin/sh', '-c', frame, 'case', wanted.run, wanted.deed];
  const runtime = wanted.container.runtime ?? 'crun';
  const volumes = mkdtempSync('/run/d4c-volumes-');
  cleanup.defer(() => rmSync(volumes, { recursive: true, force: true }));
  const plainRoot = wanted.container.plainRoot ? join(volumes, 'root') : null;
  const change = (config: RuntimeConfig): RuntimeConfig => reshape(config, wanted.container, volumes, plainRoot);
  const extra: BundleExtra = { ...(layer === null ? {} : { layer }), change };
  const first = wanted.container.exec ? ['/bin/cat'] : main;
  const bundle = cleanup.use(image.bundle(id, { file: null, args: first }, `${cgroup}/container`, extra));
  if (plainRoot !== null) cpSync(join(bundle.folder, 'rootfs'), plainRoot, { recursive: true, verbatimSymlinks: true });
  const options = runtime === 'crun' ? ['--cgroup-manager=cgroupfs'] : [];
  const child = spawn(runtime, [...options, 'run', '--bundle', bundle.folder, id], { stdio: ['pipe', 'pipe', 'pipe'] });
  cleanup.defer(() => void (child.exitCode === null && spawnSync(runtime, [...options, 'delete', '--force', id])));
  const ended = gather(child, () => void spawnSync(runtime, [...options, 'delete', '--force', id]));
  if (!wanted.container.exec) {
    if (wanted.later === null) child.stdin.end();
    else child.stdout.on('data', (chunk: Buffer) => void (chunk.includes('@swap') && swap().then(() => child.stdin.end('go\n'))));
    return await ended;
  }
  await running(runtime, options, id);
  const inside = spawn(runtime, [...options, 'exec', id, ...main], { stdio: ['ignore', 'pipe', 'pipe'] });
  const result = await gather(inside, () => void inside.kill('SIGKILL'));
  child.stdin.end();
  await ended;
  return result;
}

async function running(runtime: string, options: readonly string[], id: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const state = spawnSync(runtime, [...options, 'state', id], { encoding: 'utf8' });
    if (state.status === 0 && state.stdout.includes('"running"')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the container ${id} does not run`);
}

export async function gather(child: ReturnType<typeof spawn>, end: () => void): Promise<Ended> {
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const watchdog = setTimeout(() => {
    end();
    // What outlives the container may hold the streams open.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    child.kill('SIGKILL');
  }, caseMsMax);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(watchdog);
  const text = Buffer.concat(chunks).toString('utf8');
  const done = /^@(done|undone)$/m.exec(text)?.[1];
  return {
    exit: code ?? (signal === null ? 255 : 128),
    output: text.replace(/^@(un)?done\n?/m, '').replace(/^@swap\n/m, ''),
    done: done === undefined ? null : done === 'done',
  };
}

/** Mounts of what lies in a folder of the host, which is filled for them. */
function bindMounts({ files = {}, binds = [] }: ContainerShape, folder: string): object[] {
  const bind = (destination: string, index: number, fill: (source: string) => void): object => {
    const source = join(folder, String(index));
    fill(source);
    return { destination, type: 'bind', source, options: ['bind', 'rw'] };
  };
  const names = Object.keys(files);
  return [
    ...names.map((name, i) => bind(name, i, (source) => writeFileSync(source, files[name]!))),
    ...binds.map((name, i) => bind(name, names.length + i, (source) => mkdirSync(source))),
  ];
}

function reshape(config: RuntimeConfig, shape: ContainerShape, folder: string, root: string | null): RuntimeConfig {
  const caps = shape.capabilities?.map((name) => `CAP_${name}`);
  const process = caps === undefined ? config.process : {
    ...config.process,
    capabilities: { bounding: caps, effective: caps, permitted: caps, inheritable: [], ambient: [] },
  };
  const tmpfs = [...(shape.tmpfs ?? []), ...(shape.volumes ?? [])].map((destination) => ({
    destination, type: 'tmpfs', source: 'tmpfs', options: ['mode=755'],
  }));
  const hooks = Object.entries(shape.hooks ?? {}).map(([kind, [program, ...args]]) => [
    kind, [{ path: join(programs, program!), args: [program!, ...args] }],
  ]);
  return {
    ...config,
    ...(root === null ? {} : { root: { path: root, readonly: false } }),
    process,
    mounts: [...config.mounts, ...tmpfs, ...bindMounts(shape, folder)],
    linux: linuxOf(config, shape),
    ...(hooks.length === 0 ? {} : { hooks: Object.fromEntries(hooks) as object }),
  };
}

function linuxOf({ linux }: RuntimeConfig, { shares, mappings }: ContainerShape): RuntimeConfig['linux'] {
  const namespaces = linux.namespaces.filter(({ type }) => !shares?.includes(type));
  if (mappings === undefined) return { ...linux, namespaces };
  const ids = mappings.map(([containerID, hostID, size]) => ({ containerID, hostID, size }));
  return { ...linux, namespaces: [...namespaces, { type: 'user' }], uidMappings: ids, gidMappings: ids };
}

/** The runtime may have left cgroups below; a busy one stays, empty, until the machine ends. */
export function removeCgroups(folder: string): void {
  for (const place of [join(folder, 'container'), folder]) {
    try {
      if (existsSync(place)) rmdirSync(place);
    } catch (error) {
      if (!['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
