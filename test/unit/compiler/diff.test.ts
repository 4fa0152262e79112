import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ContainerFacts, noFacts, parseImageReference } from '#base';
import { diffPolicies, type MeaningChange, type Verdict } from '#compiler';
import { judge } from '#oracle';
import { type KnownPaths, type MountKind, operationNames, type OperationName, type Policy, type PolicyEvent, type ProcessFacts } from '#policy';
import * as generated from '../oracle/generate.ts';
import { policy, section, type SelectorText } from './build.ts';

const seed = Number(process.env['D4C_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['D4C_DIFF_POLICIES'] ?? 25);

const text = ({ actions, decided }: Verdict): string => `[${actions.join(' ')}]${decided ? '' : ' undecided'}`;
const shown = (known: KnownPaths): string =>
  known.kind === 'paths' ? known.paths.map((path) => new TextDecoder().decode(path)).join(' = ') : known.kind;

function filePolicy(selectors: Readonly<Record<string, SelectorText>>, exclude: readonly string[] = [], mode: Policy['mode'] = 'enforce'): Policy {
  const match = Object.keys(selectors).filter((name) => !exclude.includes(name));
  return policy([section('file', selectors, [{ match, exclude, actions: ['alert', 'block'] }])], mode);
}

const short = ({ category, operations, before, after, example }: MeaningChange): string =>
  `${category} ${operations.join()} ${text(before)} → ${text(after)} ${example.paths.map(shown).join(', ')}`;

test('the same meaning in other words is no change', () => {
  const before = filePolicy({ a: { operation: ['createExecutable'], targetFilePath: ['/a/**', '/b/c'] } });
  const after = filePolicy({
    x: { operation: ['createExecutable'], targetFilePath: ['/b/c', '/a/*', '/a/**'] },
  });
  const diff = diffPolicies([before], [after]);
  assert.deepEqual([diff.changes.map(short), diff.gaps, diff.isWeaker], [[], [], false]);
});

test('a path that is no longer guarded is shown by its shortest example', () => {
  const before = filePolicy({ a: { operation: ['createExecutable'], targetFilePath: ['/usr/bin/**', '/opt/**'] } });
  const after = filePolicy({ a: { operation: ['createExecutable'], targetFilePath: ['/opt/**'] } });
  const diff = diffPolicies([before], [after]);
  assert.equal(diff.isWeaker, true);
  assert.deepEqual(diff.changes.map(short), [
    'allowed createExecutable [alert block] → [] /usr/bin/a',
    'allowed renameDirectory [alert block] → [] /a, /usr',
    // these two were the same below: the same selector matched all of both
    'blocked renameDirectory [] → [alert block] /usr/bin, /opt',
  ]);
  const back = diffPolicies([after], [before]);
  assert.equal(back.isWeaker, false);
  assert.deepEqual(back.changes.at(-1)!.category, 'moved');
});

test('each place where a change begins has an example', () => {
  const before = filePolicy({ a: { operation: ['createExecutable'], targetFilePath: ['/usr/bin/**', '/opt/**', '/srv/x', '/srv/y'] } });
  const after = filePolicy({ a: { operation: ['createExecutable'], targetFilePath: ['/nothing'] } });
  const [change] = diffPolicies([before], [after]).changes;
  assert.deepEqual(change!.example.paths.map(shown).sort(), ['/opt/a', '/srv/x', '/srv/y', '/usr/bin/a']);
});

test('an exclusion of one namespace concerns its containers alone', () => {
  const guarded: SelectorText = { operation: ['createExecutable'], targetFilePath: ['/usr/**'] };
  const before = filePolicy({ a: guarded });
  const after = filePolicy({ a: guarded, free: { ...guarded, kubernetesNamespace: ['dev-*'] } }, ['free']);
  const diff = diffPolicies([before], [after]);
  const known = diff.changes.filter(({ where }) => where.container.facts.namespace !== undefined && where.event.kind === 'pairs');
  assert.deepEqual(known.map(short), ['allowed createExecutable [alert block] → [] /usr/a']);
  assert.deepEqual(known[0]!.containers!.map(({ words }) => words), [['namespace dev-*']]);
  assert.equal(diff.kinds, 2);
});

test('mode monitor allows what was blocked', () => {
  const selectors = { a: { operation: ['execMemFd'] } } as const;
  const diff = diffPolicies([filePolicy(selectors)], [filePolicy(selectors, [], 'monitor')]);
  assert.deepEqual(diff.changes.map(short), ['allowed execMemFd [alert block] → [alert wouldBlock] none']);
});

test('a file of two paths can show what no file of one path does', () => {
  const base = { operation: ['createExecutable'] } as const;
  const before = policy([section('file', { all: { ...base, targetFilePath: ['/**'] }, a: { ...base, targetFilePath: ['/a', '/b'] } },
    [{ match: ['all'], exclude: ['a'], actions: ['alert'] }])]);
  const after = policy([section('file', { all: { ...base, targetFilePath: ['/**'] }, a: { ...base, targetFilePath: ['/a'] }, b: { ...base, targetFilePath: ['/b'] } },
    [{ match: ['all'], exclude: ['a', 'b'], actions: ['alert'] }])]);
  const files = diffPolicies([before], [after]).changes.filter(({ operations }) => !operations.includes('renameDirectory'));
  assert.deepEqual(files.map(short), ['louder createExecutable [] → [alert] /a = /b']);
});

test('a process that is no longer excluded is named', () => {
  const guarded: SelectorText = { operation: ['modifyExecutable'], targetFilePath: ['/usr/**'] };
  const before = filePolicy({ a: guarded, apt: { operation: ['modifyExecutable'], processExecutable: ['/usr/bin/apt'] } }, ['apt']);
  const after = filePolicy({ a: guarded });
  const [change] = diffPolicies([before], [after]).changes;
  assert.equal(short(change!), 'blocked modifyExecutable [] → [alert block] /usr/a');
  assert.deepEqual(change!.processes!.map(({ example }) => shown(example.executable)), ['/usr/bin/apt']);
});

for (const [condition, telling] of [
  [{ processUserId: [0] }, 'userId'],
  [{ sessionLeaderInteractive: true }, 'interactive'],
  [{ sessionLeaderName: ['bash'] }, 'sessionLeader'],
  [{ processName: ['apt*'] }, 'executable'],
] as const) {
  test(`a change for processes told by ${telling} alone is found, and such a process shown`, () => {
    const guarded: SelectorText = { operation: ['modifyExecutable'], targetFilePath: ['/usr/**'] };
    const free: SelectorText = { operation: ['modifyExecutable'], ...condition };
    const diff = diffPolicies([filePolicy({ a: guarded, free }, ['free'])], [filePolicy({ a: guarded })]);
    assert.deepEqual(diff.changes.map(short)[0], 'blocked modifyExecutable [] → [alert block] /usr/a');
    assert.deepEqual(diff.changes[0]!.processes!.map((process) => process.telling), [[telling]]);
  });
}

test('a change on volumes alone says so', () => {
  const guarded: SelectorText = { operation: ['createExecutable'], targetFilePath: ['/usr/**'] };
  const diff = diffPolicies([filePolicy({ a: guarded })], [filePolicy({ a: { ...guarded, ignoreVolumeMounts: true } })]);
  assert.deepEqual(diff.changes[0]!.mounts, ['volume', 'file']);
});

test('an image name is told from its full name as images have them', () => {
  const guarded: SelectorText = { operation: ['createFile'], targetFilePath: ['/a'] };
  const before = filePolicy({ a: { ...guarded, containerImageName: ['nginx'] } });
  const after = filePolicy({ a: { ...guarded, containerImageFullName: ['*/nginx'] } });
  const known = diffPolicies([before], [after]);
  assert.deepEqual(known.changes.map(short), []);
  const other = diffPolicies([before], [filePolicy({ a: { ...guarded, containerImageFullName: ['docker.io/nginx'] } })]);
  assert.equal(other.changes[0]!.category, 'allowed');
  assert.equal(other.changes[0]!.where.container.facts.image!.name, 'nginx');
});

test('an image reference is one that a container can have', () => {
  const name = (value: string): Policy => filePolicy({ a: { operation: ['createFile'], targetFilePath: ['/a'], containerImageFullName: [value] } });
  for (const value of ['docker.io/*', 'localhost/*', 'quay.io/*', '*:5000/a', 'Upper/*', 'index.docker.io/*', 'foo/bar']) {
    for (const { where } of diffPolicies([name('nothing.x/y')], [name(value)]).changes.filter(({ category }) => category === 'blocked')) {
      const image = where.container.facts.image;
      if (image) assert.equal(parseImageReference(image.fullName)?.fullName, image.fullName);
      assert.ok(!['index.docker.io/*', 'foo/bar'].includes(value) || image === undefined, `${value} matches no image`);
    }
  }
});

/** Selectors on so many facts that their combinations are more than are gone through. */
function manyFacts(extra: Readonly<Record<string, SelectorText>> = {}): Policy {
  const guarded = (path: string): SelectorText => ({ operation: ['createExecutable'], targetFilePath: [path] });
  const selectors: Record<string, SelectorText> = { ...extra };
  for (let i = 0; i < 18; i++) {
    selectors[`i${i}`] = { ...guarded(`/i${i}`), containerImageName: [`i${i}*`] };
    selectors[`n${i}`] = { ...guarded(`/n${i}`), kubernetesNamespace: [`n${i}`] };
    if (i < 5) selectors[`l${i}`] = { ...guarded(`/l${i}`), kubernetesPodLabel: [`k${i}:v*`] };
  }
  return filePolicy(selectors);
}

test('of too many kinds of containers it is said that not all were compared', () => {
  const hidden = { operation: ['createExecutable'], targetFilePath: ['/x'], kubernetesNamespace: ['n3'], containerImageTag: ['1.*'] } as const;
  const diff = diffPolicies([manyFacts()], [manyFacts({ x: hidden })]);
  assert.ok(diff.combinations > 4096);
  assert.match(diff.gaps.join(), /of \d+ combinations of their facts \d+ were compared/);
  // what differs is found all the same
  assert.deepEqual(diff.changes.filter(({ containers }) => containers?.some(({ facts }) => facts.namespace === 'n3')).map(short)[0], 'blocked createExecutable [] → [alert block] /x');
});

test('of too many kinds no change is proved all the same, where nothing differs', () => {
  const [one, other] = [manyFacts(), manyFacts()];
  const split: Policy = { ...other, sections: other.sections.map((part) => ({
    ...part, responses: part.responses.flatMap((response) => response.match.map((name) => ({ ...response, match: [name] }))).reverse(),
  })) };
  const diff = diffPolicies([one], [split]);
  assert.ok(diff.combinations > 4096);
  assert.deepEqual([diff.changes.map(short), diff.gaps], [[], []]);
});

// The world of the generated policies: few enough to be gone through as a whole.
const bytes = new TextEncoder();
const components = ['a', 'b', 'ab', 'a.b', 'xy'];
const somePaths: readonly Uint8Array[] = [
  ...components, ...components.flatMap((one) => components.map((two) => `${one}/${two}`)), 'a/b/a', 'b/a/ab', 'a/*', 'a/a/b/b',
].map((path) => bytes.encode(`/${path}`));
const known = (...list: readonly Uint8Array[]): KnownPaths => ({ kind: 'paths', paths: list });
const worldFacts: readonly ContainerFacts[] = ['web', 'db', 'other'].flatMap((name) => [
  { ...noFacts, image: parseImageReference(`docker.io/library/${name}:1`) },
  {
    image: parseImageReference(`docker.io/library/${name}:1`), orchestrator: 'kubernetes', namespace: name === 'other' ? 'db' : name, pod: 'p',
    labels: new Map(name === 'web' ? [['app', 'web'], ['tier', 'db']] : [['tier', name]]), clusterId: null, clusterName: null,
  } satisfies ContainerFacts,
]);
const pathless: readonly OperationName[] = ['execMemFd', 'fork', 'exec'];
const someFiles = fc.record({
  operation: fc.constantFrom(...operationNames),
  paths: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...somePaths).map((path) => known(path)) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...somePaths), fc.constantFrom(...somePaths)).map(([a, b]) => known(a, b)) },
    { weight: 1, arbitrary: fc.constantFrom<KnownPaths>({ kind: 'none' }, { kind: 'unknown' }) },
  ),
  mount: fc.constantFrom<MountKind>('image', 'volume', 'file'),
  facts: fc.constantFrom(...worldFacts),
  process: fc.record<ProcessFacts>({
    executable: fc.oneof(fc.constantFrom(...somePaths).map((path) => known(path)), fc.constantFrom<KnownPaths>({ kind: 'none' }, { kind: 'unknown' })),
    userId: fc.constantFrom(0, 7, 9), interactive: fc.boolean(), sessionLeader: fc.constantFrom('a', 'ab', 'xb', 'q').map((name) => bytes.encode(name)),
  }),
});

test('every difference that an event shows is reported, and every report is a difference', (t) => {
  const counts = { pairs: 0, differing: 0, events: 0, seen: 0, changes: 0, same: 0, gaps: 0 };
  // a policy and itself with one part changed: differences in few places
  const pair = fc.oneof(
    fc.tuple(generated.policies, generated.policies),
    fc.tuple(generated.policies, fc.constantFrom('first', 'mode', 'exclude', 'none')).map(([list, how]) => [list, changed(list, how)] as const),
  );
  fc.assert(fc.property(pair, fc.array(someFiles, { minLength: 120, maxLength: 120 }), ([before, after], files) => {
    const diff = diffPolicies(before, after);
    counts.pairs++;
    if (diff.gaps.length > 0) counts.gaps++;
    counts.changes += diff.changes.length;
    if (diff.changes.length === 0) counts.same++;
    assert.deepEqual(diffPolicies(before, [...before].reverse()).changes, []);
    for (const change of diff.changes) confirm(before, after, change);
    for (const { operation, paths: at, mount, facts, process } of files) {
      const isPathless = pathless.includes(operation);
      const file = isPathless ? { kind: 'none' as const } : at;
      const event: PolicyEvent = { kind: 'pairs', pairs: [{ operations: [operation], paths: file, mount }], process };
      const [x, y] = [text(judge(before, facts, event)), text(judge(after, facts, event))];
      counts.events++;
      if (x === y) continue;
      counts.seen++;
      const isReported = diff.changes.some((change) =>
        change.operations.includes(operation) && text(change.before) === x && text(change.after) === y &&
        (change.mounts.includes(mount) || operation === 'fork' || operation === 'exec'));
      assert.ok(isReported || diff.gaps.length > 0, `${operation} on ${shown(file)} at ${mount}: ${x} → ${y} is not among\n${diff.changes.map(short).join('\n')}`);
    }
    if (files.length > 0 && diff.changes.length > 0) counts.differing++;
  }), { seed, numRuns: runs });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
  assert.ok(counts.seen > 0 && counts.gaps <= counts.pairs / 4);
});

function changed(list: readonly Policy[], how: string): readonly Policy[] {
  return list.map((one, i): Policy => {
    if (i > 0 || how === 'none') return one;
    if (how === 'mode') return { ...one, mode: one.mode === 'monitor' ? 'enforce' : 'monitor' };
    const sections = one.sections.map((part) => ({
      ...part,
      responses: how === 'first' && part.responses.length > 1 ? part.responses.slice(1) : part.responses.map((response) => ({ ...response, exclude: [] })),
    }));
    return { ...one, sections };
  });
}

/** The oracle says of every example what the change says. */
function confirm(before: readonly Policy[], after: readonly Policy[], change: MeaningChange): void {
  const { where: { container, event }, example } = change;
  if (event.kind === 'directory') return;
  for (const at of example.paths) {
    const shownEvent: PolicyEvent = { ...event, pairs: [{ ...event.pairs[0]!, paths: at }] };
    const said: readonly string[] = [judge(before, container.facts, shownEvent), judge(after, container.facts, shownEvent)].map(text);
    assert.deepEqual(said, [text(change.before), text(change.after)], short(change));
  }
}
