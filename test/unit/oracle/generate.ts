import fc from 'fast-check';
import { type ContainerFacts, factsUnknown, noFacts, parseImageReference } from '#base';
import {
  type KnownPaths, type MountKind, operationNames, type OperationName, type Policy, type PolicyEvent, type ProcessFacts,
} from '#policy';
import { policy, type ResponseText, section, type SelectorText } from '../compiler/build.ts';

/**
 * Policies, containers and events out of a few words, so that patterns meet paths often. The weights are
 * such that actions, exclusions, undecided outcomes and files of two paths all come up.
 */
const component = fc.constantFrom('a', 'b', 'ab', 'ba', 'a.b');
const patternComponent = fc.constantFrom('a', 'b', 'ab', 'a*', '*b', '*', '*a*', '**', 'a**', '**b', '*a*b*', 'a\\*');
const pathPattern = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('/**', '/a/**', '/a/*', '/*/b', '/a/b') },
  { weight: 3, arbitrary: fc.array(patternComponent, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`) },
  { weight: 1, arbitrary: fc.constantFrom('**', '**b', '**/a', '/a**b/**', '/**/a/**') },
);
const bytes = new TextEncoder();
const path = fc.oneof(
  { weight: 9, arbitrary: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => bytes.encode(`/${parts.join('/')}`)) },
  { weight: 1, arbitrary: fc.constantFrom(Uint8Array.of(47, 97, 255), bytes.encode('/a/*'), bytes.encode('/a/é/b')) },
);
const knownPaths: fc.Arbitrary<KnownPaths> = fc.oneof(
  { weight: 12, arbitrary: path.map((one): KnownPaths => ({ kind: 'paths', paths: [one] })) },
  { weight: 4, arbitrary: fc.tuple(path, path).map((paths): KnownPaths => ({ kind: 'paths', paths })) },
  { weight: 1, arbitrary: fc.constant<KnownPaths>({ kind: 'none' }) },
  { weight: 1, arbitrary: fc.constant<KnownPaths>({ kind: 'unknown' }) },
);
const mount = fc.constantFrom<MountKind>('image', 'image', 'volume', 'file');
const fileOperations = operationNames.filter((name) => name !== 'fork' && name !== 'exec');
const processOperations: readonly OperationName[] = ['fork', 'exec'];
const words = fc.constantFrom('web', 'db', 'w*', '*b', '*', 'x');
const some = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> => fc.array(arbitrary, { minLength: 1, maxLength });

const staticParts = fc.oneof(
  { weight: 5, arbitrary: fc.constant<SelectorText>({}) },
  { weight: 1, arbitrary: some(words, 2).map((values): SelectorText => ({ containerImageName: values })) },
  { weight: 1, arbitrary: some(words, 2).map((values): SelectorText => ({ kubernetesNamespace: values })) },
  { weight: 1, arbitrary: some(fc.constantFrom('app:web', 'app:*', 'tier:db', 'tier:d*')).map((values): SelectorText => ({ kubernetesPodLabel: values })) },
  { weight: 1, arbitrary: fc.constant<SelectorText>({ orchestratorType: ['kubernetes'] }) },
);
const processParts = fc.oneof(
  { weight: 8, arbitrary: fc.constant<SelectorText>({}) },
  { weight: 1, arbitrary: some(pathPattern, 2).map((values): SelectorText => ({ processExecutable: values })) },
  { weight: 1, arbitrary: some(fc.constantFrom('a', '*b', 'a*'), 2).map((values): SelectorText => ({ processName: values })) },
  { weight: 1, arbitrary: some(fc.constantFrom('a', '*b'), 2).map((values): SelectorText => ({ sessionLeaderName: values })) },
  { weight: 1, arbitrary: some(fc.constantFrom(0, 7), 2).map((values): SelectorText => ({ processUserId: values })) },
  { weight: 1, arbitrary: fc.boolean().map((value): SelectorText => ({ sessionLeaderInteractive: value })) },
);
const mountParts = fc.constantFrom<SelectorText>({}, {}, {}, {}, { ignoreVolumeMounts: true }, { ignoreVolumeFiles: true });
const pathParts = fc.oneof(
  { weight: 4, arbitrary: some(pathPattern).map((values): SelectorText => ({ targetFilePath: values })) },
  { weight: 1, arbitrary: fc.constant<SelectorText>({}) },
);
const selectorParts = (operations: readonly OperationName[], withFiles: boolean): fc.Arbitrary<SelectorText> =>
  fc.tuple(
    // often all of them, so that selectors differ in their paths alone and become one group
    fc.oneof(fc.constant([...operations]), fc.subarray([...operations], { minLength: Math.min(4, operations.length - 1) })),
    staticParts, processParts,
    withFiles ? mountParts : fc.constant<SelectorText>({}),
    withFiles ? pathParts : fc.constant<SelectorText>({}),
  ).map(([operation, ...parts]) => Object.assign({ operation }, ...parts) as SelectorText);

const names = ['s0', 's1', 's2', 's3'];
const response: fc.Arbitrary<ResponseText> = fc.record({
  match: fc.subarray(names, { minLength: 2, maxLength: 3 }),
  exclude: fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 4, arbitrary: fc.subarray(names, { minLength: 1, maxLength: 2 }) }),
  actions: fc.constantFrom<ResponseText['actions'][]>(['alert'], ['log'], ['alert', 'block'], ['log', 'alert', 'block']).map((list) => list as ResponseText['actions']),
});

const sectionOf = (kind: 'file' | 'process') =>
  fc.tuple(
    fc.tuple(...names.map(() => selectorParts(kind === 'file' ? fileOperations : processOperations, kind === 'file'))),
    fc.array(response, { minLength: 1, maxLength: 2 }),
  ).map(([selectors, responses]) => section(kind, Object.fromEntries(selectors.map((text, i) => [names[i]!, text])), responses));

const onePolicy: fc.Arbitrary<Policy> = fc.tuple(
  fc.oneof(
    { weight: 4, arbitrary: sectionOf('file').map((file) => [file]) },
    { weight: 1, arbitrary: fc.tuple(sectionOf('file'), sectionOf('process')) },
  ),
  fc.constantFrom<Policy['mode']>('enforce', 'enforce', 'enforce', 'monitor'),
).map(([sections, mode]) => policy(sections, mode));

export const policies = fc.array(onePolicy, { minLength: 1, maxLength: 2 });

const webPod: ContainerFacts = {
  image: parseImageReference('docker.io/library/web:1'), orchestrator: 'kubernetes', namespace: 'web', pod: 'web-1',
  labels: new Map([['app', 'web'], ['tier', 'db']]), clusterId: 'c', clusterName: 'n',
};
export const facts = fc.constantFrom<ContainerFacts>(
  webPod,
  noFacts, factsUnknown, factsUnknown, factsUnknown,
  { ...webPod, labels: undefined }, { ...webPod, namespace: 'db', labels: null }, { ...noFacts, image: undefined },
);

const processFacts: fc.Arbitrary<ProcessFacts> = fc.record({
  executable: knownPaths, userId: fc.constantFrom(0, 7, 9), interactive: fc.boolean(),
  sessionLeader: component.map((name) => bytes.encode(name)),
});
const pair = fc.record({
  operations: fc.subarray([...fileOperations], { minLength: 1, maxLength: 2 }), paths: knownPaths, mount,
});
const processPair = fc.record({
  operations: fc.subarray([...processOperations], { minLength: 1 }), paths: knownPaths, mount,
});
export const event: fc.Arbitrary<PolicyEvent> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('pairs' as const), pairs: fc.array(pair, { minLength: 1, maxLength: 3 }), process: processFacts }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pairs' as const), pairs: fc.tuple(processPair), process: processFacts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('directory' as const), from: knownPaths, to: knownPaths, mount, process: processFacts }) },
);
