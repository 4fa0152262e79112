/**
 * What a decision costs in the kernel, by test runs of the decision core: many patterns against one that lives
 * to the end of every path. Run on the machine itself, by root.
 */
import { loadavg } from 'node:os';
import { readTable } from '#abi';
import { noFacts } from '#base';
import { compile, decide, lookUps } from '#compiler';
import { type DecisionCore, openDecisionCore } from '#kernel';
import { type Policy, parsePolicy, type PolicyEvent } from '#policy';
import { fourWays } from './compile-policy.ts';
import { fileNames, patternSets, type Random, random, word } from './compile-sets.ts';
import { row, targetTable, writeSection } from './results.ts';

const seed = 20261123;
const patternCount = 10_000;
const pathCount = 4_096;
const pathBytes = 70;
const rounds = 21;
/** Each with maps of its own: where their pages come to lie makes a third of the cost. */
const seriesCount = 7;
const utf8 = new TextEncoder();

interface Cost {
  /** Median over the rounds, a decision. */
  readonly ns: number;
  /** The fastest round: what is left when nothing else uses the caches. */
  readonly leastNs: number;
  /** Cells looked at, a decision: the same on every machine. */
  readonly looks: number;
  readonly acted: number;
}

export async function run(options: readonly string[]): Promise<boolean> {
  const next = random(seed);
  const files = fileNames(patternCount * 2, next);
  const patterns = patternSets['mix1']!(patternCount, files, next);
  const paths = Array.from({ length: pathCount }, () => pathOf(files, next));
  const tables = [fourWays(patterns, 1_000, 250), onePattern()].map((policy) => compile([policy], noFacts).table);
  const series = Array.from({ length: seriesCount }, () => measure(tables, paths) as [Cost, Cost])
    .sort((a, b) => ratioOf(a) - ratioOf(b));
  const [many, one] = series[seriesCount >> 1]!;
  const ratio = ratioOf([many, one]);
  const range = `${ratioOf(series[0]!).toFixed(2)} to ${ratioOf(series.at(-1)!).toFixed(2)}`;
  const text = targetTable([
    row(`decision in BPF, ${patternCount.toLocaleString('en')} patterns ÷ one that lives to the end`, 'at most 2', `${ratio.toFixed(2)} (${range})`, ratio <= 2),
  ]);
  const details = [many, one].map(({ ns, leastNs, looks, acted }, i) => {
    const size = `${(tables[i]!.length / 2 ** 20).toFixed(2)} MiB, ${readTable(tables[i]!).starts.length} automata`;
    return `${ns.toFixed(0)} ns (least ${leastNs.toFixed(0)} ns), ${looks.toFixed(1)} cells looked at, ${acted} acted on (${size})`;
  });
  const report = `${text}\nMany: ${details[0]}. One: ${details[1]}. Paths of ${pathBytes} bytes, ${pathCount} in turn, the median of ${seriesCount} series (their range in brackets), of each the median of ${rounds} rounds; load ${loadavg()[0]!.toFixed(1)}.\n`;
  process.stdout.write(report);
  if (options.includes('--write')) writeSection('Decision', report);
  return await Promise.resolve(ratio <= 2);
}

const ratioOf = ([many, one]: readonly [Cost, Cost]): number => many.ns / one.ns;

function onePattern(): Policy {
  const { policy } = parsePolicy('one.yaml', `
file:
  selectors: [{name: s, operation: [createExecutable], targetFilePath: ['/**.never']}]
  responses: [{match: [s], actions: [alert, block]}]
`);
  if (policy === null) throw new TypeError('the policy of one pattern has errors');
  return policy;
}

/** A name near one of the patterns, made as long as all are. */
function pathOf(files: readonly string[], next: Random): Uint8Array {
  let text = files[next(files.length)]!;
  while (text.length < pathBytes) text += `-${word(next)}`;
  return utf8.encode(text.slice(0, pathBytes));
}

/** In turn, so that whatever else the machine does is shared by all. */
function measure(tables: readonly Uint8Array[], paths: readonly Uint8Array[]): readonly Cost[] {
  using stack = new DisposableStack();
  const cores = tables.map((table) => {
    const core = stack.use(openDecisionCore({ questionsMax: pathCount }));
    core.put(table, paths.map((path) => ({ operations: 1, mount: 0, processClass: 0, paths: [path] })));
    return core;
  });
  const times = cores.map((): number[] => []);
  for (const core of cores) core.run(); // caches
  for (let round = 0; round < rounds; round++) cores.forEach((core, i) => times[i]!.push(timed(core)));
  for (const own of times) own.sort((a, b) => a - b);
  const ofDecision = (ms: number): number => ms * 1e6 / pathCount;
  return cores.map((core, i) => ({
    ns: ofDecision(times[i]![rounds >> 1]!),
    leastNs: ofDecision(times[i]![0]!),
    looks: looksOf(tables[i]!, paths),
    acted: core.answers().filter(({ certain }) => certain !== 0).length,
  }));
}

function timed(core: DecisionCore): number {
  const begun = performance.now();
  core.run();
  return performance.now() - begun;
}

function looksOf(table: Uint8Array, paths: readonly Uint8Array[]): number {
  lookUps.count = 0;
  const process = { executable: { kind: 'none' }, userId: 0, interactive: false, sessionLeader: utf8.encode('') } as const;
  for (const path of paths) {
    const event: PolicyEvent = {
      kind: 'pairs', process,
      pairs: [{ operations: ['createExecutable'], paths: { kind: 'paths', paths: [path] }, mount: 'image' }],
    };
    decide(table, event);
  }
  return lookUps.count / paths.length;
}
