/** What the guest programs of these tests share: the kernel half under a policy, containers, and what it reported. */
import { cpSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, decodeRecord } from '#abi';
import type { KernelRecord, OperationRecord } from '#abi';
import { noFacts } from '#base';
import { compile } from '#compiler';
import type { Kernel, TableHandle } from '#kernel';
import { parsePolicy } from '#policy';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import type { BundleExtra, DemoImage } from '../../../../src/cli/demo/bundle.ts';

export const root = new URL('../../../..', import.meta.url).pathname;
const operationNames = [
  'createExecutable', 'modifyExecutable', 'execMemFd', 'execDrift', 'createFile', 'modifyFile', 'deleteFile', 'fork', 'exec',
];

/** A record as the tests compare it. */
export interface Seen {
  readonly operations: readonly string[];
  readonly denied: boolean;
  readonly hook: number;
  readonly paths: readonly (readonly string[])[];
  readonly executable: string;
  readonly arguments: readonly string[];
}

export function tableOf(policy: string): Uint8Array {
  const parsed = parsePolicy('test.yaml', policy);
  if (parsed.policy === null) throw new Error(JSON.stringify(parsed.findings));
  return compile([parsed.policy], noFacts).table;
}

const text = new TextDecoder();
const names = (bits: number): string[] => operationNames.filter((_, bit) => (bits & (1 << bit)) !== 0);

export function seenOf(record: OperationRecord): Seen {
  return {
    operations: names(record.operations),
    denied: (record.flags & constants.operationDenied) !== 0,
    hook: record.hook,
    paths: record.pairs.map((pair) => [
      ...(pair.paths & constants.pathsMount ? [text.decode(pair.mountPath)] : []),
      ...(pair.paths & constants.pathsRoot ? [text.decode(pair.rootPath)] : []),
      ...(pair.paths & constants.pathsNone ? ['(none)'] : []),
      ...(pair.paths & constants.pathsUnknown ? ['(unknown)'] : []),
    ]),
    executable: text.decode(record.process.executable),
    arguments: text.decode(record.process.arguments).split('\0').slice(0, -1),
  };
}

/** Operations that were reported and not taken back. */
export function standing(records: readonly KernelRecord[]): OperationRecord[] {
  const retracted = new Set(records.flatMap((record) => (record.kind === 'retraction' ? [record.key] : [])));
  return records.flatMap((record) => (record.kind === 'operation' && !(record.key !== 0n && retracted.has(record.key)) ? [record] : []));
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly records: readonly KernelRecord[];
}

export interface Bench extends AsyncDisposable {
  /** Runs a shell script in a fresh container under the table. */
  run(script: string, table?: TableHandle): Promise<Ran>;
}

/** `files`: more of the image, by path; a text that begins with `-> ` is a symbolic link. */
export async function openBench(kernel: Kernel, table: TableHandle, files: Readonly<Record<string, string>> = {}): Promise<Bench> {
  const records: KernelRecord[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const batch of kernel.records('alerts', stop.signal)) {
      for (const bytes of batch.records) records.push(decodeRecord(bytes));
      batch.ack();
    }
  })();
  const image = makeImage(join(root, 'build/demo-image'), [join(root, 'build/cases'), layerOf(files)], [], []);
  let count = 0;
  return {
    async run(script, under = table) {
      const from = records.length;
      const ran = runContainer(kernel, image, `t${++count}`, script, under);
      while (kernel.unread() > 0) await sleep(1);
      await sleep(1);
      return { ...ran, records: records.slice(from) };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
      image[Symbol.dispose]();
    },
  };
}

function layerOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync('/run/d4c-layer-');
  mkdirSync(join(folder, 'usr/bin'), { recursive: true });
  cpSync(join(root, 'build/cases/try-ran'), join(folder, 'usr/bin/try-ran'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice('-> '.length), join(folder, path));
    else writeFileSync(join(folder, path), text);
  }
  return folder;
}

export function runContainer(
  kernel: Kernel,
  image: DemoImage,
  name: string,
  script: string,
  table: TableHandle,
  extra: BundleExtra = {},
): Omit<Ran, 'records'> {
  const cgroup = join('/sys/fs/cgroup', name);
  mkdirSync(join(cgroup), { recursive: true });
  const id = statSync(cgroup, { bigint: true }).ino;
  kernel.assign(id, table, { neverBlocked: false });
  const bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, `/${name}/c`, extra);
  try {
    const done = spawnSync('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { encoding: 'utf8' });
    return { exitCode: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
  } finally {
    spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', name]);
    bundle[Symbol.dispose]();
    kernel.forget(id);
    spawnSync('rmdir', [join(cgroup, 'c'), cgroup]);
  }
}
