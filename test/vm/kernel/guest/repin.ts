/**
 * In the guest: somebody takes pins out while an agent runs, and then the agent is killed: without the pins its
 * links would go with it. Prints what came back and what went through, as one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-repin';
const name = 'repin';
const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = String(statSync(cgroup, { bigint: true }).ino);
appendFileSync('/tmp/records', '');
const agentFile = join(root, 'test/vm/kernel/guest/agent.ts');

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

async function startAgent() {
  const child = spawn(process.execPath, [agentFile, join(root, 'build'), pinFolder, '/tmp/records', cgroupId], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = linesOf(child.stdout);
  const { adopted, id } = JSON.parse(await lines.next()) as { readonly adopted: boolean; readonly id: string };
  return {
    adopted,
    id,
    async beat(): Promise<readonly string[]> {
      child.stdin.write('beat\n');
      return (JSON.parse(await lines.next()) as { readonly back: readonly string[] }).back;
    },
    async kill(): Promise<void> {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await closed;
    },
  };
}

const pins = (): string[] => readdirSync(pinFolder, { recursive: true, encoding: 'utf8' }).sort();
const forbidden = `while read n; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > /usr/bin/new && ok=$((ok+1)); done 2>/dev/null
  echo $ok; done`;

let agent = await startAgent();
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
const nothing = await agent.beat();
const cores = whole.filter((path) => path.includes('/core_'));
for (const path of cores) unlinkSync(join(pinFolder, path));
await attempt('cores taken out');
const coresBack = await agent.beat();
await agent.kill();
await attempt('killed with cores back');

agent = await startAgent();
const afterCores = { adopted: agent.adopted, whole: pins().join() === whole.join() };
const firstId = agent.id;
const files = pins().filter((path) => path.includes('/'));
const folders = pins().filter((path) => !path.includes('/'));
for (const path of files) unlinkSync(join(pinFolder, path));
for (const path of folders) rmdirSync(join(pinFolder, path));
rmdirSync(pinFolder);
const allBack = await agent.beat();
const rival = spawnSync(process.execPath, [agentFile, join(root, 'build'), pinFolder, '/tmp/records', cgroupId], { encoding: 'utf8' });
await agent.kill();
await attempt('killed with all back');

agent = await startAgent();
const afterAll = { adopted: agent.adopted, sameId: agent.id === firstId, whole: pins().join() === whole.join() };
await agent.kill();
const removed = spawnSync(process.execPath, [agentFile, 'uninstall', pinFolder], { encoding: 'utf8' }).stdout.trim();
container.stdin.end();
console.log(JSON.stringify({
  nothing, cores: cores.length, coresBack, through, afterCores,
  pins: files.length, allBack: allBack.length,
  rival: /another agent works with/.test(rival.stderr), afterAll, removed,
}));
