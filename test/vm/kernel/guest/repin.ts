/**
 * In the guest: somebody takes pins out while an agent runs, and then the agent is killed: without the pins its
 * links would go with it. Prints what came back and what went through, as one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { agentScript, build, linesOf, startAgent } from './agents.ts';
import { root } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-repin';
const name = 'repin';
const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = String(statSync(cgroup, { bigint: true }).ino);
const place = { build, pinFolder, log: '/tmp/records', cgroupId };
appendFileSync(place.log, '');

const pins = (): string[] => readdirSync(pinFolder, { recursive: true, encoding: 'utf8' }).sort();
const forbidden = `while read n; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > /usr/bin/new && ok=$((ok+1)); done 2>/dev/null
  echo $ok; done`;

let agent = startAgent(place);
await agent.ready();
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', forbidden] }, `/${name}/c`);
const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = linesOf(container.stdout);
const through: Record<string, number> = {};
async function attempt(when: string): Promise<void> {
  container.stdin.write('300\n');
  through[when] = Number(await answers.next());
}

const whole = pins();
const beat = async (): Promise<readonly string[]> => (await agent.command('beat'))['back'] as string[];
const nothing = await beat();
const cores = whole.filter((path) => path.includes('/core_'));
for (const path of cores) unlinkSync(join(pinFolder, path));
await attempt('cores taken out');
const coresBack = await beat();
await agent.end('SIGKILL');
await attempt('killed with cores back');

agent = startAgent(place);
const second = await agent.ready();
const afterCores = { adopted: second.adopted, whole: pins().join() === whole.join() };
const files = pins().filter((path) => path.includes('/'));
const folders = pins().filter((path) => !path.includes('/'));
for (const path of files) unlinkSync(join(pinFolder, path));
for (const path of folders) rmdirSync(join(pinFolder, path));
rmdirSync(pinFolder);
const allBack = await beat();
const rival = spawnSync(process.execPath, [agentScript, build, pinFolder, place.log, cgroupId], { encoding: 'utf8' });
await agent.end('SIGKILL');
await attempt('killed with all back');

agent = startAgent(place);
const third = await agent.ready();
const afterAll = { adopted: third.adopted, sameId: third.id === second.id, whole: pins().join() === whole.join() };
await agent.end('SIGKILL');
const removed = spawnSync(process.execPath, [agentScript, 'uninstall', pinFolder], { encoding: 'utf8' }).stdout.trim();
container.stdin.end();
console.log(JSON.stringify({
  nothing, cores: cores.length, coresBack, through, afterCores,
  pins: files.length, allBack: allBack.length,
  rival: /another agent works with/.test(rival.stderr), afterAll, removed,
}));
