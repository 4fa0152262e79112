import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { noFacts, parseImageReference } from '#base';
import { isKnown, openMemory, openRegistry } from '#containers';
import type { Container, ContainerMemory, ContainerSink, ContainerSource, ExpectedContainer, Registry } from '#containers';

const root = mkdtempSync(join(tmpdir(), 'd4c-cgroups-'));
after(() => rmSync(root, { recursive: true }));

const expected = (path: string): ExpectedContainer => ({
  id: path.split('/').at(-1)!,
  cgroupPath: path,
  pid: undefined,
  sharesPids: false,
  name: undefined,
  facts: { ...noFacts, image: parseImageReference('nginx') },
  source: 'test',
  runtime: undefined,
});

interface Watched {
  readonly registry: Registry;
  readonly sink: ContainerSink;
  readonly changes: Container[];
  readonly removed: string[];
  readonly until: (holds: () => boolean) => Promise<void>;
}

async function open(memory?: ContainerMemory): Promise<Watched> {
  let sink: ContainerSink | undefined;
  let wake = (): void => {};
  const source: ContainerSource = {
    name: 'test',
    async start(given) {
      sink = given;
      return { async [Symbol.asyncDispose]() {} };
    },
  };
  const changes: Container[] = [];
  const removed: string[] = [];
  const registry = await openRegistry({
    sources: [source],
    recognise: true,
    memory,
    cgroupRoot: root,
    async changed(container) { changes.push(container); wake(); },
    removed(container) { removed.push(container.cgroupPath); wake(); },
    failed(_, error) { throw error; },
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { registry, sink: sink!, changes, removed, until };
}

const inode = (path: string): bigint => statSync(join(root, path), { bigint: true }).ino;

test('what has a runtime\'s form and exists is found at the start, below any folder', async () => {
  const id = 'cd'.repeat(32);
  mkdirSync(join(root, `kubepods/besteffort/pod1/${id}/inner`), { recursive: true });
  const { registry, changes } = await open();
  await using _ = registry;
  assert.deepEqual(changes.map(({ id: found, runtime, sharesPids }) => [found, runtime, sharesPids]), [[id, 'kubernetes', true]]);
  assert.equal(isKnown(changes[0]!), false);
  assert.equal(registry.get(inode(`kubepods/besteffort/pod1/${id}`)), changes[0]);
  rmSync(join(root, 'kubepods'), { recursive: true });
});

test('a container that a source expects is known the moment its cgroup is made, and again when it is made anew', async () => {
  const { registry, sink, changes, removed, until } = await open();
  await using _ = registry;
  sink.expect(expected('/any/where/web'));
  mkdirSync(join(root, 'any'));
  mkdirSync(join(root, 'any/where'));
  mkdirSync(join(root, 'any/where/web'));
  await until(() => changes.length === 1);
  assert.equal(isKnown(changes[0]!), true);
  assert.equal(changes[0]!.cgroupId, inode('any/where/web'));
  rmdirSync(join(root, 'any/where/web'));
  await until(() => removed.length === 1);
  assert.equal(registry.list().length, 0);
  assert.equal(registry.get(changes[0]!.cgroupId), changes[0], 'records of it may still come');
  mkdirSync(join(root, 'any/where/web'));
  await until(() => changes.length === 2);
  rmdirSync(join(root, 'any/where/web'));
  await until(() => removed.length === 2);
  sink.removed('/any/where/web');
  mkdirSync(join(root, 'any/where/web'));
  mkdirSync(join(root, 'default'));
  mkdirSync(join(root, 'default/probe'));
  await until(() => changes.some(({ id }) => id === 'probe'));
  assert.equal(changes.filter(({ id }) => id === 'web').length, 2, 'a container that its source removed is expected no more');
});

test('a source knows more than a path, whoever comes first', async () => {
  mkdirSync(join(root, 'default/late'), { recursive: true });
  const { registry, sink, changes } = await open();
  await using _ = registry;
  const before = changes.find(({ id }) => id === 'late');
  assert.equal(before?.source, 'cgroup');
  const cgroupId = inode('default/late');
  await sink.put({ ...expected('/default/late'), cgroupId });
  assert.equal(registry.get(cgroupId)?.source, 'test');
  await sink.put({ ...before, source: 'cgroup' } as Container);
  assert.equal(registry.get(cgroupId)?.source, 'test');
});

test('the next agent knows what this one knew, of containers that are there and of those that are gone', async () => {
  const memory = openMemory(join(root, '../d4c-memory-test'));
  mkdirSync(join(root, 'default/there'), { recursive: true });
  mkdirSync(join(root, 'default/gone'), { recursive: true });
  const facts = { ...noFacts, image: parseImageReference('nginx'), clusterId: undefined, labels: new Map([['a', 'b']]) };
  const [there, gone] = ['there', 'gone'].map((name) => ({ ...expected(`/default/${name}`), facts, cgroupId: inode(`default/${name}`) }));
  {
    const { registry, sink } = await open(memory);
    await using _ = registry;
    await sink.put(there!);
    await sink.put(gone!);
  }
  rmdirSync(join(root, 'default/gone'));
  const { registry, changes } = await open(memory);
  await using _ = registry;
  assert.deepEqual(changes.find(({ id }) => id === 'there'), there);
  assert.deepEqual(registry.get(gone!.cgroupId), gone);
  assert.ok(!registry.list().some(({ id }) => id === 'gone'));
  rmSync(join(root, '../d4c-memory-test'), { recursive: true });
});

/** Another folder of the same name, within one turn: nobody sees the former one's end. */
function makeAnew(path: string): void {
  mkdirSync(join(root, 'other'));
  rmSync(join(root, path), { recursive: true });
  renameSync(join(root, 'other'), join(root, path));
}

test('a cgroup that is made anew while nobody looked is another one', async () => {
  const scope = (digit: string): string => `docker-${digit.repeat(64)}.scope`;
  mkdirSync(join(root, 'anew.slice', scope('a')), { recursive: true });
  const { registry, changes, removed, until } = await open();
  await using _ = registry;
  const ours = (): Container[] => changes.filter(({ cgroupPath }) => cgroupPath.startsWith('/anew.slice/'));
  const first = inode(`anew.slice/${scope('a')}`);
  makeAnew(`anew.slice/${scope('a')}`);
  await until(() => ours().length === 2);
  assert.deepEqual(removed, [`/anew.slice/${scope('a')}`]);
  assert.deepEqual([registry.list().some(({ cgroupId }) => cgroupId === first), ours()[1]?.cgroupId], [false, inode(`anew.slice/${scope('a')}`)]);
  makeAnew('anew.slice');
  mkdirSync(join(root, 'anew.slice', scope('b')));
  await until(() => ours().length === 3);
  // Its watch is a new one, too: what is made later is seen.
  mkdirSync(join(root, 'anew.slice', scope('c')));
  await until(() => ours().length === 4);
  assert.equal(ours()[3]?.cgroupId, inode(`anew.slice/${scope('c')}`));
  rmSync(join(root, 'anew.slice'), { recursive: true });
});
