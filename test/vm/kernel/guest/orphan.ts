/**
 * In the guest: an agent is killed, and a container goes on trying what is blocked; with a period after which
 * programs let go, and without. `agent PERIOD` as arguments: that agent. Prints one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { startAgent } from '#agent';
import { noFacts } from '#base';
import { staticSource } from '#containers';
import { uninstall } from '#kernel';
import { parsePolicy } from '#policy';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-orphan';
const periodMs = 2_000;
/** An attempt for each line in: whether it could be made. */
const script = 'while read line; do true > /etc/new && echo made && rm /etc/new || echo denied; done 2>/dev/null';
const text = `
file:
  selectors: [{name: files, operation: [createFile], targetFilePath: [/etc/**]}]
  responses: [{match: [files], actions: [alert, block]}]
`;

if (process.argv[2] === 'agent') await serve(Number(process.argv[3]));
else await watch();

async function serve(orphanAfterMs: number): Promise<void> {
  const { policy } = parsePolicy('orphan.yaml', text);
  const source = staticSource();
  const output = { name: 'none', write: async () => undefined, close: async () => undefined };
  await startAgent({
    policies: [policy!], monitor: false, sources: [source], outputs: [output], pinFolder, orphanAfterMs,
    log: (line) => process.stderr.write(`agent: ${line}\n`),
  });
  await source.add({ id: 'orphan', cgroupPath: '/orphan', facts: noFacts });
  console.log('ready');
  setInterval(() => undefined, 2 ** 30);
}

async function agent(orphanAfterMs: number) {
  const child = spawn(process.execPath, [import.meta.filename, 'agent', String(orphanAfterMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

async function watch(): Promise<void> {
  mkdirSync('/sys/fs/cgroup/orphan', { recursive: true });
  let kill = await agent(periodMs);
  using image = makeImage(join(root, 'build/demo-image'), [], [], []);
  using bundle = image.bundle('orphan', { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, '/orphan/c');
  const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, 'orphan'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: container.stdout })[Symbol.asyncIterator]();
  const attempt = async (): Promise<string> => {
    container.stdin.write('\n');
    return (await answers.next()).value as string;
  };
  const results: Record<string, unknown> = { withAgent: await attempt() };
  // Longer than the period: an agent that is there is heard from.
  await sleep(1.5 * periodMs);
  results['stillWithAgent'] = await attempt();
  await kill();
  const killed = performance.now();
  while ((await attempt()) === 'denied' && performance.now() - killed < 60_000) await sleep(50);
  results['letGoAfterMs'] = Math.round(performance.now() - killed);
  results['afterwards'] = await attempt();
  kill = await agent(0);
  results['withNextAgent'] = await attempt();
  await kill();
  await sleep(2 * periodMs);
  results['withoutPeriod'] = await attempt();
  container.stdin.end();
  await once(container, 'close');
  spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', 'orphan']);
  results['removed'] = uninstall(pinFolder);
  console.log(JSON.stringify({ ...results, periodMs }));
}
