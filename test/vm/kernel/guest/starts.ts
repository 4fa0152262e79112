/**
 * In the guest: containers that start and end under an agent, as many as the argument says; then more of them
 * than the kernel half has slots. Prints one line of JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '#agent';
import { noFacts } from '#base';
import { staticSource } from '#containers';
import { uninstall } from '#kernel';
import { parsePolicy } from '#policy';
import { addon } from '../../../../src/kernel/addon.ts';
import type { MapHandle } from '../../../../src/kernel/addon.ts';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import type { DemoImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const starts = Number(process.argv[2]);
const pinFolder = '/sys/fs/bpf/d4c-starts';
const { policy } = parsePolicy('starts.yaml', `
file:
  selectors: [{name: files, operation: [createFile], targetFilePath: [/etc/**]}]
  responses: [{match: [files], actions: [alert, block]}]
`);
if (policy === null) throw new Error('the policy has errors');
const source = staticSource();
const log: string[] = [];
let told = 0;
const output = { name: 'count', write: async (batch: readonly unknown[]) => void (told += batch.length), close: async () => undefined };
const agent = await startAgent({
  policies: [policy], monitor: false, sources: [source], outputs: [output], pinFolder, log: (line) => void log.push(line),
});

/** A container that tries what is blocked: what it says. */
async function run(image: DemoImage, name: string): Promise<string> {
  await source.add({ id: name, cgroupPath: `/${name}`, facts: noFacts });
  using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', 'true > /etc/new && echo made || echo denied'] }, `/${name}/c`);
  const child = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  return said.trim();
}

function end(name: string): void {
  spawnSync('crun', ['--cgroup-manager=cgroupfs', 'delete', '--force', name]);
  for (const folder of [`/sys/fs/cgroup/${name}/c`, `/sys/fs/cgroup/${name}`]) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (!['ENOENT', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  source.remove(name);
}

const native = addon();
function openPin(name: string): MapHandle {
  const found = readdirSync(pinFolder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}`));
  return native.openMap(join(pinFolder, found!));
}

const maps = new Map(['d4c_slots', 'd4c_containers', 'd4c_mounts', 'd4c_container_lost'].map((name) => [name, openPin(name)]));

async function measure() {
  await agent.settle();
  const { memory, containers, counters } = await agent.status();
  return {
    entries: Object.fromEntries([...maps].map(([name, map]) => [name, native.mapKeys(map).length])),
    pins: readdirSync(pinFolder, { recursive: true }).length,
    descriptors: readdirSync('/proc/self/fd').length,
    containers: containers.length, cells: memory.cells.used, mapBytes: memory.mapBytes, unprotected: counters.unprotected,
  };
}

let denied = 0;
{
  using image = makeImage(join(root, 'build/demo-image'), [], [], []);
  // The first one opens what stays open.
  await run(image, 'first');
  end('first');
  const before = await measure();
  for (let i = 1; i <= starts; i++) {
    if ((await run(image, `c${i}`)) === 'denied') denied++;
    end(`c${i}`);
  }
  const after = await measure();
  // Others take all the slots that are left.
  const slots = maps.get('d4c_slots')!;
  const { maxEntries, valueSize } = native.mapFacts(slots);
  const left = maxEntries - native.mapKeys(slots).length;
  const taken = Array.from({ length: left }, (_, i) => new Uint8Array(new BigUint64Array([2n ** 60n + BigInt(i)]).buffer));
  for (const key of taken) native.mapSet(slots, key, new Uint8Array(valueSize));
  const logged = log.length;
  const beyond = await run(image, 'beyond');
  const full = await measure();
  for (const key of taken) native.mapDelete(slots, key);
  while ((await agent.status()).counters.unprotected > 0) await sleep(200);
  end('beyond');
  console.log(JSON.stringify({ starts, denied, told, before, after, beyond, full, log: log.slice(logged), end: await measure() }));
}
for (const map of maps.values()) native.close(map);
await agent[Symbol.asyncDispose]();
uninstall(pinFolder);
