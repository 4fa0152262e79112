/**
 * In the guest: a container tries a blocked operation in bursts while agents are killed and followed. Prints
 * what each phase saw as lines of JSON. Agents are processes of their own (agent.ts).
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { agentScript, build, linesOf, makeOtherBuild, startAgent } from './agents.ts';
import type { AgentProcess } from './agents.ts';
import { root } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-test';
const burst = 300;

/** A line of numbers in, that many attempts; out come the attempts and how many went through. */
const attempts = `while read n; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > /usr/bin/new && ok=$((ok+1)); done 2>/dev/null
  echo $n $ok; done`;

const name = 'takeover';
const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = String(statSync(cgroup, { bigint: true }).ino);
const otherBuild = makeOtherBuild();

const log = '/tmp/records';
appendFileSync(log, '');
const agentOf = (version: string): AgentProcess => startAgent({ build: version, pinFolder, log, cgroupId });
const results: Record<string, unknown> = {};
const first = agentOf(build);
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
const second = agentOf(build);
results['second'] = await second.ready();
ask(burst);
await answered();
results['afterSecond'] = await second.command('settle');
// Another version while a burst goes on; the one before is killed.
await second.end('SIGKILL');
ask(2 * burst);
const third = agentOf(otherBuild);
results['third'] = await third.ready();
await answered();
ask(burst);
await answered();
results['afterThird'] = await third.command('settle');
await third.end('SIGTERM');
// Somebody takes a program out: the set is not gone on with.
const pinned = (folder: string): string[] => spawnSync('ls', [folder], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
const set = pinned(pinFolder).find((name) => name.startsWith('set-'))!;
rmSync(join(pinFolder, set, 'link_d4c_path_unlink'));
const fourth = agentOf(otherBuild);
results['fourth'] = await fourth.ready();
ask(burst);
await answered();
await fourth.command('settle');
await fourth.end('SIGTERM');
results['linksOfFourth'] = pinned(join(pinFolder, pinned(pinFolder).find((name) => name.startsWith('set-'))!));
results['pins'] = pinned(pinFolder);
const removed = spawnSync(process.execPath, [agentScript, 'uninstall', pinFolder], { encoding: 'utf8' });
results['removed'] = removed.stdout.trim();
ask(10);
const through = (await answers.next()).split(' ').map(Number);
results['afterRemoval'] = through;
container.stdin.end();
const records = readFileSync(log, 'utf8').split('\n').filter(Boolean);
console.log(JSON.stringify({ ...results, phases, total, records: records.length, distinct: new Set(records).size }));
