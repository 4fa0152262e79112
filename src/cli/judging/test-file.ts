/** Files of policy tests: YAML in the form that docs have, read into events and expectations. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { type ContainerFacts, Failure, factsUnknown, type ImageReference, isFailure, lineStarts, nearest, noFacts, parseImageReference, position } from '#base';
import {
  type ActionName, type EventPair, type Excess, type KnownPaths, limits, measure, type MountKind, type OperationName, type PolicyEvent,
  type ProcessFacts,
} from '#policy';
import { kernelPath, knownProcessKey, processFacts } from '../process-facts.ts';
import { mountOf, oneOf, operationOf } from './words.ts';

export interface PolicyTest {
  readonly name: string;
  readonly event: PolicyEvent;
  readonly container: ContainerFacts;
  readonly expect: readonly ActionName[];
  readonly undecided: boolean;
  /** Words of the file's author; nothing hangs on them here. */
  readonly tags: readonly string[];
}

export interface TestFile {
  /** Files as written, relative to the test file. */
  readonly policies: readonly string[];
  /** The text of a policy in the file itself. */
  readonly policy: string | undefined;
  readonly tests: readonly PolicyTest[];
}

const utf8 = new TextEncoder();
const actionNames: readonly ActionName[] = ['log', 'alert', 'block'];

/** Reads a test file; the first thing that is wrong with it is a Failure with its place. */
export function readTestFile(file: string, text: string): TestFile {
  refuseExcess(file, text);
  const lines = new LineCounter();
  // without types: a label's value `1.20` is that text
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, merge: true });
  const reader = readerFor(file, lines);
  const [error] = document.errors;
  if (error?.message.includes('call stack') === true) reader.failAt(error.pos[0], tooMuch.levels, splitIt);
  if (error !== undefined) reader.failAt(error.pos[0], `the YAML cannot be read: ${error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}`);
  if (isMap(document.contents) && ['selectors', 'responses', 'file', 'process'].some((key) => (document.contents as YAMLMap).has(key))) {
    reader.failAt(0, 'this is a policy, not a file of tests', `\`d4c policy check\` checks it; a file of tests names it under \`policies\``);
  }
  const root = reader.map(document.contents as Node, 'a test file', ['policies', 'policy', 'tests', 'tags', 'description']);
  const policies = root.has('policies') ? reader.texts(root.at('policies')) : [];
  const policy = root.has('policy') ? reader.text(root.at('policy')) : undefined;
  if ((policies.length > 0) === (policy !== undefined)) {
    root.fail('a test file has either `policies` (files) or `policy` (a text)');
  }
  if (policy !== undefined && /^\S+\.ya?ml$/.test(policy)) {
    reader.failAt(root.at('policy').range?.[0] ?? 0, `\`policy\` is the text of a policy, and this is the name of a file`, `write \`policies: [${policy}]\``);
  }
  const tags = root.has('tags') ? reader.texts(root.at('tags')) : [];
  const tests = root.has('tests') ? reader.list(root.at('tests')).map((node) => readTest(reader, node, tags)) : [];
  if (tests.length === 0) root.fail('there is no test under `tests`');
  return Object.freeze({ policies, policy, tests });
}

const splitIt = 'is this a file of tests? split it, or name a policy under `policies` in place of its text';
const tooMuch: Readonly<Record<Excess['why'] | 'bytes', string>> = {
  bytes: 'the file has more than 16 MiB',
  written: 'the file has more than 150,000 keys and values',
  marks: 'the file has far more line ends, spaces and marks than values',
  scalar: 'a text of more than 1 MiB begins here',
  levels: 'lists and mappings lie too deep in one another here',
};

/** As of a policy: what would take seconds and gigabytes to read is left before. */
function refuseExcess(file: string, text: string): void {
  const excess = text.length > limits.fileBytesMax ? ({ why: 'bytes', span: { start: 0 } } as const) : measure(text);
  if (excess === null) return;
  const { line, column } = position(text, lineStarts(text), excess.span.start);
  throw new Failure('input', `${file}:${line}:${column}: ${tooMuch[excess.why]}`, { help: splitIt });
}

interface Fields {
  has(key: string): boolean;
  at(key: string): Node;
  fail(what: string, help?: string): never;
}

interface Reader {
  failAt(offset: number, what: string, help?: string): never;
  map(node: Node | null, what: string, keys: readonly string[]): Fields;
  text(node: Node): string;
  texts(node: Node): readonly string[];
  list(node: Node): readonly Node[];
  checked<T>(node: Node, read: () => T): T;
}

function readerFor(file: string, lines: LineCounter): Reader {
  const failAt = (offset: number, what: string, help?: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new Failure('input', `${file}:${line}:${col}: ${what}`, help === undefined ? {} : { help });
  };
  const startOf = (node: Node | null): number => node?.range?.[0] ?? 0;
  const text = (node: Node): string => {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    return failAt(startOf(node), 'a text is expected here');
  };
  const list = (node: Node): readonly Node[] => (isSeq(node) ? (node.items as Node[]) : failAt(startOf(node), 'a list is expected here'));
  return {
    failAt, text, list,
    texts: (node) => (isSeq(node) ? list(node).map(text) : [text(node)]),
    map(node, what, keys) {
      if (!isMap(node)) return failAt(startOf(node), `${what} is expected here, with the keys ${keys.map((key) => `\`${key}\``).join(', ')}`);
      checkKeys(node, keys, text, failAt);
      return {
        has: (key) => node.has(key),
        at: (key) => node.get(key, true) as unknown as Node,
        fail: (wrong, help) => failAt(startOf(node), wrong, help),
      };
    },
    checked(node, read) {
      try {
        return read();
      } catch (error) {
        if (isFailure(error) && error.code === 'usage') return failAt(startOf(node), error.message, error.help);
        throw error;
      }
    },
  };
}

function checkKeys(
  node: YAMLMap, keys: readonly string[], text: (node: Node) => string,
  failAt: (offset: number, what: string, help?: string) => never,
): void {
  for (const { key } of node.items) {
    const word = text(key as Node);
    if (keys.includes(word)) continue;
    const meant = nearest(word, keys);
    const list = keys.map((one) => `\`${one}\``).join(', ');
    failAt((key as Node).range?.[0] ?? 0, `\`${word}\` is not known here`, meant === undefined ? `known are ${list}` : `did you mean \`${meant}\`?`);
  }
}

const testKeys = [
  'name', 'operation', 'path', 'pathBase64', 'event', 'directory', 'mount', 'container', 'process', 'expect', 'undecided', 'tags',
];

function readTest(reader: Reader, node: Node, tags: readonly string[]): PolicyTest {
  const test = reader.map(node, 'a test', testKeys);
  for (const key of ['name', 'expect']) if (!test.has(key)) test.fail(`a test has no \`${key}\``);
  const forms = ['operation', 'event', 'directory'].filter((key) => test.has(key));
  if (forms.length !== 1) test.fail('a test has one of `operation`, `event` and `directory`');
  const mount = test.has('mount') ? readMount(reader, test.at('mount')) : 'image';
  const process = readProcess(reader, test.has('process') ? test.at('process') : null);
  const actions = test.at('expect');
  return Object.freeze({
    name: reader.text(test.at('name')),
    event: readEvent(reader, test, mount, process),
    container: test.has('container') ? readContainer(reader, test.at('container')) : noFacts,
    expect: reader.texts(actions).map((word) => readAction(reader, actions, word)),
    undecided: test.has('undecided') && readTruth(reader, test.at('undecided')),
    tags: [...tags, ...(test.has('tags') ? reader.texts(test.at('tags')) : [])],
  });
}

function readAction(reader: Reader, node: Node, word: string): ActionName {
  if (/^(?:allow|allowed|none|nothing|pass)$/i.test(word)) reader.failAt(node.range?.[0] ?? 0, `\`${word}\` is no action`, 'what is let through and not recorded is `expect: []`');
  return reader.checked(node, () => oneOf(word, actionNames, 'action'));
}

function readEvent(reader: Reader, test: Fields, mount: MountKind, process: ProcessFacts): PolicyEvent {
  if (test.has('directory')) {
    const names = reader.map(test.at('directory'), 'a renamed directory', ['from', 'to']);
    for (const key of ['from', 'to']) if (!names.has(key)) names.fail(`a renamed directory has no \`${key}\``);
    const of = (key: string): KnownPaths => pathsOf(readPaths(reader, names.at(key)));
    return { kind: 'directory', from: of('from'), to: of('to'), mount, process };
  }
  if (test.has('operation')) return { kind: 'pairs', pairs: [readPair(reader, test, mount)], process };
  const pairs = reader.list(test.at('event')).map((node) =>
    readPair(reader, reader.map(node, 'an operation and its path', ['operation', 'path', 'pathBase64', 'mount']), mount));
  if (pairs.length === 0) test.fail('an event has at least one operation');
  return { kind: 'pairs', pairs, process };
}

function readPair(reader: Reader, fields: Fields, mount: MountKind): EventPair {
  if (!fields.has('operation')) fields.fail('there is no `operation`');
  const node = fields.at('operation');
  const operations: readonly OperationName[] = reader.texts(node).map((word) => reader.checked(node, () => operationOf(word)));
  if (fields.has('path') && fields.has('pathBase64')) fields.fail('`path` and `pathBase64` stand side by side');
  let paths: KnownPaths = { kind: 'none' };
  if (fields.has('path')) paths = pathsOf(readPaths(reader, fields.at('path')));
  if (fields.has('pathBase64')) paths = pathsOf(reader.texts(fields.at('pathBase64')).map(fromBase64));
  return { operations, paths, mount: fields.has('mount') ? readMount(reader, fields.at('mount')) : mount };
}

function readPaths(reader: Reader, node: Node): readonly Uint8Array[] {
  return reader.texts(node).map((path) => utf8.encode(reader.checked(node, () => kernelPath(path))));
}

/** `[]` is a path that is not known; one that is left out, none at all. */
function pathsOf(paths: readonly Uint8Array[]): KnownPaths {
  return paths.length === 0 ? { kind: 'unknown' } : { kind: 'paths', paths };
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function readMount(reader: Reader, node: Node): MountKind {
  return reader.checked(node, () => mountOf(reader.text(node)));
}

function readTruth(reader: Reader, node: Node): boolean {
  return reader.checked(node, () => oneOf(reader.text(node), ['true', 'false'], 'truth') === 'true');
}

function readProcess(reader: Reader, node: Node | null): ProcessFacts {
  if (node === null) return processFacts({});
  const fields = reader.map(node, 'facts of a process', ['executable', 'userId', 'interactive', 'sessionLeader']);
  const given: Record<string, unknown> = {};
  for (const key of ['userId', 'interactive', 'sessionLeader']) {
    if (fields.has(key)) given[knownProcessKey(key)] = reader.text(fields.at(key));
  }
  if (fields.has('executable')) {
    given['executable'] = pathsOf(readPaths(reader, fields.at('executable')));
  }
  return reader.checked(node, () => processFacts(given));
}

const factKeys = ['image', 'orchestrator', 'namespace', 'pod', 'labels', 'clusterId', 'clusterName'] as const;

function readContainer(reader: Reader, node: Node): ContainerFacts {
  if (isScalar(node)) {
    const word = reader.text(node);
    return word === 'unknown' ? factsUnknown : reader.failAt(node.range![0], `\`${word}\` is no container`, 'give its facts, or `unknown`');
  }
  const fields = reader.map(node, 'facts of a container', [...factKeys, 'unknown']);
  const text = (key: string): string | null => (fields.has(key) ? reader.text(fields.at(key)) : null);
  const given = {
    image: fields.has('image') ? readImage(reader, fields.at('image')) : null,
    namespace: text('namespace'), pod: text('pod'), clusterId: text('clusterId'), clusterName: text('clusterName'),
    labels: fields.has('labels') ? readLabels(reader, fields.at('labels')) : null,
    orchestrator: text('orchestrator') ?? (['namespace', 'pod', 'labels'].some((key) => fields.has(key)) ? 'kubernetes' : null),
  } as Record<(typeof factKeys)[number], unknown>;
  if (given.orchestrator !== null) reader.checked(node, () => oneOf(given.orchestrator as string, ['kubernetes'], 'orchestrator'));
  for (const key of fields.has('unknown') ? reader.texts(fields.at('unknown')) : []) {
    given[reader.checked(node, () => oneOf(key, factKeys, 'fact of a container'))] = undefined;
  }
  return Object.freeze(given) as unknown as ContainerFacts;
}

/** An id is what a container can be created with, and names no image. */
function readImage(reader: Reader, node: Node): ImageReference | null {
  const text = reader.text(node);
  const reference = parseImageReference(text);
  if (reference !== null || /^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return reference;
  return reader.failAt(node.range?.[0] ?? 0, `\`${text}\` is no image reference`, 'write it as the container was created with, like `docker.io/library/nginx:1.25`');
}

function readLabels(reader: Reader, node: Node): ReadonlyMap<string, string> {
  if (!isMap(node)) return reader.failAt(node.range?.[0] ?? 0, 'labels are a mapping: `{app: web}`');
  return new Map(node.items.map(({ key, value }) => [reader.text(key as Node), value === null ? '' : reader.text(value as Node)]));
}
