/** `d4c policy simulate`: what policies would have done to operations that have been recorded. */
import { once } from 'node:events';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Failure } from '#base';
import { openSimulation, operationsOf, type Recorded, type Simulated, type Simulation } from '#compiler';
import type { Policy } from '#policy';
import { loadPolicies, type Mode } from './judging/policies.ts';
import { exitCodes, painter } from './output.ts';
import { policyFilesOf } from './policy-files.ts';
import { readDocument } from './simulate/document.ts';
import { type Reading, renderSimulation } from './simulate/render.ts';
import { parseLine, type RawDocument, readEvents } from './simulate/source.ts';

interface SimulateOptions {
  readonly events: string;
  readonly mode?: Mode;
  readonly json?: true;
}

export function registerPolicySimulate(policy: Command): void {
  policy
    .command('simulate')
    .description('what policies would have done to operations that have been recorded')
    .argument('<file...>', 'policy files, or folders of them: in force together')
    .requiredOption('--events <source>', 'JSON lines of documents, the store of an agent (`d4c.db`), or `-` for standard input')
    .addOption(new Option('--mode <mode>', 'as if the policies had this mode (default: their own)').choices(['enforce', 'monitor']))
    .option('--json', 'JSON lines: one for each operation, then one with the sums (default: text)')
    .action(async (files: readonly string[], options: SimulateOptions) => {
      process.exitCode = await run(files, options);
    });
}

async function run(names: readonly string[], options: SimulateOptions): Promise<number> {
  if (options.events === '-' && names.includes('-')) {
    throw new Failure('usage', 'both the policy and the events are to be read from standard input', { help: 'give one of them as a file' });
  }
  const files = (await Promise.all(names.map(policyFilesOf))).flat();
  const policies = await loadPolicies(files, options.mode, options.json);
  if (policies === null) return exitCodes.findings;
  const simulation = openSimulation(policies);
  const reading = await readAll(options.events, simulation, policies, options.json === true);
  const summary = simulation.summary();
  const name = options.events === '-' ? 'standard input' : options.events;
  if (options.json === true) {
    const { documents, events, duplicates, unusable, undecided } = reading;
    const read = { documents, operations: events, duplicates, notJudged: sums(unusable), undecided: Object.fromEntries(undecided) };
    await write(`${JSON.stringify({ summary: { ...read, ...summary } })}\n`);
  } else {
    await write(renderSimulation(summary, reading, name, painter(process.stdout)));
  }
  return exitCodes.fine;
}

function sums(unusable: Reading['unusable']): object {
  return Object.fromEntries([...unusable].map(([why, { count }]) => [why, count]));
}

/** Ids that are remembered: both documents of one operation (its alert and its log) stand near each other. */
const idsKept = 65_536;

async function readAll(source: string, simulation: Simulation, policies: readonly Policy[], asJson: boolean): Promise<Reading> {
  const reading = { documents: 0, events: 0, duplicates: 0, unusable: new Map<string, { count: number; place: string }>(), undecided: new Map<string, number>() };
  const asked = new Set(policies.flatMap(({ sections }) => sections.flatMap(({ selectors }) => selectors.flatMap(({ conditions }) => conditions.map(({ name }) => name as string)))));
  const seen = new Set<string>();
  for await (const raw of readEvents(source)) {
    const read = readOne(raw);
    if (read === null) continue;
    reading.documents++;
    if (read.kind === 'unusable') {
      const before = reading.unusable.get(read.why);
      reading.unusable.set(read.why, { count: (before?.count ?? 0) + 1, place: before?.place ?? raw.place });
      continue;
    }
    const { id, recorded } = read;
    if (id !== '' && seen.has(id)) {
      reading.duplicates++;
      continue;
    }
    if (seen.size >= idsKept) seen.clear();
    seen.add(id);
    reading.events += recorded.count;
    const lacks = recorded.lacks.filter((name) => asked.has(name));
    const result = simulation.add({ ...recorded, lacks });
    if (!result.decided) for (const what of missing(recorded, lacks)) reading.undecided.set(what, (reading.undecided.get(what) ?? 0) + recorded.count);
    if (asJson) await write(`${JSON.stringify(lineOf(id, recorded, result))}\n`);
  }
  if (reading.documents === 0) process.stderr.write(`d4c: there is no document in ${source === '-' ? 'standard input' : `\`${source}\``}\n`);
  if (reading.documents > 0 && reading.events === 0) refuse(reading, source);
  return reading;
}

function readOne({ text }: RawDocument): ReturnType<typeof readDocument> | null {
  try {
    const document = parseLine(text);
    return document === null ? null : readDocument(document);
  } catch {
    return { kind: 'unusable', why: 'is no JSON' };
  }
}

function missing({ facts }: Recorded, lacks: readonly string[]): readonly string[] {
  const unknown = Object.values(facts).every((fact) => fact === undefined);
  return [...(unknown ? ['the container'] : facts.image === undefined ? ['the image'] : []), ...lacks];
}

function refuse(reading: Reading, source: string): never {
  const [why, { place }] = [...reading.unusable][0]!;
  const help = why === 'is no JSON'
    ? 'give one document a line (`jq -c .[] FILE` makes lines of an array), or the store of an agent'
    : 'give what D4C wrote: its file output, `d4c run` on standard output, `d4c alerts --json`, or its store';
  throw new Failure('input', `nothing in ${source === '-' ? 'standard input' : `\`${source}\``} could be judged: ${place} ${why}`, { help });
}

function lineOf(id: string, recorded: Recorded, result: Simulated): object {
  const { facts, event, path, time, count, wasBlocked, container, workload } = recorded;
  const actions = result.actions.filter((action) => action !== 'wouldBlock');
  return {
    id, '@timestamp': time, container, workload,
    ...(facts.image ? { image: facts.image.fullName } : {}),
    ...(typeof facts.namespace === 'string' ? { namespace: facts.namespace } : {}),
    ...(typeof facts.pod === 'string' ? { pod: facts.pod } : {}),
    operations: operationsOf(event),
    path, ...(count === 1 ? {} : { count }),
    actions, decided: result.decided, ...(actions.length < result.actions.length ? { wouldBlock: true } : {}), wasBlocked,
    responses: result.responses,
  };
}

/** Waits where the reader is slower than we are: what is read must not pile up. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
