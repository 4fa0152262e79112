/**
 * In the guest: an agent whose output takes nothing for a while, and containers that do what is alerted on as
 * fast as they can, so that the ring is full; then again with an output that takes all. Prints what the kernel
 * counted, what was told of, and what was lost.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startAgent } from '#agent';
import { noFacts } from '#base';
import { staticSource } from '#containers';
import type { OutgoingDocument, Output } from '#outputs';
import { parsePolicy } from '#policy';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { root } from './bench.ts';

const tasks = 4;
/** The ring holds some 7,000 of them. */
const each = 3_000;
const text = `
file:
  selectors:
    - {name: changes, operation: [modifyFile], targetFilePath: [/srv/**]}
  responses:
    - {match: [changes], actions: [alert]}
`;
const script = `for t in $(seq ${tasks}); do (
  : > /srv/f$t; i=0
  while [ $i -lt ${each} ]; do i=$((i+1)); : >> /srv/f$t; done ) & done; wait`;

const { policy } = parsePolicy('flood.yaml', text);
if (policy === null) throw new Error('the policy has errors');
const documents: OutgoingDocument[] = [];
let gate = Promise.withResolvers<void>();
const output: Output = {
  name: 'counted',
  async write(batch) {
    await gate.promise;
    documents.push(...batch);
  },
  async close() {},
};
const source = staticSource();
await using agent = await startAgent({
  policies: [policy], monitor: false, sources: [source], outputs: [output], pinFolder: null,
  repeatsWithinMs: 60_000, log: (line) => process.stderr.write(`agent: ${line}\n`),
});
using image = makeImage(join(root, 'build/demo-image'), [], [], []);

async function flood(name: string): Promise<void> {
  await source.add({ id: name, cgroupPath: `/${name}`, facts: noFacts });
  using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, `/${name}/c`);
  const child = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

function countOf({ document }: OutgoingDocument): number {
  const { repeats } = document['d4c'] as { repeats?: { count: number } };
  return repeats?.count ?? 1;
}

const seen: object[] = [];
async function tell(name: string): Promise<void> {
  await agent.settle();
  const { counters } = await agent.status();
  const told = documents.map(countOf);
  seen.push({
    name, attempts: tasks * each * (seen.length + 1), counters,
    written: documents.length, told: told.reduce((a, b) => a + b, 0), largest: Math.max(...told),
    ids: new Set(documents.map(({ id }) => id)).size,
  });
}

await flood('stopped');
gate.resolve();
await tell('stopped');
await flood('reading');
await tell('reading');
console.log(JSON.stringify(seen));
