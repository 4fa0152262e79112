/**
 * The guest's half of the case tests: one agent for all cases, and for each case a fresh container under its
 * policies; for one whose deed they forbid, another that nobody knows of. Prints what was seen as JSON lines;
 * judges nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { startAgent } from '#agent';
import type { Agent } from '#agent';
import { staticSource } from '#containers';
import type { StaticSource } from '#containers';
import type { Output } from '#outputs';
import { parsePolicy } from '#policy';
import type { Policy } from '#policy';
import { parseContainerFacts } from '../../../src/cli/container-facts.ts';
import { makeImage } from '../../../src/cli/demo/bundle.ts';
import type { DemoImage } from '../../../src/cli/demo/bundle.ts';
import { readCases } from './case-file.ts';
import type { Case } from './case-file.ts';
import type { CaseResult } from './compare.ts';
import { confine } from './confine.ts';
import { makeLayer, programs, runContainer } from './container.ts';
import type { Ended } from './container.ts';

const checkout = join(import.meta.dirname, '../../..');
const base = join(checkout, 'build/demo-image');
/** Cases at a time: the machine has two processors, and a runtime mostly waits. */
const atOnce = 3;
/** Cases after which documents are waited for: some are held back for a quarter of a second. */
const waveLength = 12;

/** Cases are also run with enforcement off, unless `D4C_OFF=no` says that once under their policies is enough. */
const leaveOut = process.env['D4C_OFF'] === 'no';
const leftOut = 'left out';

type Document = Readonly<Record<string, unknown>>;

interface Stage {
  readonly agent: Agent;
  readonly source: StaticSource;
  readonly image: DemoImage;
  readonly work: string;
  /** By the container's id. */
  readonly documents: Map<string, Document[]>;
  /** In force, by the case: those of one wave. All together would ask for more kinds of processes than a table tells apart. */
  readonly policies: Map<string, readonly Policy[]>;
  /** The last swap: one comes after another. */
  swapped: Promise<void>;
}

async function main(names: readonly string[]): Promise<void> {
  const cases = readCases().filter(({ name }) => names.includes(name));
  using cleanup = new DisposableStack();
  const work = mkdtempSync('/tmp/d4c-cases-');
  cleanup.defer(() => rmSync(work, { recursive: true, force: true }));
  const image = cleanup.use(makeImage(base, [programLayer(work)], [], []));
  const documents = new Map<string, Document[]>();
  const source = staticSource();
  const began = performance.now();
  await using agent = await startAgent({
    policies: [],
    monitor: false,
    sources: [source],
    outputs: [collector(documents)],
    pinFolder: null,
    log: (line) => process.stderr.write(`agent: ${line}\n`),
  });
  tell({ kind: 'begin', kernel: release(), enforcingAfterMs: Math.round(performance.now() - began) });
  const stage: Stage = { agent, source, image, work, documents, policies: new Map(), swapped: Promise.resolve() };
  for (let i = 0; i < cases.length; i += waveLength) await watched(stage, cases.slice(i, i + waveLength));
  tell({ kind: 'end', counters: (await agent.status()).counters });
}

/** The programs of the cases, as a folder of the image. */
function programLayer(work: string): string {
  const layer = join(work, 'programs');
  mkdirSync(join(layer, 'usr/local/bin'), { recursive: true });
  const names = readdirSync(programs);
  if (names.length === 0) throw new Error(`${programs} is empty: run \`bin/setup build\``);
  for (const name of names) cpSync(join(programs, name), join(layer, 'usr/local/bin', name));
  return layer;
}

function policiesOf(wanted: Case, texts: readonly string[]): Policy[] {
  return texts.map((text, index) => {
    const { policy, findings } = parsePolicy(`${wanted.name}-${index}.yaml`, text);
    if (policy) return confine(policy, wanted.name);
    throw new Error(`${wanted.name}: ${findings.map(({ message }) => message).join('; ')}`);
  });
}

/** What came of containers that no case knows is kept too: it must not be. */
function collector(documents: Map<string, Document[]>): Output {
  return {
    name: 'cases',
    write: async (batch) => {
      for (const { document } of batch) {
        const { container } = document as { container?: { id?: string } };
        const id = container?.id ?? 'nobody';
        documents.set(id, [...(documents.get(id) ?? []), document]);
      }
    },
    close: async () => undefined,
  };
}

/** What is under way: told where nothing comes to its end any more, which ends the run. */
const under = new Set<string>();
const stuckMs = 240_000;

/** Ends the guest's half, with what is known, when a wave takes longer than all its cases' own limits. */
async function watched(stage: Stage, wave: readonly Case[]): Promise<void> {
  const watch = setTimeout(() => {
    void stage.agent.status().then(({ counters, outputs, problems }) => {
      process.stderr.write(`stuck at ${[...under].join(' ')}: ${JSON.stringify({ counters, outputs, problems })}\n`);
      process.stderr.write(`${spawnSync('ps', ['-o', 'pid,ppid,stat,args'], { encoding: 'utf8' }).stdout}\n`, () => process.exit(1));
    });
  }, stuckMs);
  await runWave(stage, wave);
  clearTimeout(watch);
}

async function runWave(stage: Stage, wave: readonly Case[]): Promise<void> {
  stage.policies.clear();
  for (const wanted of wave) stage.policies.set(wanted.name, policiesOf(wanted, wanted.policies));
  await putInForce(stage);
  const left = [...wave];
  const ended: { wanted: Case; id: string; on: Ended; off: Ended | 'left out' | null; ms: number }[] = [];
  const worker = async (): Promise<void> => {
    for (let wanted = left.shift(); wanted; wanted = left.shift()) {
      const began = performance.now();
      under.add(wanted.name);
      const id = wanted.name.replaceAll('/', '-');
      const layer = makeLayer(join(stage.work, id), base, wanted);
      const on = await attempt(stage, `on-${id}`, wanted, layer, true);
      const off = wanted.succeeds ? null : leaveOut ? leftOut : await attempt(stage, `off-${id}`, wanted, layer, false);
      under.delete(wanted.name);
      ended.push({ wanted, id, on, off, ms: Math.round(performance.now() - began) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  under.clear();
  under.add('documents');
  await stage.agent.settle();
  under.clear();
  for (const { wanted, id, on, off, ms } of ended) {
    stage.source.remove(`on-${id}`);
    const seen = (key: string): readonly Document[] => stage.documents.get(key) ?? [];
    const result: CaseResult = {
      name: wanted.name,
      on: { ...on, documents: inOrder(seen(`on-${id}`)) },
      off: off === null || off === leftOut ? off : { ...off, documents: inOrder(seen(`off-${id}`)) },
      ms,
    };
    tell({ kind: 'result', result });
  }
  const nobody = stage.documents.get('nobody') ?? [];
  if (nobody.length > 0) tell({ kind: 'stray', documents: nobody });
  stage.documents.clear();
}

/** In the kernel's order: a denial that was held back comes late. */
function inOrder(documents: readonly Document[]): readonly Document[] {
  return documents.toSorted((a, b) => String(a['@timestamp']).localeCompare(String(b['@timestamp'])));
}

async function attempt(stage: Stage, id: string, wanted: Case, layer: string | null, known: boolean): Promise<Ended> {
  const cgroup = `/d4c-cases/${id}`;
  try {
    if (known) {
      const facts = parseContainerFacts(['image=docker.io/library/demo:1', `clusterName=${wanted.name}`]);
      const sharesPids = wanted.container.shares?.includes('pid') ?? false;
      await stage.source.add({ id, cgroupPath: cgroup, facts, sharesPids });
    }
    const swap = async (): Promise<void> => await (known ? swapTo(stage, wanted) : Promise.resolve());
    return await runContainer(stage.image, id, cgroup, wanted, layer, swap);
  } catch (error) {
    return { exit: 255, output: error instanceof Error ? (error.stack ?? error.message) : String(error), done: null };
  }
}

function swapTo(stage: Stage, wanted: Case): Promise<void> {
  stage.policies.set(wanted.name, policiesOf(wanted, wanted.later ?? []));
  return putInForce(stage);
}

function putInForce(stage: Stage): Promise<void> {
  stage.swapped = stage.swapped.then(() => stage.agent.replace([...stage.policies.values()].flat()));
  return stage.swapped;
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

await main(process.argv.slice(2));
