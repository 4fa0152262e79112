/** The half of the demo on a host that can't enforce: a virtual machine, in which the other half runs. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { Failure } from '#base';
import type { Vm } from '#vm';
import { startVm } from '#vm';
import { checkout } from '../checkout.ts';
import type { DemoEvent, DemoPlan, Emit } from './stream.ts';

/** Runs the plan in a virtual machine, telling its events as they come. */
export async function runInMachine(plan: DemoPlan, emit: Emit, progress: (line: string) => void): Promise<void> {
  using staged = stage([...plan.policies, ...plan.runs]);
  const folders = outermost([...plan.images, ...plan.shares, staged.folder]);
  await using vm = await startVm({ kernel: plan.kernel, shares: folders, log: progress });
  await staged.unpack(vm);
  const lines = new PassThrough();
  const ended = Promise.withResolvers<'ended'>();
  const told = (async () => {
    for await (const line of createInterface({ input: lines })) {
      const event = parse(line);
      emit(event);
      if (event.kind === 'end') ended.resolve('ended');
    }
  })();
  const program = vm.startNode([join(checkout, 'build/bundle/main.js'), 'demo', '--host', '--events', ...options(plan)], {
    onStdout: (chunk) => void lines.write(chunk),
    onStderr: (chunk) => void process.stderr.write(chunk),
  });
  if (plan.shell) process.stdin.on('data', (chunk: Buffer) => program.write(chunk)).on('end', () => program.end());
  else program.end();
  // Taking the programs out of a kernel takes seconds, and this one goes with its machine.
  const done = await Promise.race([program.result, ended.promise]);
  process.stdin.pause();
  lines.end();
  await told;
  if (done !== 'ended' && done.code !== 0 && done.code !== 1) throw new Failure('internal', `the demo's half in the virtual machine ended with exit status ${done.code}`);
}

interface Staged extends Disposable {
  readonly folder: string;
  /** Puts the files where they were on the host. */
  unpack(vm: Vm): Promise<void>;
}

/** Single files go by a folder of their own: what lies beside them is nobody's business, and may be large. */
function stage(files: readonly string[]): Staged {
  const folder = mkdtempSync(join(tmpdir(), 'd4c-demo-'));
  const outside = [...new Set(files)].filter((file) => !file.startsWith(`${checkout}/`));
  outside.forEach((file, index) => copyFileSync(file, join(folder, String(index))));
  const script = 'from=$1; shift; n=0; for file; do mkdir -p "${file%/*}/" && cp "$from/$n" "$file" || exit; n=$((n + 1)); done';
  return {
    folder,
    unpack: async (vm) => {
      const done = await vm.exec(['sh', '-c', script, 'sh', folder, ...outside]);
      if (done.code !== 0) throw new Failure('io', `the files did not get into the virtual machine: ${new TextDecoder().decode(done.stderr)}`);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** A folder in another one of the list comes with it. */
function outermost(folders: readonly string[]): string[] {
  const unique = [...new Set(folders)].filter((folder) => !`${folder}/`.startsWith(`${checkout}/`));
  return unique.filter((folder) => !unique.some((other) => other !== folder && `${folder}/`.startsWith(`${other}/`)));
}

function parse(line: string): DemoEvent {
  try {
    return JSON.parse(line) as DemoEvent;
  } catch (cause) {
    throw new Failure('internal', `the virtual machine said what is no event: ${line}`, { cause });
  }
}

function options(plan: DemoPlan): string[] {
  return [
    ...plan.policies.flatMap((file) => ['--policy', file]),
    ...plan.runs.flatMap((file) => ['--run', file]),
    ...plan.images.flatMap((folder) => ['--image', folder]),
    ...plan.shares.flatMap((folder) => ['--share', folder]),
    ...plan.containerOptions.flatMap((option) => ['--container', option]),
    ...(plan.monitor ? ['--monitor'] : []),
    ...(plan.shell ? ['--shell'] : []),
  ];
}
