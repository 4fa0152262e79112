/** One QEMU process: its command line, its monitor (QMP), its end. */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base';
import type { Accelerator } from './accelerator.ts';

export interface MachineSpec {
  readonly kernelImage: string;
  readonly initramfs: string;
  readonly rootImage: string;
  readonly append: string;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly accelerator: Accelerator;
  /** Emulated; its clock advances by a nanosecond with each instruction, whatever else the host does. */
  readonly countsInstructions: boolean;
}

export interface Qemu extends Disposable {
  /** The guest agent's port. */
  readonly port: Duplex;
  readonly exited: Promise<Failure>;
  command(name: string, args?: Record<string, unknown>): Promise<unknown>;
}

/** Descriptors of the process's sockets: QEMU is given them, so nothing lies about in the file system. */
const portFd = 3;
const monitorFd = 4;
const consoleLinesShown = 25;

/** What decides whether a snapshot fits: everything but where files lie. */
export function machineArguments(spec: MachineSpec): string[] {
  return [
    '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-no-reboot',
    ...processorArguments(spec),
    '-m', String(spec.memoryMb), '-smp', String(spec.cpus),
    '-append', spec.append,
    '-device', 'virtio-blk-pci,drive=root', '-device', 'virtio-blk-pci,drive=shares',
    '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=agent',
  ];
}

function processorArguments({ accelerator, countsInstructions }: MachineSpec): string[] {
  if (countsInstructions) return ['-accel', 'tcg,thread=single', '-icount', 'shift=0,align=off,sleep=off', '-cpu', 'max'];
  if (accelerator === 'kvm') return ['-accel', 'kvm', '-cpu', 'host'];
  return ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

export function startQemu(
  prefix: string,
  spec: MachineSpec,
  folder: string,
  extra: readonly string[] = [],
): Qemu {
  const console = join(folder, 'console');
  const share = join(prefix, 'usr/share');
  const args = [
    ...machineArguments(spec),
    '-L', join(share, 'qemu'), '-L', join(share, 'seabios'),
    '-kernel', spec.kernelImage, '-initrd', spec.initramfs,
    '-drive', `id=root,if=none,format=raw,readonly=on,file=${escape(spec.rootImage)}`,
    '-drive', `id=shares,if=none,format=raw,readonly=on,file=${escape(join(folder, 'shares.ext4'))}`,
    '-chardev', `socket,id=agent,fd=${portFd}`,
    '-chardev', `socket,id=monitor,fd=${monitorFd}`, '-mon', 'chardev=monitor,mode=control',
    '-serial', `file:${console}`,
    ...extra,
  ];
  // Dies with us, even when we are killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', join(prefix, 'run/bin/qemu-system-x86_64'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => { complaints += chunk.toString(); });
  const exited = new Promise<Failure>((settle) => {
    child.on('error', (cause) => settle(new Failure('host', `QEMU cannot be started: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => settle(new Failure('host', ended(code, signal, complaints, console))));
  });
  const port = child.stdio[portFd] as Duplex;
  const monitor = child.stdio[monitorFd] as Duplex;
  for (const socket of [port, monitor]) socket.on('error', () => undefined);
  return {
    port,
    exited,
    command: openMonitor(monitor, exited),
    [Symbol.dispose]: () => { child.kill('SIGKILL'); },
  };
}

/** QEMU's option syntax: a comma in a value is written twice. */
function escape(value: string): string {
  return value.replaceAll(',', ',,');
}

function ended(code: number | null, signal: string | null, complaints: string, console: string): string {
  const lines = existsSync(console) ? readFileSync(console, 'latin1').trimEnd().split('\n') : [];
  const how = signal === null ? `exit status ${code}` : signal;
  return [`the virtual machine ended (${how})`, complaints.trim(), ...lines.slice(-consoleLinesShown)]
    .filter((line) => line !== '').join('\n');
}

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

function openMonitor(monitor: Duplex, exited: Promise<Failure>): Qemu['command'] {
  const waiting: ((reply: Reply) => void)[] = [];
  let rest = '';
  monitor.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const reply = JSON.parse(line) as Reply;
      if ('return' in reply || 'error' in reply) waiting.shift()?.(reply);
    }
  });
  const send = async (execute: string, args?: Record<string, unknown>): Promise<unknown> => {
    const answer = new Promise<Reply>((settle) => waiting.push(settle));
    monitor.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    const reply = await Promise.race([answer, exited]);
    if (reply instanceof Failure) throw reply;
    if (reply.error) throw new Failure('internal', `QEMU refused ${execute}: ${reply.error.desc}`);
    return reply.return;
  };
  const ready = send('qmp_capabilities');
  ready.catch(() => undefined);
  return async (name, args) => {
    await ready;
    return send(name, args);
  };
}
