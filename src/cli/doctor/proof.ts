/** Proves that the hooks deny: a scratch container tries one forbidden operation for each of them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants as contract, decodeRecord } from '#abi';
import type { OperationRecord } from '#abi';
import { Failure, noFacts } from '#base';
import { compile } from '#compiler';
import type { Kernel } from '#kernel';
import { openKernel } from '#kernel';
import { parsePolicy } from '#policy';
import { checkout } from '../checkout.ts';

const program = join(checkout, 'build/prove');

const policy = `
file:
  selectors:
    - {name: new, operation: [createFile], targetFilePath: [/proof/new-*]}
    - {name: executables, operation: [createExecutable], targetFilePath: [/proof/x-*]}
    - {name: changes, operation: [modifyExecutable], targetFilePath: [/proof/exe*]}
    - {name: kept, operation: [deleteFile], targetFilePath: [/proof/keep]}
    - {name: memory, operation: [execMemFd]}
    - {name: drift, operation: [execDrift], targetFilePath: [/proof/drift]}
  responses:
    - {match: [new, executables, changes, kept, memory, drift], actions: [alert, block]}
process:
  selectors:
    - {name: refused, operation: [exec], processExecutable: [/proof/refused]}
    - {name: told, operation: [exec], processExecutable: [/proof/told]}
  responses:
    - {match: [refused], actions: [alert, block]}
    - {match: [told], actions: [alert]}
`;

/** It sees what can't be refused any more: it is proved by a record. */
const telling = 'bprm_committed_creds';

export interface HookProof {
  readonly hook: string;
  /** The kernel refused the operation with EPERM; by the hook that can only tell: it told. */
  readonly denied: boolean;
  /** What it answered: `EPERM`, another error's name, or that it went through. */
  readonly answer: string;
}

export interface Proof {
  readonly hooks: readonly HookProof[];
  /** Operations that were refused: one for each hook, and where a kernel lacks one, by another. */
  readonly refused: number;
  /** Denials that the programs counted. */
  readonly counted: number;
  /** Denials that were reported. */
  readonly records: number;
}

/** Loads the programs for the length of the proof, unpinned; what an agent has in force stays as it is. */
export async function proveHooks(cgroupRoot: string): Promise<Proof> {
  await using kernel = await openKernel({ pinFolder: null });
  using cleanup = new DisposableStack();
  const group = join(cgroupRoot, `d4c-doctor-${process.pid}`);
  mkdirSync(group);
  cleanup.defer(() => rmdirSync(group));
  const root = scratchRoot(cleanup);
  const parsed = parsePolicy('doctor', policy);
  if (!parsed.policy) throw new Failure('internal', 'the policy of the proof has errors');
  const table = await kernel.install(compile([parsed.policy], noFacts).table);
  kernel.assign(statSync(group, { bigint: true }).ino, table, { neverBlocked: false });
  const run = spawnSync(program, [join(group, 'cgroup.procs'), root], { encoding: 'utf8' });
  if (run.status !== 0) throw new Failure('host', `the scratch container failed: ${run.error?.message ?? run.stderr.trim()}`);
  await waitUntilEmpty(group);
  const records = await readRecords(kernel);
  const told = records.some(({ hook }) => hook === contract.hookBprmCommitted);
  return {
    hooks: kernel.hooks.map((hook) => (hook === telling ? tellingProof(told) : proofOf(hook, run.stdout))),
    refused: run.stdout.split('\n').filter((line) => line.endsWith(` ${constants.errno.EPERM}`)).length,
    counted: Number(kernel.counters().denied),
    records: records.filter(({ flags }) => (flags & contract.operationDenied) !== 0).length,
  };
}

/** A file system of its own, so that its root directory is not the host's. */
function scratchRoot(cleanup: DisposableStack): string {
  if (!existsSync(program)) throw new Failure('internal', `${program} is not there`, { help: 'run `bin/setup build`' });
  mkdirSync('/run/d4c', { recursive: true });
  const root = mkdtempSync('/run/d4c/doctor-');
  cleanup.defer(() => rmSync(root, { recursive: true }));
  shell('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'd4c-doctor', root]);
  cleanup.defer(() => shell('umount', ['-l', root]));
  copyFileSync(program, join(root, 'prove'));
  chmodSync(join(root, 'prove'), 0o755);
  mkdirSync(join(root, 'proof'));
  for (const name of ['refused', 'told']) {
    copyFileSync(program, join(root, 'proof', name));
    chmodSync(join(root, 'proof', name), 0o755);
  }
  const files: [string, number][] = [['src', 0o755], ['exe', 0o755], ['exe-late', 0o644], ['x-plain', 0o644], ['keep', 0o644]];
  for (const [name, mode] of files) {
    writeFileSync(join(root, 'proof', name), 'x');
    chmodSync(join(root, 'proof', name), mode);
  }
  return root;
}

function proofOf(hook: string, output: string): HookProof {
  const line = output.split('\n').find((text) => text.startsWith(`${hook} `));
  if (line === undefined) return { hook, denied: false, answer: 'was not tried' };
  const number = Number(line.slice(hook.length + 1));
  const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
  return { hook, denied: number === constants.errno.EPERM, answer: number === 0 ? 'went through' : (name ?? `error ${number}`) };
}

function tellingProof(told: boolean): HookProof {
  return { hook: telling, denied: told, answer: told ? 'told' : 'told nothing' };
}

/** The cgroup can be removed once its last task is reaped. */
async function waitUntilEmpty(group: string): Promise<void> {
  const populated = (): boolean => /populated 1/.test(spawnSync('cat', [join(group, 'cgroup.events')], { encoding: 'utf8' }).stdout);
  for (let left = 100; populated() && left > 0; left--) await sleep(20);
}

async function readRecords(kernel: Kernel): Promise<readonly OperationRecord[]> {
  if (kernel.unread() === 0) return [];
  const stop = new AbortController();
  const operations: OperationRecord[] = [];
  for await (const batch of kernel.records('alerts', stop.signal)) {
    for (const record of batch.records.map(decodeRecord)) if (record.kind === 'operation') operations.push(record);
    batch.ack();
    if (kernel.unread() === 0) break;
  }
  stop.abort();
  return operations;
}

function shell(command: string, args: readonly string[]): void {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Failure('host', `\`${command} ${args.join(' ')}\` failed: ${run.error?.message ?? run.stderr.trim()}`);
}
