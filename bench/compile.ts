/** What the compiler costs: times, sizes, look-ups, against the targets; growth as a table and a plot. */
import { writeFileSync } from 'node:fs';
import { readTable } from '#abi';
import { isFailure, noFacts, parseImageReference } from '#base';
import { compile, decide, lookUps, openCompiler } from '#compiler';
import { parsePolicy, type Policy } from '#policy';
import { fourWays, fourWaysText } from './compile-policy.ts';
import { adversarialSets, fileNames, patternSets, random, word } from './compile-sets.ts';
import { type Curve, growthSvg } from './plot.ts';
import { type Row, row, table, targetTable, writeSection } from './results.ts';

const seed = 20261123;
const utf8 = new TextEncoder();

interface Measured {
  readonly ms: number;
  readonly mib: number;
  readonly automata: number;
  readonly perByte: number;
  readonly refusal: string | undefined;
}

export async function run(options: readonly string[]): Promise<boolean> {
  const rows = [...targets(), ...adversarial()];
  process.stdout.write(targetTable(rows));
  const growth = grow([100, 1_000, 10_000, 100_000]);
  process.stdout.write(`\n${growth.text}`);
  if (options.includes('--write')) {
    writeSection('Compiler', targetTable(rows));
    writeSection('Growth', growth.text);
    writeFileSync(new URL('./growth.svg', import.meta.url), growth.svg);
  }
  return await Promise.resolve(rows.every(({ isMet }) => isMet));
}

function patternsOf(set: string, count: number): readonly string[] {
  const next = random(seed);
  return patternSets[set]!(count, fileNames(Math.max(2_000, count * 2), next), next);
}

function targets(): readonly Row[] {
  const small = fourWays(patternsOf('mix1', 100), 10, 2);
  for (let i = 0; i < 30; i++) compile([small], noFacts); // the machine code of the compiler itself
  const few = Array.from({ length: 15 }, () => measure(small, []).ms).sort((a, b) => a - b)[7]!;
  const patterns = patternsOf('mix1', 10_000);
  const many = measure(fourWays(patterns, 1_000, 250), patterns);
  const check = timed(() => parsePolicy('bench.yaml', fourWaysText(patterns, 1_000, 250)));
  const known = knownProfile();
  const rows = [
    row('100 patterns, median of 15', 'under 20 ms', `${few.toFixed(1)} ms`, few < 20),
    row('10,000 patterns, 1,000 selectors', 'under 3 s, at most 8 MiB', shown(many), many.ms < 3_000 && many.mib <= 8),
    row('checking those, beside compiling', 'at most 1.5 s', `${(check / 1000).toFixed(2)} s`, check <= 1_500),
    row('a container whose profile exists', 'p99 under 1 ms', `${known.toFixed(3)} ms`, known < 1),
  ];
  for (const set of Object.keys(patternSets)) {
    const own = patternsOf(set, set === 'secret' ? 100 : 1_000);
    const { perByte, automata } = measure(fourWays(own, 20, 5), own);
    rows.push(row(`look-ups a byte and automaton, ${set}`, 'at most 2.0', `${perByte.toFixed(2)} (${automata} automata)`, perByte <= 2));
  }
  return rows;
}

function adversarial(): readonly Row[] {
  return Object.entries(adversarialSets).map(([name, make]) => {
    const measured = measure(fourWays(make(), 20, 5), []);
    const rss = process.memoryUsage().rss / 2 ** 20;
    const what = measured.refusal === undefined ? shown(measured) : `${(measured.ms / 1000).toFixed(2)} s, refused: ${measured.refusal}`;
    return row(`adversarial: ${name}`, 'an answer within 5 s and 1 GB', `${what}; ${rss.toFixed(0)} MiB resident`, measured.ms <= 5_000 && rss <= 1_000);
  });
}

function measure(policy: Policy, patterns: readonly string[]): Measured {
  let bytes: Uint8Array | undefined;
  let refusal: string | undefined;
  const ms = timed(() => {
    try {
      bytes = compile([policy], noFacts).table;
    } catch (error) {
      if (!isFailure(error)) throw error;
      refusal = `${error.message.slice(error.message.lastIndexOf(':') + 2)}`;
    }
  });
  if (bytes === undefined) return { ms, mib: 0, automata: 0, perByte: 0, refusal };
  const automata = readTable(bytes).starts.length;
  return { ms, mib: bytes.length / 2 ** 20, automata, perByte: lookUpsPerByte(bytes, patterns) / automata, refusal };
}

/** Mean over paths that come near the patterns. */
function lookUpsPerByte(bytes: Uint8Array, patterns: readonly string[]): number {
  const next = random(seed);
  let length = 0;
  lookUps.count = 0;
  for (let i = 0; i < 2_000 && patterns.length > 0; i++) {
    const path = patterns[next(patterns.length)]!.replace(/\*\*?/g, (stars) => (stars === '*' ? word(next) : `${word(next)}/${word(next)}`));
    const text = utf8.encode(path);
    length += text.length;
    const process = { executable: { kind: 'none' }, userId: 0, interactive: false, sessionLeader: text.slice(0, 0) } as const;
    const pair = { operations: ['createFile'], paths: { kind: 'paths', paths: [text] }, mount: 'image' } as const;
    decide(bytes, { kind: 'pairs', pairs: [pair], process });
  }
  return length === 0 ? 0 : lookUps.count / length;
}

function knownProfile(): number {
  const compiler = openCompiler([fourWays(patternsOf('mix1', 100), 100, 20)]);
  const times = Array.from({ length: 1_000 }, (_, i) => {
    const facts = { ...noFacts, image: parseImageReference(`web-${i}:1`) };
    return timed(() => compiler.profile(facts));
  });
  return times.slice(1).sort((a, b) => a - b)[Math.floor(times.length * 0.99) - 1]!;
}

/** Milliseconds for a number of patterns, by set. */
function grow(sizes: readonly number[]): { readonly text: string; readonly svg: string } {
  const rows: string[][] = [];
  const points: Curve[] = [];
  for (const set of ['literal', 'mix0', 'mix1', 'library', 'tail']) {
    const measured = sizes.map((size) => measure(fourWays(patternsOf(set, size), Math.min(1_000, size / 10), 5), []));
    rows.push([set, ...measured.map((one) => (one.refusal === undefined ? shown(one) : 'refused'))]);
    points.push({ name: set, ms: measured.map(({ ms, refusal }) => (refusal === undefined ? ms : Number.NaN)) });
  }
  const svg = growthSvg(sizes, points);
  return { text: `${table(['patterns', ...sizes.map(String)], rows)}\n![Time to compile, by the number of patterns](growth.svg)\n`, svg };
}

function timed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function shown({ ms, mib, automata }: Measured): string {
  return `${ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`}, ${mib.toFixed(2)} MiB, ${automata} automata`;
}
