/** `d4c run` as a child of the guest's script. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchStatus } from '#control';

const checkout = join(import.meta.dirname, '../../../..');
export const socket = '/run/d4c/d4c.sock';

export interface Place {
  readonly folder: string;
  readonly config: string;
  readonly policy: string;
  readonly store: string;
  readonly file: string;
}

export interface RunningService {
  readonly child: ChildProcess;
  readonly log: string[];
  readonly enforcingAfterMs: number;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  logged(text: string): Promise<void>;
  rssMb(): number;
}

export function makePlace(folder: string, policy: string, more = ''): Place {
  mkdirSync(folder, { recursive: true });
  const place = {
    folder,
    config: join(folder, 'd4c.yml'),
    policy: join(folder, 'policy.yaml'),
    store: join(folder, 'd4c.db'),
    file: join(folder, 'alerts.json'),
  };
  writeFileSync(place.policy, policy);
  const outputs = `{store: {path: ${place.store}}, file: {path: ${place.file}}}`;
  writeFileSync(place.config, `policies: [policy.yaml]\noutputs: ${outputs}\n${more}`);
  return place;
}

/** As bin/d4c has them. */
const nodeFlags = ['--v8-pool-size=1'];

export function command(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...nodeFlags, join(checkout, 'build/bundle/main.js'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
}

const running = new Set<ChildProcess>();

/** What a scenario that failed has left running. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Resolves when it says that it enforces; rejects with its words if it ends before. */
export async function startService(place: Place, words: readonly string[] = []): Promise<RunningService> {
  const began = performance.now();
  const child = command(['run', '--config', place.config, ...words]);
  running.add(child);
  child.on('exit', () => running.delete(child));
  const log: string[] = [];
  let wake = (): void => {};
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log.push(...text.split('\n').filter((line) => line !== ''));
    for (const line of text.split('\n')) if (line !== '') process.stderr.write(`agent: ${line}\n`);
    wake();
  });
  child.on('exit', () => wake());
  const logged = async (text: string): Promise<void> => {
    while (!log.some((line) => line.includes(text))) {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}: ${log.join('\n')}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  await logged('ready after');
  return {
    child,
    log,
    enforcingAfterMs: Math.round(performance.now() - began),
    async end(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
    logged,
    rssMb: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024),
  };
}

/** Ends by itself: what it said, and its exit code. */
export async function runToEnd(words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = command(words);
  const parts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (parts.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (parts.err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...parts };
}

export interface Document {
  readonly '@timestamp': string;
  readonly message: string;
  readonly event: { readonly id: string; readonly type: readonly string[]; readonly outcome: string };
  readonly file?: { readonly path?: string };
  readonly container?: { readonly id: string; readonly image?: { readonly name: string; readonly tag: readonly string[] } };
  readonly d4c: { readonly late?: boolean; readonly would_deny: boolean };
  readonly rule?: { readonly name?: string };
}

/** The whole lines: the agent may be in the midst of writing one, or may have been killed there. */
export function linesOf(place: Place): readonly Document[] {
  if (!existsSync(place.file)) return [];
  return readFileSync(place.file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Document);
}

/** Waits until something holds; what never comes is the test's own end. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never came: ${what}; status: ${JSON.stringify(await fetchStatus(socket).catch(String))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
