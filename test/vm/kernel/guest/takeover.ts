/**
 * In the guest: a container tries a blocked operation in bursts while agents are killed and followed. Prints
 * what each phase saw as lines of JSON. Agents are processes of their own (agent.ts).
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-test';
const burst = 300;

/** A line of numbers in, that many attempts; out come the attempts and how many went through. */
const attempts = `while read n; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > /usr/bin/new && ok=$((ok+1)); done 2>/dev/null
  echo $n $ok; done`;

interface AgentReport {
  readonly adopted: boolean;
  readonly openedMs: number;
  readonly id: string;
}

interface Lines {
  next(): Promise<string>;
}

function linesOf(stream: NodeJS.ReadableStream): Lines {
  const iterator = createInterface({ input: stream })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await iterator.next();
      if (done === true) throw new Error('the program ended before its time');
      return value as string;
    },
  };
}

function startAgent(build: string, log: string, cgroupId: string) {
  const child = spawn(process.execPath, [join(root, 'test/vm/kernel/guest/agent.ts'), build, pinFolder, log, cgroupId], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = linesOf(child.stdout);
  return {
    ready: async () => JSON.parse(await lines.next()) as AgentReport,
    settle: async () => {
      child.stdin.write('settle\n');
      return JSON.parse(await lines.next()) as Record<string, unknown>;
    },
    end: (signal: NodeJS.Signals) =>
      new Promise<void>((resolve) => {
        child.once('close', () => resolve());
        child.kill(signal);
      }),
  };
}

const name = 'takeover';
const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = String(statSync(cgroup, { bigint: true }).ino);
const build = join(root, 'build');
/** The same programs, as another version's object: only its hash differs. */
const otherBuild = '/tmp/other-build';
mkdirSync(otherBuild);
for (const file of ['d4c.bpf.o', 'd4c.node', 'lib']) cpSync(join(build, file), join(otherBuild, file), { recursive: true });
appendFileSync(join(otherBuild, 'd4c.bpf.o'), 'another version');

const log = '/tmp/records';
appendFileSync(log, '');
const results: Record<string, unknown> = {};
const first = startAgent(build, log, cgroupId);
results['first'] = await first.ready();
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', attempts] }, `/${name}/c`);
const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = linesOf(container.stdout);
let total = 0;
const phases: string[] = [];
const ask = (count: number): void => void container.stdin.write(`${count}\n`);
const answered = async (): Promise<void> => {
  const [count, through] = (await answers.next()).split(' ').map(Number);
  total += count!;
  phases.push(`${count}:${through}`);
};

ask(burst);
await answered();
// Killed in the middle of a burst, which goes on with nobody there.
ask(burst);
await new Promise((resolve) => setTimeout(resolve, 20));
await first.end('SIGKILL');
await answered();
ask(burst);
await answered();
const second = startAgent(build, log, cgroupId);
results['second'] = await second.ready();
ask(burst);
await answered();
results['afterSecond'] = await second.settle();
// Another version while a burst goes on; the one before is killed.
await second.end('SIGKILL');
ask(2 * burst);
const third = startAgent(otherBuild, log, cgroupId);
results['third'] = await third.ready();
await answered();
ask(burst);
await answered();
results['afterThird'] = await third.settle();
await third.end('SIGTERM');
// Somebody takes a program out: the set is not gone on with.
const pinned = (folder: string): string[] => spawnSync('ls', [folder], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
const set = pinned(pinFolder).find((name) => name.startsWith('set-'))!;
rmSync(join(pinFolder, set, 'link_d4c_path_unlink'));
const fourth = startAgent(otherBuild, log, cgroupId);
results['fourth'] = await fourth.ready();
ask(burst);
await answered();
await fourth.settle();
await fourth.end('SIGTERM');
results['linksOfFourth'] = pinned(join(pinFolder, pinned(pinFolder).find((name) => name.startsWith('set-'))!));
results['pins'] = pinned(pinFolder);
const removed = spawnSync(process.execPath, [join(root, 'test/vm/kernel/guest/agent.ts'), 'uninstall', pinFolder], { encoding: 'utf8' });
results['removed'] = removed.stdout.trim();
ask(10);
const through = (await answers.next()).split(' ').map(Number);
results['afterRemoval'] = through;
container.stdin.end();
const records = readFileSync(log, 'utf8').split('\n').filter(Boolean);
console.log(JSON.stringify({ ...results, phases, total, records: records.length, distinct: new Set(records).size }));
