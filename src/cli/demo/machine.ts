/** The half of the demo on a host that can't enforce: a virtual machine, in which the other half runs. */
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { Failure } from '#base';
import { startVm } from '#vm';
import type { DemoEvent, DemoPlan, Emit } from './stream.ts';

const checkout = join(import.meta.dirname, '../../..');

/** Runs the plan in a virtual machine, telling its events as they come. */
export async function runInMachine(plan: DemoPlan, emit: Emit, progress: (line: string) => void): Promise<void> {
  const folders = [...plan.images, ...plan.shares, ...[...plan.policies, ...plan.runs].map((file) => dirname(file))];
  await using vm = await startVm({ kernel: plan.kernel, shares: outermost(folders), log: progress });
  const lines = new PassThrough();
  const told = (async () => {
    for await (const line of createInterface({ input: lines })) emit(parse(line));
  })();
  const command = ['node', join(checkout, 'src/cli/main.ts'), 'demo', '--host', '--events', ...options(plan)];
  const program = vm.start(command, {
    onStdout: (chunk) => void lines.write(chunk),
    onStderr: (chunk) => void process.stderr.write(chunk),
  });
  if (plan.shell) process.stdin.on('data', (chunk: Buffer) => program.write(chunk)).on('end', () => program.end());
  else program.end();
  const done = await program.result;
  process.stdin.pause();
  lines.end();
  await told;
  if (done.code !== 0 && done.code !== 1) throw new Failure('internal', `the demo's half in the virtual machine ended with exit status ${done.code}`);
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
