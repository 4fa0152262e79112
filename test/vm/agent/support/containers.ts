/** Containers in the guest, by crun and by containerd. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';

const checkout = join(import.meta.dirname, '../../../..');
const base = join(checkout, 'build/demo-image');

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export async function gather(child: ChildProcess): Promise<Ended> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** A shell script in a fresh crun container whose cgroup has the form that crun gives it. */
export async function inCrun(id: string, script: string): Promise<Ended> {
  using image = makeImage(base, [], [], []);
  using bundle = image.bundle(id, { file: null, args: ['/bin/sh', '-c', script] }, `/system.slice/crun-${id}.scope`);
  return await gather(spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, id], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

export async function startContainerd(folder: string): Promise<AsyncDisposable> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.toml');
  writeFileSync(config, `version = 2\nroot = "${folder}/root"\nstate = "/run/containerd"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n`);
  const child = spawn('containerd', ['-c', config], { stdio: 'ignore' });
  while (spawnSync('ctr', ['version'], { stdio: 'ignore' }).status !== 0) {
    if (child.exitCode !== null) throw new Error(`containerd ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** The demo's root file system as an OCI image in containerd. */
export function importImage(name: string, folder: string): void {
  const layout = join(folder, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const layerFile = join(folder, 'layer.tar');
  must('tar', ['-cf', layerFile, '-C', base, '.']);
  const layer = put(layout, readFileSync(layerFile));
  const config = put(layout, Buffer.from(JSON.stringify({
    architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  })));
  const manifest = put(layout, Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  })));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations: { 'io.containerd.image.name': name } }],
  }));
  const tar = join(folder, 'image.tar');
  must('tar', ['-cf', tar, '-C', layout, '.']);
  must('ctr', ['image', 'import', tar]);
}

export function inContainerd(image: string, id: string, script: string): Promise<Ended> {
  return gather(spawn('ctr', ['run', '--rm', image, id, '/bin/sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A further process in a container; waits until the container is there. */
export async function execInContainerd(id: string, command: readonly string[]): Promise<void> {
  for (;;) {
    const { code } = await gather(spawn('ctr', ['task', 'exec', '--exec-id', 'further', id, ...command], { stdio: ['ignore', 'pipe', 'pipe'] }));
    if (code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function put(layout: string, data: Buffer): { readonly digest: string; readonly size: number } {
  const hash = createHash('sha256').update(data).digest('hex');
  const path = join(layout, 'blobs/sha256', hash);
  if (!existsSync(path)) writeFileSync(path, data);
  return { digest: `sha256:${hash}`, size: data.length };
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
