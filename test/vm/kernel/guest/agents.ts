/** Agents as processes of their own (agent.ts), which can be killed; of this version, and of another. */
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { root } from './bench.ts';

export const agentScript = join(root, 'test/vm/kernel/guest/agent.ts');
export const build = join(root, 'build');

export interface Lines {
  next(): Promise<string>;
}

export function linesOf(stream: NodeJS.ReadableStream): Lines {
  const iterator = createInterface({ input: stream })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await iterator.next();
      if (done === true) throw new Error('the program ended before its time');
      return value as string;
    },
  };
}

/** The folder of the same programs, as another version's object: only its hash differs. */
export function makeOtherBuild(): string {
  const other = '/tmp/other-build';
  mkdirSync(other);
  for (const file of ['d4c.bpf.o', 'd4c.node', 'lib']) cpSync(join(build, file), join(other, file), { recursive: true });
  appendFileSync(join(other, 'd4c.bpf.o'), 'another version');
  return other;
}

export interface AgentReport {
  readonly adopted: boolean;
  readonly openedMs: number;
  readonly id: string;
}

export interface AgentProcess {
  /** Once, first: when it enforces. */
  ready(): Promise<AgentReport>;
  /** A command, as agent.ts knows them, and its answer. */
  command(line: string): Promise<Record<string, unknown>>;
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface AgentPlace {
  readonly build: string;
  readonly pinFolder: string;
  /** The file that records are noted in. */
  readonly log: string;
  readonly cgroupId: string;
}

/** `script`: agent.ts, or the same as one file; it keeps what is compiled of it in `compiled`. */
export function startAgent(place: AgentPlace, { script = agentScript, compiled }: { script?: string; compiled?: string } = {}): AgentProcess {
  const child = spawn(process.execPath, [script, place.build, place.pinFolder, place.log, place.cgroupId], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }) },
  });
  const lines = linesOf(child.stdout);
  return {
    ready: async () => JSON.parse(await lines.next()) as AgentReport,
    command: async (line) => {
      child.stdin.write(`${line}\n`);
      return JSON.parse(await lines.next()) as Record<string, unknown>;
    },
    end: async (signal) => {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill(signal);
      await closed;
    },
  };
}
