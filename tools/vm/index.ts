/**
 * vm: virtual machines with a stock Debian kernel, BPF among its LSMs, in which this checkout lies at its
 * own path. It knows nothing of policies: it starts programs and carries what they say.
 */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { finished } from 'node:stream/promises';
import { Failure } from '#base';
import type { Channel, Program, ProgramOptions, ProgramResult } from './channel.ts';
import { checkout, runFolder, vmPrefix } from './files.ts';
import { defaultKernel, findKernel } from './kernels.ts';
import type { KernelVersion } from './kernels.ts';
import { boot, guestEnvironment, nodeFlags, planMachine, restore } from './machine.ts';
import type { Machine } from './machine.ts';
import { checkShares, emptyShareDisk, fillShareDisk } from './share-disk.ts';

export { defaultKernel, kernelSeries, kernelVersions, otherKernels, parseKernel } from './kernels.ts';
export type { KernelVersion } from './kernels.ts';
export type { Program, ProgramResult } from './channel.ts';

export interface VmOptions {
  readonly kernel?: KernelVersion;
  /** Folders that are there under their own paths; what the guest writes to them is discarded. */
  readonly shares?: readonly string[];
  /** Start out of a snapshot, made first if it is missing (default). Without: boot. */
  readonly snapshot?: boolean;
  readonly memoryMb?: number;
  readonly cpus?: number;
  /** More kernel parameters. */
  readonly append?: string;
  /** One processor, emulated, whose time stamp counter counts its instructions: for measuring (default: no). */
  readonly countsInstructions?: boolean;
  /** Progress, a line at a time; standard error if not given. */
  readonly log?: (line: string) => void;
}

export interface ExecOptions extends ProgramOptions {
  /** Added to the guest's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** The checkout if not given. */
  readonly cwd?: string;
  /** Empty if not given. */
  readonly stdin?: string | Uint8Array;
}

export interface Vm extends AsyncDisposable {
  /** As `uname -r` prints it in the guest. */
  readonly release: string;
  /** How often this machine had to be started again because the guest never got to its agent. */
  readonly repeatedBoots: number;
  /** Runs a program to its end, as root. A program that fails is a result, not an error. */
  exec(command: readonly string[], options?: ExecOptions): Promise<ProgramResult>;
  /** Starts a program whose input stays open. */
  start(command: readonly string[], options?: Omit<ExecOptions, 'stdin'>): Program;
  /** Runs a script of the guest by Node, `words` beginning with it: for short runs. The first finds a process started. */
  startNode(words: readonly string[], options?: Omit<ExecOptions, 'stdin'>): Program;
  /** Copies the contents of the guest's folder into a folder of the host, which is made. */
  pull(guestFolder: string, hostFolder: string): Promise<void>;
}

/** The guest's `$OUT`. */
export const guestOut = guestEnvironment['OUT'] ?? '';

const defaultMemoryMb = 1024;
const defaultCpus = 2;

export async function startVm(options: VmOptions = {}): Promise<Vm> {
  const log = options.log ?? ((line: string) => { process.stderr.write(`${line}\n`); });
  const shares = checkShares(options.shares ?? []);
  const prefix = vmPrefix();
  const kernel = findKernel(options.kernel ?? defaultKernel);
  const countsInstructions = options.countsInstructions ?? false;
  const plan = await planMachine(prefix, kernel, {
    memoryMb: options.memoryMb ?? defaultMemoryMb,
    cpus: countsInstructions ? 1 : (options.cpus ?? defaultCpus),
    append: options.append ?? '',
    countsInstructions,
  });
  let repeatedBoots = 0;
  const onRepeat = (failure: Failure): void => {
    repeatedBoots++;
    log(`vm: boot repeated (${repeatedBoots}): ${failure.message}`);
  };
  const folder = runFolder();
  try {
    const disk = join(folder, 'shares.ext4');
    emptyShareDisk(disk);
    // The guest looks at the disk only when it is told to mount it.
    const [machine, filled] = await Promise.allSettled([
      options.snapshot === false ? boot(plan, folder, onRepeat) : restore(plan, folder, onRepeat, log),
      fillShareDisk(prefix, disk, folder, shares),
    ]);
    if (machine.status === 'rejected') throw machine.reason;
    await mountShares(machine.value, filled);
    return vmOf(machine.value, folder, {
      release: kernel.release, repeatedBoots, nodeFlags: nodeFlags(plan), waits: options.snapshot !== false,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function mountShares({ channel, qemu }: Machine, filled: PromiseSettledResult<void>): Promise<void> {
  try {
    if (filled.status === 'rejected') throw filled.reason;
    const { code, stderr } = await channel.start(
      { command: ['/usr/lib/d4c/shares'], cwd: '/', env: guestEnvironment }, {},
    ).result;
    if (code === 0) return;
    throw new Failure('internal', `the guest could not mount its folders: ${new TextDecoder().decode(stderr)}`);
  } catch (error) {
    qemu[Symbol.dispose]();
    throw error;
  }
}

interface Facts extends Pick<Vm, 'release' | 'repeatedBoots'> {
  readonly nodeFlags: readonly string[];
  /** A Node process has been waiting since before the snapshot was saved. */
  readonly waits: boolean;
}

function nodeStarter(channel: Channel, { nodeFlags: flags, waits }: Facts, start: Vm['start']): Vm['startNode'] {
  let waiting = waits;
  return (words, { env, cwd, ...options } = {}) => {
    const its = { cwd: cwd ?? checkout, env: { ...guestEnvironment, ...env } };
    if (!waiting) return start(['node', ...flags, ...words], { ...options, ...its });
    waiting = false;
    const program = channel.takeWaiting(options);
    program.write(new TextEncoder().encode(`${JSON.stringify({ words, ...its })}\n`));
    return program;
  };
}

function vmOf({ qemu, channel }: Machine, folder: string, facts: Facts): Vm {
  const start: Vm['start'] = (command, { env, cwd, ...options } = {}) =>
    channel.start({ command, cwd: cwd ?? checkout, env: { ...guestEnvironment, ...env } }, options);
  const exec: Vm['exec'] = async (command, { stdin, ...options } = {}) => {
    const program = start(command, options);
    if (stdin !== undefined) program.write(typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin);
    program.end();
    return program.result;
  };
  return {
    release: facts.release,
    repeatedBoots: facts.repeatedBoots,
    exec,
    start,
    startNode: nodeStarter(channel, facts, start),
    pull: (guestFolder, hostFolder) => pull(exec, guestFolder, hostFolder),
    async [Symbol.asyncDispose]() {
      qemu[Symbol.dispose]();
      await qemu.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function pull(exec: Vm['exec'], guestFolder: string, hostFolder: string): Promise<void> {
  await mkdir(hostFolder, { recursive: true });
  const unpack = spawn('tar', ['-xf', '-', '-C', hostFolder, '--no-same-owner'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaints = '';
  unpack.stderr.on('data', (chunk: Buffer) => { complaints += chunk.toString(); });
  unpack.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((settle) => unpack.on('close', settle));
  const packed = await exec(['tar', '-C', guestFolder, '-cf', '-', '.'], {
    cwd: '/',
    onStdout: (chunk) => { unpack.stdin.write(chunk); },
  });
  unpack.stdin.end();
  await finished(unpack.stdin).catch(() => undefined);
  const code = await ended;
  if (packed.code === 0 && code === 0) return;
  throw new Failure('io', `cannot copy ${guestFolder} out of the guest`, {
    cause: new Error(`${new TextDecoder().decode(packed.stderr)}${complaints}`),
  });
}
