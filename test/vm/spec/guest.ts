/**
 * The guest's half of the fifth engine: each case of spec/cases that can be done is done, in a container of its
 * own under its policies; what is denied once more in a container that nobody knows. Prints what was seen.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent } from '#agent';
import type { ContainerFacts } from '#base';
import { staticSource } from '#containers';
import type { OutgoingDocument } from '#outputs';
import type { Policy, Selector } from '#policy';
import { makeImage } from '../../../src/cli/demo/bundle.ts';
import { type Case, readCases } from '../../unit/oracle/cases.ts';
import { type Ended, gather, programs, removeCgroups } from '../support/container.ts';
import { type Act, actOf, imageFolder, parentOf, payload } from './act.ts';
import { actor } from './process.ts';

const atOnce = 3;
const waveLength = 24;

/** What tells the policies of one file from those of the others: a label that its containers alone have. */
const label = 'd4c-spec-case';

/** One case as it went. */
export interface SpecResult {
  readonly index: number;
  readonly on: Ended;
  readonly off: Ended | null;
  readonly streams: readonly string[];
  readonly denied: boolean;
  /** Documents of the container that nobody knows. */
  readonly offDocuments: number;
}

/** Files by the start of their names; none named: all. */
const isAsked = ({ file }: Case, asked: readonly string[]): boolean => asked.length === 0 || asked.some((name) => file.startsWith(name));

function confine(policy: Policy, file: string): Policy {
  const tokens = [...new TextEncoder().encode(file)];
  const only = (selector: Selector): Selector => {
    const { span } = selector;
    const values = [{ key: label, pattern: { text: file, tokens, span }, span }];
    return { ...selector, conditions: [...selector.conditions, { kind: 'label', name: 'kubernetesPodLabel', span, values }] };
  };
  return { ...policy, sections: policy.sections.map((section) => ({ ...section, selectors: section.selectors.map(only) })) };
}

const factsOf = ({ file, test: { container } }: Case): ContainerFacts =>
  ({ ...container, labels: new Map([...(container.labels ?? []), [label, file]]) });

async function main(asked: readonly string[]): Promise<void> {
  const cases = readCases().map((one, index) => ({ one, index, act: actOf(one) }));
  const todo = cases.flatMap(({ one, index, act }) => (typeof act === 'string' || !isAsked(one, asked) ? [] : [{ one, index, act }]));
  using cleanup = new DisposableStack();
  const work = mkdtempSync('/tmp/d4c-spec-');
  cleanup.defer(() => rmSync(work, { recursive: true, force: true }));
  const layer = join(work, 'programs');
  for (const path of [actor, payload]) cpSync(join(programs, path.split('/').at(-1)!), join(layer, path));
  const image = cleanup.use(makeImage(imageFolder, [layer], [], []));
  const documents: OutgoingDocument[] = [];
  const source = staticSource();
  const files = new Map(todo.map(({ one }) => [one.file, one.policies]));
  await using agent = await startAgent({
    policies: [...files].flatMap(([file, policies]) => policies.map((policy) => confine(policy, file))),
    monitor: false, sources: [source], pinFolder: null,
    outputs: [{ name: 'spec', write: async (batch) => void documents.push(...batch), close: async () => undefined }],
    log: (line) => process.stderr.write(`agent: ${line}\n`),
  });
  const run = async (index: number, act: Act, facts: ContainerFacts | null): Promise<Ended> => {
    const id = `${facts === null ? 'off' : 'on'}-${index}`;
    const cgroup = `/d4c-spec/${id}`;
    if (facts !== null) await source.add({ id, cgroupPath: cgroup, facts });
    try {
      return await perform(image, work, id, cgroup, act);
    } catch (error) {
      return { exit: 255, output: error instanceof Error ? (error.stack ?? error.message) : String(error), done: null };
    }
  };
  for (let i = 0; i < todo.length; i += waveLength) {
    const wave = todo.slice(i, i + waveLength);
    const left = [...wave];
    const ended = new Map<number, { on: Ended; off: Ended | null }>();
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const on = await run(next.index, next.act, factsOf(next.one));
        ended.set(next.index, { on, off: on.done ? null : await run(next.index, next.act, null) });
      }
    }));
    await agent.settle();
    for (const { index } of wave) {
      source.remove(`on-${index}`);
      const pid = /^@pid (\d+)$/m.exec(ended.get(index)!.on.output)?.[1];
      const own = documents.filter(({ document }) => idOf(document) === `on-${index}` && (pid === undefined || pidOf(document) === pid));
      tell({
        index, ...ended.get(index)!, streams: [...new Set(own.map(({ stream }) => stream))],
        denied: own.some(({ document }) => (field(document, 'event', 'type') as string[]).includes('denied')),
        offDocuments: documents.filter(({ document }) => idOf(document) === `off-${index}`).length,
      });
    }
    documents.length = 0;
  }
  process.stdout.write(`${JSON.stringify({ lost: (await agent.status()).counters.lost })}\n`);
}

/** Of the process that acts, where others do on the way to it. */
const pidOf = (document: object): string =>
  String((field(document, 'd4c', 'process') as Readonly<Record<string, unknown>> | undefined)?.['container_pid']);
const idOf = (document: object): unknown => field(document, 'container', 'id');
function field(document: object, first: string, second: string): unknown {
  return (document as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[first]?.[second];
}

async function perform(image: ReturnType<typeof makeImage>, work: string, id: string, cgroup: string, act: Act): Promise<Ended> {
  using cleanup = new DisposableStack();
  mkdirSync(join('/sys/fs/cgroup', cgroup), { recursive: true });
  cleanup.defer(() => removeCgroups(join('/sys/fs/cgroup', cgroup)));
  const layer = join(work, id);
  cleanup.defer(() => rmSync(layer, { recursive: true, force: true }));
  const binds = prepare(layer, act);
  const command = { file: null, args: [actor, ...act.steps] };
  const bundle = cleanup.use(image.bundle(id, command, `${cgroup}/container`, {
    layer: join(layer, 'image'),
    change: (config) => ({ ...config, mounts: [...config.mounts, ...binds] }),
  }));
  const options = ['--cgroup-manager=cgroupfs'];
  const child = spawn('crun', [...options, 'run', '--bundle', bundle.folder, id], { stdio: ['ignore', 'pipe', 'pipe'] });
  const remove = (): void => void spawnSync('crun', [...options, 'delete', '--force', id]);
  cleanup.defer(() => void (child.exitCode === null && remove()));
  return await gather(child, remove);
}

/** The files of the act, in a layer of the image or in what is mounted there; the mounts. */
function prepare(layer: string, { files, directories, mounts }: Act): object[] {
  const root = Buffer.from(join(layer, 'image'));
  mkdirSync(root, { recursive: true });
  const sources = mounts.map(({ path, isFile }, i) => {
    const source = join(layer, `mount-${i}`);
    if (!isFile) mkdirSync(source);
    const point = Buffer.concat([root, path]);
    mkdirSync(isFile ? parentOf(point) : point, { recursive: true });
    if (isFile) writeFileSync(point, '');
    return { destination: path.toString(), type: 'bind', source, options: ['bind', 'rw'] };
  });
  for (const directory of directories) mkdirSync(Buffer.concat([root, directory]), { recursive: true });
  for (const { path, mode, program } of files) {
    const index = mounts.findIndex((mount) => path.subarray(0, mount.path.length).equals(mount.path));
    const place = index < 0 ? Buffer.concat([root, path])
      : Buffer.concat([Buffer.from(sources[index]!.source), path.subarray(mounts[index]!.path.length)]);
    mkdirSync(parentOf(place), { recursive: true });
    writeFileSync(place, readFileSync(join(programs, program)));
    chmodSync(place, mode);
  }
  return sources;
}

function tell(result: SpecResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await main(process.argv.slice(2));
