/** `npm run -s vm -- [OPTION]… -- COMMAND…`: COMMAND as root in a virtual machine, as if it ran here. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, isFailure } from '#base';
import { checkout } from './files.ts';
import { defaultKernel, guestOut, kernelVersions, otherKernels, parseKernel, startVm } from './index.ts';
import type { Program, Vm, VmOptions } from './index.ts';

const usage = `usage: npm run -s vm -- [OPTION]… -- COMMAND…
  --kernel NAME       the kernel to run on: ${kernelVersions.join(', ')} (cloud kernels of Debian 12);
                      ${otherKernels.join(', ')}, fetched when asked for (default: $D4C_KERNEL, else ${defaultKernel})
  --share DIR         a folder to have under its own path, writes discarded; repeatable
  --env NAME=VALUE    a variable of COMMAND; repeatable
  --no-snapshot       boot, do not start from a snapshot
  --memory MIB        (default 1024)
  --cpus N            (default 2)
  --append TEXT       more kernel parameters
  --count-instructions  one processor whose clock counts instructions, for measuring
What COMMAND leaves in $OUT comes back to the folder that $OUT names here, else to a new one.`;

interface Request {
  readonly vm: VmOptions;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const optionTypes = {
  kernel: { type: 'string', default: process.env['D4C_KERNEL'] ?? defaultKernel },
  share: { type: 'string', multiple: true, default: [] as string[] },
  env: { type: 'string', multiple: true, default: [] as string[] },
  snapshot: { type: 'boolean', default: true },
  memory: { type: 'string', default: '1024' },
  cpus: { type: 'string', default: '2' },
  append: { type: 'string', default: '' },
  'count-instructions': { type: 'boolean', default: false },
} as const;

/** Options end at `--` or at the first word that is none: COMMAND's own are not ours. */
function optionCount(args: readonly string[]): number {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (!word.startsWith('--') || word === '--') return at;
    const type = optionTypes[word.slice(2) as keyof typeof optionTypes]?.type;
    if (type === 'string') at++;
  }
  return args.length;
}

function parseRequest(args: readonly string[]): Request {
  const count = optionCount(args);
  const { values } = parseArgs({ args: args.slice(0, count), allowNegative: true, options: optionTypes });
  const command = args.slice(args[count] === '--' ? count + 1 : count);
  if (command.length === 0) throw new Failure('usage', 'no command is given');
  return {
    vm: {
      kernel: parseKernel(values.kernel),
      shares: values.share,
      snapshot: values.snapshot,
      memoryMb: positive('--memory', values.memory),
      cpus: positive('--cpus', values.cpus),
      append: values.append,
      countsInstructions: values['count-instructions'],
    },
    env: Object.fromEntries(values.env.map((text) => variable(text))),
    command,
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Failure('usage', `${option} is \`${text}\`, expected a positive integer`);
}

function variable(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new Failure('usage', `--env is \`${text}\`, expected NAME=VALUE`);
}

/** Ours, if the guest has it too. */
function guestFolder(shares: readonly string[]): string {
  const here = process.cwd();
  const known = [checkout, ...shares.map((share) => resolve(share))];
  return known.some((folder) => here === folder || here.startsWith(folder + sep)) ? here : checkout;
}

async function run(vm: Vm, { env, command, vm: { shares = [] } }: Request): Promise<number> {
  const program = vm.start(command, {
    env,
    cwd: guestFolder(shares),
    onStdout: (chunk) => { process.stdout.write(chunk); },
    onStderr: (chunk) => { process.stderr.write(chunk); },
  });
  forwardInput(program);
  const { code } = await program.result;
  process.stdin.destroy();
  await bringBack(vm);
  return code;
}

function forwardInput(program: Program): void {
  process.stdin.on('data', (chunk: Buffer) => program.write(chunk));
  process.stdin.on('end', () => program.end());
  process.stdin.on('error', () => program.end());
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => program.signal(name));
}

async function bringBack(vm: Vm): Promise<void> {
  const named = process.env['OUT'];
  if (named !== undefined) mkdirSync(named, { recursive: true });
  const folder = named ?? mkdtempSync(join(tmpdir(), 'd4c-out-'));
  await vm.pull(guestOut, folder);
  if (named !== undefined) return;
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  else process.stderr.write(`vm: $OUT came back to ${folder}\n`);
}

async function main(): Promise<number> {
  const request = parseRequest(process.argv.slice(2));
  await using vm = await startVm(request.vm);
  const code = await run(vm, request);
  if (vm.repeatedBoots > 0) process.stderr.write(`vm: ${vm.repeatedBoots} boots were repeated\n`);
  return code;
}

main().then(
  (code) => { process.exitCode = code; },
  (error: unknown) => {
    const wrongUsage = error instanceof TypeError || (isFailure(error) && error.code === 'usage');
    const text = error instanceof Error ? error.message : String(error);
    const help = isFailure(error) && error.help ? `\n${error.help}` : '';
    process.stderr.write(`vm: ${text}${help}\n${wrongUsage ? `${usage}\n` : ''}`);
    if (!wrongUsage && !isFailure(error)) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
    process.exitCode = 2;
  },
);
