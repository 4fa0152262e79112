/**
 * In the guest: four tasks of a container do what every policy denies and what every policy lets through, while
 * an agent replaces its policies so many times as the argument says. Each policy has a hundred patterns, most of
 * them its own, so that the cells of one become those of another. Prints one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { startAgent } from '#agent';
import { noFacts } from '#base';
import { compile } from '#compiler';
import { staticSource } from '#containers';
import { openKernel } from '#kernel';
import { parsePolicy } from '#policy';
import type { Policy } from '#policy';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const swaps = Number(process.argv[2]);
const tasks = 4;
const patterns = 100;
/** Tries, those through that every policy denies, those denied that every policy lets through. */
const script = `for t in $(seq ${tasks}); do (
  i=0; through=0; denied=0; : > /srv/free$t
  while [ ! -e /stop ]; do
    i=$((i+1))
    true > /etc/kept/new$t && through=$((through+1))
    true > /srv/free$t || denied=$((denied+1))
    true > /etc/now-and-then/new$t
    rm -f /etc/now-and-then/new$t
  done 2>/dev/null
  echo $i $through $denied ) & done; wait`;

/** `number` decides what else is denied, and how the table looks. */
function policyOf(number: number): Policy {
  const own = Array.from({ length: patterns - 3 }, (_, i) => `/opt/${(number * 7919 + i * 104_729).toString(36)}*/lib-${i % 13}.so`);
  const now = number % 2 === 0 ? '/etc/now-and-then/**' : '/etc/never/**';
  const text = JSON.stringify({ file: {
    selectors: [{ name: 'files', operation: ['createFile', 'modifyFile'], targetFilePath: ['/etc/kept/*', now, `/var/${number}/**`, ...own] }],
    responses: [{ match: ['files'], actions: ['alert', 'block'] }],
  } });
  const { policy } = parsePolicy('swap.yaml', text);
  if (policy === null) throw new Error('the policy has errors');
  return policy;
}

// Nearly all cells are taken: those of a policy that was replaced are used again two swaps later.
const kernel = await openKernel({ pinFolder: null });
const filler = compile([policyOf(0)], noFacts).table;
const cellsOfOne = filler.byteLength / 8;
const fillers = Math.floor(kernel.memory().cells.total / cellsOfOne) - 4;
for (let i = 0; i < fillers; i++) await kernel.install(filler);
const source = staticSource();
const output = { name: 'none', write: async () => undefined, close: async () => undefined };
await using agent = await startAgent({
  policies: [policyOf(0)], monitor: false, sources: [source], outputs: [output], pinFolder: null, kernel,
  repeatsWithinMs: 60_000, log: (line) => process.stderr.write(`agent: ${line}\n`),
});
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
await source.add({ id: 'swaps', cgroupPath: '/swaps', facts: noFacts });
using bundle = image.bundle('swaps', { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, '/swaps/c');
spawnSync('mkdir', ['-p', join(bundle.folder, 'rootfs/etc/kept'), join(bundle.folder, 'rootfs/etc/now-and-then')]);
const before = (await agent.status()).memory;
const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, 'swaps'], { stdio: ['ignore', 'pipe', 'inherit'] });
// The tasks, which inherit it, take the time that the agent leaves.
setPriority(container.pid!, constants.priority.PRIORITY_LOW);
const ended: string[] = [];
createInterface({ input: container.stdout }).on('line', (line) => ended.push(line));
const closed = once(container, 'close');
let cellsMost = 0;
for (let i = 1; i <= swaps; i++) {
  await agent.replace([policyOf(i === swaps ? 0 : i)]);
  cellsMost = Math.max(cellsMost, (await agent.status()).memory.cells.used);
}
writeFileSync(join(bundle.folder, 'rootfs/stop'), '');
await closed;
spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', 'swaps']);
const { memory, counters } = await agent.status();
const counts = ended.map((line) => line.split(' ').map(Number));
const sum = (at: number): number => counts.reduce((all, count) => all + count[at]!, 0);
console.log(JSON.stringify({
  swaps, tasks: counts.length, tries: sum(0), through: sum(1), denied: sum(2), denials: counters.denied,
  before, after: memory, cellsMost, cellsOfOne, fillers,
}));
