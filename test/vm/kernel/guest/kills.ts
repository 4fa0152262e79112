/**
 * In the guest: four tasks of a container try a blocked operation without pause, while agents are killed and
 * followed, so many times as the argument says; every tenth is of another version. Prints what it counted.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { addon } from '../../../../src/kernel/addon.ts';
import { sharedFolder } from '../../../../src/kernel/pins.ts';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { build, makeOtherBuild, startAgent } from './agents.ts';
import type { AgentProcess } from './agents.ts';
import { root } from './bench.ts';

const kills = Number(process.argv[2]);
const tasks = 4;
const pinFolder = '/sys/fs/bpf/d4c-kills';
const log = '/tmp/records';
const attempts = `for t in $(seq ${tasks}); do (
  i=0; ok=0
  while [ ! -e /stop ]; do i=$((i+1)); true > /usr/bin/new$t && ok=$((ok+1)); done 2>/dev/null
  echo $i $ok ) & done; wait`;

const name = 'kills';
const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = String(statSync(cgroup, { bigint: true }).ino);
const builds = [build, makeOtherBuild()] as const;
appendFileSync(log, '');

/** As one file: reading its modules takes a busy machine 18 s. */
const script = join(root, 'build/series/agent.js');
const agentOf = (version: string): AgentProcess => {
  return startAgent({ build: version, pinFolder, log, cgroupId }, { script, compiled: '/tmp/compiled' });
};
let agent = agentOf(builds[0]);
await agent.ready();
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', attempts] }, `/${name}/c`);
const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['ignore', 'pipe', 'inherit'] });
// The tasks, which inherit it, take all the time that agents leave: else an agent takes ten times as long to start.
setPriority(container.pid!, constants.priority.PRIORITY_LOW);
const ended: string[] = [];
createInterface({ input: container.stdout }).on('line', (line) => ended.push(line));
const closed = new Promise((resolve) => container.once('close', resolve));
let version = 0;
let adoptions = 0;
for (let i = 1; i <= kills; i++) {
  // At a different moment of its work each time: reading, writing, acknowledging, waiting.
  await sleep((i * 37) % 150);
  await agent.end('SIGKILL');
  if (i % 10 === 0) version = 1 - version;
  agent = agentOf(builds[version]!);
  if ((await agent.ready()).adopted) adoptions++;
}
writeFileSync(join(bundle.folder, 'rootfs/stop'), '');
await closed;
const settled = await agent.command('settle');
await agent.end('SIGTERM');

/** The kernel numbers what it records, for each processor, also what finds no room; sets of programs share the numbers. */
function numbered(): number {
  const native = addon(builds[0]);
  const map = native.openMap(join(sharedFolder(pinFolder).folder, 'd4c_sequence'));
  const values = native.mapGet(map, new Uint8Array(4))!;
  native.close(map);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let sum = 0;
  for (let at = 0; at < values.length; at += 8) sum += Number(view.getBigUint64(at, true));
  return sum;
}

const recorded = new Set(readFileSync(log, 'utf8').split('\n').filter(Boolean)).size;
const counts = ended.map((line) => line.split(' ').map(Number) as [number, number]);
console.log(JSON.stringify({
  kills, adoptions, settled,
  tasks: counts.length,
  attempts: counts.reduce((all, [tried]) => all + tried, 0),
  through: counts.reduce((all, [, through]) => all + through, 0),
  numbered: numbered(),
  recorded,
}));
