/** Alerts that come faster than they can be told of: what is missing is counted, exactly, by reason and container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentStatus } from '#agent';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Flooded {
  readonly name: string;
  readonly attempts: number;
  readonly counters: AgentStatus['counters'];
  readonly written: number;
  readonly told: number;
  readonly largest: number;
  readonly ids: number;
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test(`a flood of equal alerts is told of in few documents, and what is lost of it is counted, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/flood.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as readonly Flooded[];
  assert.deepEqual(seen.map(({ name }) => name), ['stopped', 'reading']);
  for (const { name, attempts, counters, written, told, largest, ids } of seen) {
    const lost = sum(counters.lost);
    process.stdout.write(`measured: ${name}: ${attempts} attempts, ${written} documents tell of ${told}, ${lost} lost\n`);
    assert.equal(counters.events, attempts);
    assert.equal(told + lost, counters.events, JSON.stringify(counters));
    assert.deepEqual([counters.documents, counters.documents + counters.repeats], [written, told]);
    assert.deepEqual([counters.held, counters.waiting], [0, 0]);
    const ofContainers = Object.values(counters.lostByContainer).map(sum).reduce((a, b) => a + b, 0);
    assert.equal(ofContainers, lost);
    assert.ok(lost > 0, 'the ring was never full');
    assert.ok(largest > 100 && written < told / 10, 'hardly anything was told of together');
    assert.equal(ids, written);
  }
});
