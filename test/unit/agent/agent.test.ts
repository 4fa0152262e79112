import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAgent } from '#agent';
import type { Agent, AgentOptions } from '#agent';
import { Failure, factsUnknown, noFacts, parseImageReference } from '#base';
import type { Container, ContainerSink, ContainerSource } from '#containers';
import type { OutgoingDocument, Output } from '#outputs';
import { parsePolicy } from '#policy';
import type { Policy } from '#policy';
import { operationRecord, retractionRecord } from '../events/records.ts';
import { fakeKernel } from './fake-kernel.ts';
import type { FakeKernel } from './fake-kernel.ts';

const flags = { denied: 1, provisional: 2, undecided: 4 };

function policy(image: string, actions = 'alert, block', file = 'p.yaml'): Policy {
  const text = `
selectors: [{name: fresh, operation: createExecutable, targetFilePath: /usr/bin/**, containerImageName: ${image}}]
responses: [{match: fresh, actions: [${actions}], name: rule of ${image}, severity: 50}]
`;
  const { policy: parsed, findings } = parsePolicy(file, text);
  assert.ok(parsed, JSON.stringify(findings));
  return parsed;
}

function container(cgroupId: bigint, given: Partial<Container> = {}): Container {
  return {
    id: `c${cgroupId}`,
    cgroupId,
    cgroupPath: `/test/c${cgroupId}`,
    pid: undefined,
    sharesPids: false,
    name: undefined,
    facts: { ...noFacts, image: parseImageReference('demo:1') },
    source: 'test',
    runtime: undefined,
    ...given,
  };
}

interface Bench {
  readonly agent: Agent;
  readonly kernel: FakeKernel;
  readonly sink: ContainerSink;
  readonly documents: OutgoingDocument[];
  readonly log: string[];
  /** While set, the output does not take anything. */
  readonly block: () => () => void;
}

async function bench(given: Partial<AgentOptions> = {}, kernel = fakeKernel()): Promise<Bench> {
  let sink: ContainerSink | undefined;
  const source: ContainerSource = {
    name: 'test',
    async start(it) {
      sink = it;
      return { async [Symbol.asyncDispose]() {} };
    },
  };
  const documents: OutgoingDocument[] = [];
  let gate: Promise<void> = Promise.resolve();
  const output: Output = {
    name: 'memory',
    async write(batch) {
      await gate;
      documents.push(...batch);
    },
    async close() {},
  };
  const log: string[] = [];
  const agent = await startAgent({
    policies: [policy('demo')], monitor: false, sources: [source], outputs: [output], pinFolder: null,
    log: (line) => void log.push(line), kernel, ...given,
  });
  return {
    agent, kernel, sink: sink!, documents, log,
    block() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

const field = (document: OutgoingDocument | undefined, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document?.document);

test('a record becomes a document with the rule behind it, and is acked when that is safe', async () => {
  const { agent, kernel, sink, documents, block } = await bench();
  await using _ = agent;
  await sink.put(container(7n));
  const release = block();
  const batch = kernel.fill([operationRecord({ sequence: 1n })]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(kernel.acked, [], 'nothing is acked before the output has it');
  release();
  await agent.settle();
  assert.deepEqual(kernel.acked, [batch]);
  assert.equal(documents.length, 1);
  assert.deepEqual(field(documents[0], 'cloud_defend.matched_selectors'), ['fresh']);
  assert.equal(field(documents[0], 'rule.name'), 'rule of demo');
  assert.equal(field(documents[0], 'event.severity'), 50);
  assert.equal(field(documents[0], 'file.path'), '/usr/bin/x');
  assert.equal(field(documents[0], 'event.outcome'), 'failure');
  assert.equal(documents[0]!.id, field(documents[0], 'event.id'));
});

test('a provisional denial that is taken back leaves nothing, and nothing behind it is acked before it', async () => {
  const { agent, kernel, sink, documents } = await bench();
  await using _ = agent;
  await sink.put(container(7n));
  kernel.fill([operationRecord({ sequence: 1n, key: 5n, flags: flags.denied | flags.provisional })]);
  kernel.fill([operationRecord({ sequence: 2n })]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(kernel.acked, []);
  assert.equal(documents.length, 1);
  kernel.fill([retractionRecord({ sequence: 3n, key: 5n })]);
  await agent.settle();
  assert.deepEqual(kernel.acked, [1, 2, 3]);
  assert.equal(documents.length, 1);
  kernel.fill([operationRecord({ sequence: 4n, key: 6n, flags: flags.denied | flags.provisional })]);
  await agent.settle();
  assert.equal(documents.length, 2, 'one that is not taken back stands');
});

const seconds = (count: number): bigint => BigInt(count) * 1_000_000_000n;

test('equal alerts are told of in two documents, and keep their place in the ring until both are safe', async () => {
  const kernel = fakeKernel();
  const { agent, sink, documents } = await bench({ repeatsWithinMs: 60_000 }, kernel);
  await using _ = agent;
  await sink.put(container(7n));
  kernel.fill([operationRecord({ sequence: 1n, timeNs: seconds(1) })]);
  kernel.fill([operationRecord({ sequence: 2n, timeNs: seconds(2) }), operationRecord({ sequence: 3n, timeNs: seconds(40) })]);
  kernel.fill([operationRecord({ sequence: 4n, timeNs: seconds(41), pairs: [{ path: '/usr/bin/y' }] })]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.deepEqual(documents.map((it) => field(it, 'file.path')), ['/usr/bin/x', '/usr/bin/y']);
  assert.deepEqual(kernel.acked, [1], 'what is kept holds its batch, and those after it');
  let { counters } = await agent.status();
  assert.deepEqual([counters.documents, counters.repeats, counters.held], [2, 0, 2]);
  kernel.nowNs = seconds(62);
  while (documents.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  await agent.settle();
  assert.deepEqual(kernel.acked, [1, 2, 3]);
  const [first, , repeats] = documents;
  assert.deepEqual(field(repeats, 'd4c.repeats'), { count: 2, of: first!.id });
  assert.equal(repeats!.id, field(repeats, 'event.id'));
  assert.notEqual(repeats!.id, first!.id);
  assert.match(String(field(repeats, 'event.start')), /:22\.000000Z$/);
  assert.match(String(field(repeats, 'event.end')), /:00\.000000Z$/);
  assert.equal(field(repeats, '@timestamp'), field(repeats, 'event.end'));
  assert.match(String(field(repeats, 'message')), /; 2 times more within 38 s$/);
  ({ counters } = await agent.status());
  assert.deepEqual([counters.documents, counters.repeats, counters.held], [3, 1, 0]);
});

test('an agent that stops tells of the repeats first; one that can\'t leaves them in the ring', async () => {
  for (const [works, acked, count] of [[true, [1], 2], [false, [], 0]] as const) {
    const documents: OutgoingDocument[] = [];
    let calls = 0;
    const output: Output = {
      name: 'memory',
      async write(batch) {
        if (calls++ > 0 && !works) throw new Error('no space');
        documents.push(...batch);
      },
      async close() {},
    };
    const { agent, kernel, sink } = await bench({ repeatsWithinMs: 60_000, outputs: [output] });
    await sink.put(container(7n));
    kernel.fill([1n, 2n, 3n].map((sequence) => operationRecord({ sequence })));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await agent[Symbol.asyncDispose]();
    assert.deepEqual(kernel.acked, acked);
    assert.equal(documents.length, works ? 2 : 1);
    assert.equal(field(documents[1], 'd4c.repeats.count') ?? 0, count);
  }
});

test('alerts that differ in container, path, executable or outcome are told of apart', async () => {
  const { agent, kernel, sink, documents } = await bench({ repeatsWithinMs: 60_000 });
  await using _ = agent;
  await sink.put(container(7n));
  await sink.put(container(8n));
  kernel.fill([
    {}, { container: 8n }, { pairs: [{ path: '/usr/bin/y' }] }, { executable: '/usr/bin/other' }, { flags: 0, actions: 2 },
    // The same again, by another process.
    { args: ['again'] },
  ].map((given, i) => operationRecord({ ...given, sequence: BigInt(i + 1) })));
  await agent.settle();
  assert.deepEqual(documents.map((it) => field(it, 'd4c.repeats.count') ?? 0), [0, 0, 0, 0, 0, 1]);
});

test('a full ring is not waited for: what is kept is told of before', async () => {
  const { agent, kernel, sink, documents } = await bench({ repeatsWithinMs: 60_000 });
  await using _ = agent;
  await sink.put(container(7n));
  const one = operationRecord().length;
  const count = Math.ceil((1 << 20) / one) + 3;
  kernel.fill(Array.from({ length: count }, (_, i) => operationRecord({ sequence: BigInt(i + 1) })));
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(documents.length, 2);
  await agent.settle();
  const told = documents.map((it) => (field(it, 'd4c.repeats.count') as number | undefined) ?? 1);
  assert.equal(told.reduce((a, b) => a + b), count);
});

test('an undecided operation gives its alert when the container is known, marked as late', async () => {
  const { agent, kernel, sink, documents } = await bench();
  await using _ = agent;
  const unknown = container(7n, { facts: factsUnknown, source: 'cgroup' });
  await sink.put(unknown);
  const open = { flags: flags.undecided, actions: 0, possible: 6, pairs: [{ path: '/usr/bin/x', actions: 0 }] };
  kernel.fill([operationRecord({ ...open, sequence: 1n })]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(documents.length, 0);
  assert.equal((await agent.status()).counters.waiting, 1);
  await sink.put(container(7n));
  await agent.settle();
  assert.equal(documents.length, 1);
  assert.equal(field(documents[0], 'd4c.late'), true);
  assert.equal(field(documents[0], 'd4c.would_deny'), true);
  assert.equal(field(documents[0], 'event.outcome'), 'unknown');
  assert.match(String(field(documents[0], 'message') as string), /let through/);
  await sink.put(container(8n, { facts: { ...noFacts, image: parseImageReference('other:1') } }));
  kernel.fill([operationRecord({ ...open, sequence: 2n, container: 8n })]);
  await agent.settle();
  assert.equal(documents.length, 1, 'another image: the rule does not concern it');
});

test('containers that policies tell nothing apart of share one table', async () => {
  const { agent, kernel, sink } = await bench();
  await using _ = agent;
  await sink.put(container(1n));
  await sink.put(container(2n, { facts: { ...noFacts, image: parseImageReference('demo:2') } }));
  await sink.put(container(3n, { facts: { ...noFacts, image: parseImageReference('other') } }));
  const handles = [1n, 2n, 3n].map((cgroupId) => kernel.slots.get(cgroupId)!.handle);
  assert.equal(handles[0], handles[1]);
  assert.notEqual(handles[0], handles[2]);
  const before = kernel.installed.size;
  sink.removed('/test/c3');
  await agent.status();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(kernel.slots.has(3n), false);
  assert.equal(kernel.installed.size, before - 1, 'a table that judges nothing any more is given back');
});

test('other policies are in force as a whole or not at all', async () => {
  const { agent, kernel, sink, documents } = await bench();
  await using _ = agent;
  await sink.put(container(1n));
  await sink.put(container(7n));
  const before = new Map(kernel.slots);
  const tables = kernel.installed.size;
  kernel.refuse = true;
  await assert.rejects(agent.replace([policy('other')]), /no room/);
  assert.deepEqual(kernel.slots, before);
  assert.equal(kernel.installed.size, tables);
  assert.deepEqual((await agent.status()).policies.map(({ file }) => file), ['p.yaml']);
  kernel.refuse = false;
  await agent.replace([policy('demo', 'alert', 'new.yaml')]);
  assert.notEqual(kernel.slots.get(7n)!.handle, before.get(7n)!.handle);
  assert.ok(![...kernel.installed].some((handle) => [...before.values()].some((slot) => slot.handle === handle)));
  kernel.fill([operationRecord({ sequence: 1n, timeNs: 9_000_000_000n }), operationRecord({ sequence: 2n, timeNs: 11_000_000_000n })]);
  await agent.settle();
  assert.deepEqual(documents.map((it) => field(it, 'd4c.rule.file')), ['p.yaml', 'new.yaml'], 'each by the policies of its time');
});

test('other outlets take over without losing or repeating anything', async () => {
  const { agent, kernel, sink, documents, block } = await bench();
  await using _ = agent;
  await sink.put(container(7n));
  const release = block();
  const later: OutgoingDocument[] = [];
  let isClosed = false;
  const fresh: Output = {
    name: 'fresh',
    async write(batch) {
      later.push(...batch);
    },
    async close() {
      isClosed = true;
    },
  };
  kernel.fill([operationRecord({ sequence: 1n })]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const swapped = agent.replace([policy('demo')], { outputs: [fresh] });
  kernel.fill([operationRecord({ sequence: 2n })]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  release();
  await swapped;
  await agent.settle();
  assert.deepEqual([documents.length, later.length], [1, 1]);
  assert.deepEqual(kernel.acked, [1, 2]);
  assert.equal(isClosed, false);
  assert.deepEqual((await agent.status()).outputs.map(({ name }) => name), ['fresh']);
});

test('exempt containers are never blocked; monitor makes every policy let through', async () => {
  const { agent, kernel, sink } = await bench({ monitor: true });
  await using _ = agent;
  await sink.put(container(1n, { facts: { ...noFacts, namespace: 'kube-system', orchestrator: 'kubernetes', pod: 'dns' } }));
  await sink.put(container(2n));
  assert.deepEqual([1n, 2n].map((cgroupId) => kernel.slots.get(cgroupId)!.neverBlocked), [true, false]);
  assert.deepEqual((await agent.status()).policies.map(({ mode }) => mode), ['monitor']);
});

test('a container of an agent before keeps its rules only as long as its cgroup is there', async () => {
  const kernel = fakeKernel([987_654_321_987n]);
  const { agent } = await bench({}, kernel);
  await using _ = agent;
  assert.equal(kernel.slots.size, 0);
});

test('status has the shape that scripts rely on', async () => {
  const { agent, sink } = await bench();
  await using _ = agent;
  await sink.put(container(7n));
  const status = await agent.status();
  assert.deepEqual(Object.keys(status.kernel), ['release', 'mechanism', 'hooks']);
  assert.match(status.policies[0]!.sha256, /^[0-9a-f]{64}$/);
  const [one] = status.containers;
  assert.deepEqual([one?.id, one?.cgroupId, one?.image, one?.known], ['c7', '7', 'docker.io/library/demo:1', true]);
  assert.match(one!.profile!, /^[0-9a-f]+$/);
  assert.equal(status.counters.events, 4, 'what was taken back has not happened');
  assert.equal(status.counters.denied, 3);
  assert.equal(status.counters.lost['ring_full'], 2);
  assert.deepEqual(status.counters.lostByContainer, { 7: { ring_full: 2 } });
  assert.deepEqual(status.outputs, [{ name: 'memory', state: 'ok', queued: 0, lastError: null }]);
  JSON.stringify(status);
});

test('a record that can\'t be read is counted, and stops nothing', async () => {
  const { agent, kernel, sink, documents, log } = await bench();
  await using _ = agent;
  await sink.put(container(7n));
  kernel.fill([new Uint8Array(16), operationRecord({ sequence: 1n })]);
  await agent.settle();
  assert.equal(documents.length, 1);
  assert.equal((await agent.status()).counters.lost['not_decoded'], 1);
  assert.equal(log.length, 1);
});

test('an ack that fails is told, and stops nothing', async () => {
  const kernel = fakeKernel();
  kernel.acked.push = () => {
    delete (kernel.acked as { push?: unknown }).push;
    throw new Error('the ring says no');
  };
  const { agent, sink, documents, log } = await bench({}, kernel);
  await using _ = agent;
  await sink.put(container(7n));
  kernel.fill([operationRecord({ sequence: 1n })]);
  await agent.settle();
  kernel.fill([operationRecord({ sequence: 2n })]);
  await agent.settle();
  assert.equal(documents.length, 2);
  assert.deepEqual([kernel.acked, log], [[2], ['the ring says no']]);
});

test('the agent stops though an output goes on saying no', async () => {
  const output: Output = { name: 'full', write: async () => Promise.reject(new Error('no space')), async close() {} };
  const { agent, kernel, sink } = await bench({ outputs: [output] });
  await sink.put(container(7n));
  kernel.fill([operationRecord({ sequence: 1n })]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await agent[Symbol.asyncDispose]();
  assert.deepEqual(kernel.acked, [], 'the next agent reads it again');
});

test('a container beyond what the kernel has room for is counted and told of, and gets its rules later', async () => {
  const kernel = fakeKernel();
  const assign = kernel.assign.bind(kernel);
  kernel.assign = (cgroupId, ...rest) => {
    if (!kernel.slots.has(cgroupId) && kernel.slots.size >= 2) throw new Failure('limit', 'there is no room');
    assign(cgroupId, ...rest);
  };
  const { agent, sink, log } = await bench({}, kernel);
  await using _ = agent;
  for (const cgroupId of [1n, 2n, 3n, 4n]) await sink.put(container(cgroupId));
  const status = async () => {
    const { containers, counters } = await agent.status();
    return [counters.unprotected, ...containers.map(({ profile }) => profile !== null)];
  };
  assert.deepEqual(await status(), [2, true, true, false, false]);
  assert.match(log[0]!, /^container c3 has no rules: there is no room; it is tried again/);
  await agent.replace([policy('demo', 'alert')]);
  assert.deepEqual(await status(), [2, true, true, false, false], 'policies can be replaced all the same');
  sink.removed('/test/c1');
  await sink.put(container(2n));
  assert.deepEqual(await status(), [1, true, true, false]);
  assert.deepEqual(log.slice(2), ['container c3 has its rules now']);
  sink.removed('/test/c4');
  await sink.put(container(2n));
  assert.deepEqual(await status(), [0, true, true], 'one that is gone waits for nothing');
});

test('programs are spoken to again and again, and told how long to go on without', async () => {
  const { agent, kernel } = await bench({ orphanAfterMs: 80 });
  assert.deepEqual(kernel.heartbeats.slice(0, 1), [80_000_000n]);
  while (kernel.heartbeats.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  await agent[Symbol.asyncDispose]();
  const beats = kernel.heartbeats.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(kernel.heartbeats.length, beats);
  const plain = await bench();
  await using _ = plain.agent;
  assert.deepEqual(plain.kernel.heartbeats, [0n], 'what an agent before has asked for is taken back');
});

test('pins that somebody took out are among the problems that status tells', async () => {
  const { agent, kernel } = await bench({ orphanAfterMs: 80 });
  await using _ = agent;
  kernel.taken.push('core_d4c_exec');
  const beats = kernel.heartbeats.length;
  while (kernel.heartbeats.length < beats + 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match((await agent.status()).problems.at(-1) ?? '', / pins of the programs were taken out, and are back: core_d4c_exec$/);
});

test('a container that goes while its table is made leaves nothing behind', async () => {
  const kernel = fakeKernel();
  const { agent, sink, log } = await bench({}, kernel);
  await using _ = agent;
  const before = kernel.installed.size;
  const made = Promise.withResolvers<void>();
  const install = kernel.install.bind(kernel);
  kernel.install = async (table) => await made.promise.then(() => install(table));
  const put = sink.put(container(7n));
  sink.removed(container(7n).cgroupPath);
  made.resolve();
  await put;
  // One thing after another: when this one has come and gone, so has the first.
  await sink.put(container(8n));
  assert.deepEqual([...kernel.slots.keys()], [8n]);
  sink.removed(container(8n).cgroupPath);
  while (kernel.slots.size > 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual([kernel.installed.size, log], [before, []]);
});

test('a container that the kernel has no room for leaves no table behind', async () => {
  const kernel = fakeKernel();
  const { agent, sink } = await bench({}, kernel);
  await using _ = agent;
  const before = kernel.installed.size;
  kernel.assign = () => {
    throw new Error('no room for containers');
  };
  await assert.rejects(sink.put(container(7n)), /no room for containers/);
  assert.equal(kernel.installed.size, before);
});
