import { LineCounter, isSeq, parseDocument } from 'yaml';
import { nearest } from '#base';
import { defaultSocket } from '#control';
import type { FileOutputOptions } from '#outputs';
import type { Finding } from '#policy';
import { defaultExemptions } from '../exempt.ts';
import type { Exemption } from '../exempt.ts';
import {
  booleanOf, bytesOf, codes, durationOf, entriesOf, find, integerOf, itemsOf, resolve, shown, spanOf, textOf,
} from './node.ts';
import type { Entry, Reader } from './node.ts';

export interface AgentConfig {
  /** Globs, relative to the configuration's folder. */
  readonly policies: readonly string[];
  readonly sources: 'auto' | readonly 'containerd'[];
  readonly containerdSocket: string | undefined;
  readonly store: StoreConfig | undefined;
  readonly file: FileOutputOptions | undefined;
  readonly stdout: boolean;
  readonly http: { readonly host: string; readonly port: number } | undefined;
  readonly socket: string;
  readonly exempt: readonly Exemption[];
  /** How long repeats of an alert are told of together; 0: each has a document of its own. */
  readonly repeatsWithinMs: number;
  /** How long programs go on without an agent; 0: for ever. */
  readonly orphanAfterMs: number;
}

export interface StoreConfig {
  readonly path: string;
  readonly maxBytes: number;
  readonly keepMs: number;
}

export interface ReadConfig {
  /** `undefined` if there is any error. */
  readonly config: AgentConfig | undefined;
  readonly findings: readonly Finding[];
}

const defaultStore: StoreConfig = { path: '/var/lib/d4c/d4c.db', maxBytes: 2 ** 30, keepMs: 30 * 8.64e7 };
const defaultRotation = { maxBytes: 100 * 2 ** 20, keep: 5 };
/** Long enough that a loop is told of in two documents, short enough that its size is known soon. */
const defaultRepeatsWithinMs = 60_000;
/** More would only wait: the ring is told of before it is full. */
const repeatsWithinMsMax = 3_600_000;
/** An agent that starts again, or is updated, takes seconds: rules must outlive that. */
const orphanAfterMsMin = 600_000;
/** Room that SQLite needs to be of any use. */
const storeBytesMin = 2 ** 20;
const rotateBytesMin = 4096;

const keys = ['policies', 'containers', 'kubernetes', 'outputs', 'alerts', 'http', 'control', 'orphanAfter', 'exempt'];
const sourceNames = ['containerd', 'cri', 'docker', 'podman', 'kubernetes', 'nri'];
const outputNames = ['store', 'elasticsearch', 'shipper', 'file', 'stdout'];

/** Reads the agent's configuration; every finding at once, each with its place. */
export function readConfig(text: string, environment: Readonly<Record<string, string | undefined>>): ReadConfig {
  const document = parseDocument(text, { lineCounter: new LineCounter(), uniqueKeys: true });
  const reader: Reader = { findings: [], document, environment };
  for (const error of [...document.errors, ...document.warnings]) {
    const span = { start: error.pos[0], end: error.pos[1] };
    const message = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
    find(reader, codes.syntax, span, `not YAML: ${message}`, 'mend the syntax here');
  }
  if (reader.findings.length > 0) return { config: undefined, findings: reader.findings };
  const entries = entriesOf(reader, document.contents, 'the configuration', keys);
  refuse(reader, entries.get('kubernetes'), '`kubernetes`');
  const config: AgentConfig = {
    policies: readPolicies(reader, entries.get('policies')),
    ...readContainers(reader, entries.get('containers')),
    ...readOutputs(reader, entries.get('outputs')),
    http: readHttp(reader, entries.get('http')),
    socket: readSocket(reader, entries.get('control')),
    exempt: readExempt(reader, entries.get('exempt')),
    repeatsWithinMs: readRepeats(reader, entries.get('alerts')),
    orphanAfterMs: readOrphan(reader, entries.get('orphanAfter')),
  };
  const findings = reader.findings.toSorted((a, b) => a.span.start - b.span.start);
  return { config: findings.length === 0 ? config : undefined, findings };
}

function refuse(reader: Reader, entry: Entry | undefined, what: string): void {
  if (entry === undefined) return;
  find(reader, codes.unsupported, entry.keySpan, `${what} is not supported yet`, 'leave it out');
}

function readPolicies(reader: Reader, entry: Entry | undefined): readonly string[] {
  const globs = entry === undefined ? [] : itemsOf(reader, entry.value).map((item) => textOf(reader, item, 'a policy'));
  const given = globs.filter((glob) => glob !== undefined && glob !== '');
  if (given.length === 0) {
    const span = entry?.keySpan ?? spanOf(reader.document.contents);
    find(reader, codes.missing, span, 'no policies are named', 'list files or globs: `policies: [policies/*.yaml]`');
  }
  return given as string[];
}

function readContainers(reader: Reader, entry: Entry | undefined): Pick<AgentConfig, 'sources' | 'containerdSocket'> {
  const entries = entriesOf(reader, entry?.value ?? null, '`containers`', ['sources', 'containerd']);
  const own = entriesOf(reader, entries.get('containerd')?.value ?? null, '`containerd`', ['socket']).get('socket');
  const containerdSocket = own === undefined ? undefined : textOf(reader, own.value, 'the socket of containerd');
  const node = entries.get('sources')?.value;
  if (node === undefined) return { sources: 'auto', containerdSocket };
  if (!isSeq(resolve(reader, node)) && textOf(reader, node, '`sources`') === 'auto') return { sources: 'auto', containerdSocket };
  const sources: 'containerd'[] = [];
  for (const item of itemsOf(reader, node)) {
    const name = textOf(reader, item, 'a source');
    if (name === 'containerd') sources.push(name);
    else if (name !== undefined && sourceNames.includes(name)) {
      find(reader, codes.unsupported, spanOf(item), `the source \`${shown(reader, item)}\` is not supported yet`, 'use `containerd` or `auto`');
    } else if (name !== undefined) {
      const near = nearest(name, [...sourceNames, 'auto']);
      const hint = near === undefined ? '' : `did you mean \`${near}\`? `;
      find(reader, codes.value, spanOf(item), `unknown source \`${shown(reader, item)}\``, `${hint}accepted are \`auto\` or a list of \`containerd\``);
    }
  }
  return { sources, containerdSocket };
}

function readOutputs(reader: Reader, entry: Entry | undefined): Pick<AgentConfig, 'store' | 'file' | 'stdout'> {
  if (entry === undefined) return { store: defaultStore, file: undefined, stdout: false };
  const entries = entriesOf(reader, entry.value, '`outputs`', outputNames);
  refuse(reader, entries.get('elasticsearch'), 'the output `elasticsearch`');
  refuse(reader, entries.get('shipper'), 'the output `shipper`');
  if (entries.size === 0 && reader.findings.length === 0) {
    find(reader, codes.missing, entry.keySpan, 'no output is named', 'name `store`, `file` or `stdout`, or leave `outputs` out for the store');
  }
  return {
    store: readStore(reader, entries.get('store')),
    file: readFile(reader, entries.get('file')),
    stdout: readStdout(reader, entries.get('stdout')),
  };
}

function readStore(reader: Reader, entry: Entry | undefined): StoreConfig | undefined {
  if (entry === undefined) return undefined;
  const entries = entriesOf(reader, entry.value, '`store`', ['path', 'maxBytes', 'keep']);
  const [path, maxBytes, keep] = ['path', 'maxBytes', 'keep'].map((key) => entries.get(key)?.value);
  return {
    path: (path === undefined ? undefined : textOf(reader, path, '`path`')) ?? defaultStore.path,
    maxBytes: (maxBytes === undefined ? undefined : bytesOf(reader, maxBytes, '`maxBytes`', storeBytesMin)) ?? defaultStore.maxBytes,
    keepMs: (keep === undefined ? undefined : durationOf(reader, keep, '`keep`')) ?? defaultStore.keepMs,
  };
}

function readFile(reader: Reader, entry: Entry | undefined): FileOutputOptions | undefined {
  if (entry === undefined) return undefined;
  const entries = entriesOf(reader, entry.value, '`file`', ['path', 'rotate']);
  const path = entries.get('path');
  if (path === undefined) find(reader, codes.missing, entry.keySpan, '`file` has no `path`', 'say which file: `path: /var/log/d4c.json`');
  const rotate = entriesOf(reader, entries.get('rotate')?.value ?? null, '`rotate`', ['maxBytes', 'keep']);
  const [maxBytes, keep] = ['maxBytes', 'keep'].map((key) => rotate.get(key)?.value);
  return {
    path: (path === undefined ? undefined : textOf(reader, path.value, '`path`')) ?? '',
    maxBytes: (maxBytes === undefined ? undefined : bytesOf(reader, maxBytes, '`maxBytes`', rotateBytesMin)) ?? defaultRotation.maxBytes,
    keep: (keep === undefined ? undefined : integerOf(reader, keep, '`keep`', 0, 1000)) ?? defaultRotation.keep,
  };
}

function readStdout(reader: Reader, entry: Entry | undefined): boolean {
  if (entry !== undefined) entriesOf(reader, entry.value, '`stdout`', []);
  return entry !== undefined;
}

function readHttp(reader: Reader, entry: Entry | undefined): AgentConfig['http'] {
  const listen = entry === undefined ? undefined : entriesOf(reader, entry.value, '`http`', ['listen']).get('listen');
  const text = listen === undefined ? undefined : textOf(reader, listen.value, '`listen`');
  if (listen === undefined || text === undefined) return undefined;
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2]!, port };
  find(reader, codes.value, spanOf(listen.value), `\`listen\` is \`${shown(reader, listen.value)}\``, 'write an address and a port: `127.0.0.1:6791`');
  return undefined;
}

function readSocket(reader: Reader, entry: Entry | undefined): string {
  const socket = entry === undefined ? undefined : entriesOf(reader, entry.value, '`control`', ['socket']).get('socket');
  const path = socket === undefined ? defaultSocket : textOf(reader, socket.value, '`socket`');
  if (path?.startsWith('/')) return path;
  if (path !== undefined) find(reader, codes.value, spanOf(socket!.value), `\`socket\` is \`${shown(reader, socket!.value)}\``, 'write an absolute path');
  return defaultSocket;
}

function readRepeats(reader: Reader, entry: Entry | undefined): number {
  const within = entry === undefined ? undefined : entriesOf(reader, entry.value, '`alerts`', ['repeatsWithin']).get('repeatsWithin');
  if (within === undefined) return defaultRepeatsWithinMs;
  if (isOff(reader, within.value)) return 0;
  const ms = durationOf(reader, within.value, '`repeatsWithin`') ?? defaultRepeatsWithinMs;
  if (ms > repeatsWithinMsMax) {
    find(reader, codes.value, spanOf(within.value), `\`repeatsWithin\` is \`${shown(reader, within.value)}\``, 'write `1h` or less, or `off`');
  }
  return ms;
}

function readOrphan(reader: Reader, entry: Entry | undefined): number {
  if (entry === undefined || isOff(reader, entry.value)) return 0;
  const ms = durationOf(reader, entry.value, '`orphanAfter`');
  if (ms !== undefined && ms < orphanAfterMsMin) {
    find(reader, codes.value, spanOf(entry.value), `\`orphanAfter\` is \`${shown(reader, entry.value)}\``, 'write `10m` or more, as `24h`, or `off`');
  }
  return ms ?? 0;
}

function isOff(reader: Reader, node: unknown): boolean {
  return shown(reader, node) === 'off';
}

function readExempt(reader: Reader, entry: Entry | undefined): readonly Exemption[] {
  if (entry === undefined) return defaultExemptions;
  return itemsOf(reader, entry.value).flatMap((item): Exemption[] => {
    const entries = entriesOf(reader, item, 'an exemption', ['self', 'namespace']);
    const self = entries.get('self');
    const namespace = entries.get('namespace');
    const isSelf = self !== undefined && booleanOf(reader, self.value, '`self`') === true;
    const name = namespace === undefined ? undefined : textOf(reader, namespace.value, '`namespace`');
    return [
      ...(isSelf ? [{ kind: 'self' } as const] : []),
      ...(name === undefined ? [] : [{ kind: 'namespace', namespace: name } as const]),
    ];
  });
}
