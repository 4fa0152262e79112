import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backgroundOf, byteShift, readTable, stateMark, stateMask } from '#abi';
import { isFailure, noFacts, parseImageReference } from '#base';
import { compile, decide, limits, lookUps, matchesBytes, openCompiler } from '#compiler';
import type { Policy } from '#policy';
import { adversarialSets, fileNames, patternSets, random, word } from '../../../bench/compile-sets.ts';
import { fourWays } from '../../../bench/compile-policy.ts';
import { fileEvent, factsUnknown, pattern, policy, section, type SelectorText } from './build.ts';

const lookUpsPerByteMax = 2;
const seed = Number(process.env['D4C_SEED'] ?? 20261123);
const utf8 = new TextEncoder();

/** Paths that come near the patterns: wildcards filled, then sometimes broken. */
function nearPaths(patterns: readonly string[], count: number, next: (below: number) => number): readonly string[] {
  return Array.from({ length: count }, () => {
    const text = patterns[next(patterns.length)]!;
    const filled = text.replace(/\*\*?/g, (stars) => (stars === '*' ? word(next) : `${word(next)}/${word(next)}`));
    const at = next(filled.length);
    return next(3) === 0 ? `${filled.slice(0, at)}${'/x'[next(2)]!}${filled.slice(at)}` : filled;
  });
}

for (const [name, make] of Object.entries(patternSets)) {
  test(`${name}: the table says what the patterns say, with at most ${lookUpsPerByteMax} look-ups a byte`, (t) => {
    const next = random(seed);
    const files = fileNames(2_000, next);
    const patterns = make(name === 'secret' ? 60 : 300, files, next);
    const { table } = compile([fourWays(patterns, 12, 3)], noFacts);
    const selectors = [...Array(12).keys()].map((i) => patterns.filter((_, at) => at % 12 === i).map((one) => pattern(one, 'path')));
    const isExcluded = (i: number): boolean => i % 4 === 3;
    const paths = nearPaths(patterns, 1_000, next);
    lookUps.count = 0;
    let bytes = 0;
    let hits = 0;
    for (const path of paths) {
      const text = utf8.encode(path);
      bytes += text.length;
      const hit = selectors.map((own) => own.some((one) => matchesBytes(one, text)));
      const any = (role: number): boolean => hit.some((is, i) => is && !isExcluded(i) && i % 3 === role);
      const freed = hit.some((is, i) => is && isExcluded(i));
      const wanted = [any(1) && 'log', !freed && (any(0) || any(2)) && 'alert', !freed && any(0) && 'block'].filter(Boolean);
      hits += wanted.length > 0 ? 1 : 0;
      assert.deepEqual(decide(table, fileEvent('createExecutable', path)).actions, wanted, path);
    }
    const automata = new Uint32Array(table.buffer, 0, 20)[5]!;
    const perByte = lookUps.count / bytes / automata;
    t.diagnostic(`${perByte.toFixed(2)} look-ups a byte, ${automata} automata, ${hits} of ${paths.length} with an action, seed ${seed}`);
    assert.ok(hits > paths.length / 10);
    assert.ok(perByte <= lookUpsPerByteMax);
  });
}

test('ten thousand patterns in a thousand selectors: one automaton of at most 8 MiB, of which a walk reads few cache lines', (t) => {
  const next = random(seed);
  const patterns = patternSets['mix1']!(10_000, fileNames(20_000, next), next);
  const { table } = compile([fourWays(patterns, 1_000, 250)], noFacts);
  const { starts } = readTable(table);
  const { background, goOn } = localityOf(table);
  t.diagnostic(`${(table.length / 2 ** 20).toFixed(2)} MiB, ${background.toFixed(2)} cache lines a background, ${(goOn * 100).toFixed(0)} % of the edges go on near by`);
  assert.ok(table.length <= 8 * 2 ** 20);
  assert.equal(starts.length, 1);
  assert.ok(background < 0.4);
  assert.ok(goOn > 0.3);
});

/** Cache lines over which the headers of backgrounds lie, each; the share of edges whose state has one at most a cache line away. */
function localityOf(table: Uint8Array): { readonly background: number; readonly goOn: number } {
  const { words, states } = readTable(table);
  const backgrounds = new Set<number>();
  const edges: number[] = [];
  for (let half = states * 2; half < words.length; half++) {
    const word = words[half]!;
    if (word >>> byteShift !== 0) edges.push(half);
    else if (word >= stateMark) backgrounds.add(backgroundOf(words, half / 2));
  }
  const near = Array.from({ length: 33 }, (_, i) => i - 16).filter((away) => away !== 0);
  const isOf = (state: number, half: number): boolean => words[half]! >>> byteShift === half - 1 - state * 2;
  const goOn = edges.filter((half) => near.some((away) => isOf(words[half]! & stateMask, half + away))).length;
  return { background: new Set([...backgrounds].map((cell) => cell >> 3)).size / backgrounds.size, goOn: goOn / edges.length };
}

for (const [name, make] of Object.entries(adversarialSets)) {
  if (name === 'secret') continue; // too long for here: the benchmark has it
  test(`${name}: compiled, or refused with the selectors that cost most`, (t) => {
    try {
      const { table } = compile([fourWays(make(), 20, 5)], noFacts);
      t.diagnostic(`compiled: ${table.length} bytes`);
      assert.ok(table.length / 8 <= limits.cellsMax);
    } catch (error) {
      assert.ok(isFailure(error) && error.code === 'limit', String(error));
      assert.match(error.message, /selectors that cost most: `s\d+`, `s\d+`, `s\d+`$/);
      assert.ok(error.help !== undefined);
      t.diagnostic(`refused: ${error.help}`);
    }
  });
}

test('more groups than a mask has bits are refused', () => {
  const selectors: Record<string, SelectorText> = { all: { targetFilePath: ['/**'] } };
  for (let i = 0; i < 256; i++) selectors[`x${i}`] = { targetFilePath: [`/a/${i}`] };
  const given = policy([section('file', selectors, [
    { match: ['all'], exclude: Object.keys(selectors).slice(1), actions: ['alert'] },
  ])]);
  assert.throws(() => compile([given], noFacts), (error) => isFailure(error) && error.code === 'limit' && /257 selectors/.test(error.message));
});

test('two hundred and fifty-four excluded selectors are not', () => {
  const selectors: Record<string, SelectorText> = { all: { targetFilePath: ['/**'] } };
  for (let i = 0; i < 254; i++) selectors[`x${i}`] = { targetFilePath: [`/a/${i}`] };
  const given = policy([section('file', selectors, [
    { match: ['all'], exclude: Object.keys(selectors).slice(1), actions: ['alert'] },
  ])]);
  const { table } = compile([given], noFacts);
  assert.deepEqual(decide(table, fileEvent('createFile', '/a/253')).actions, []);
  assert.deepEqual(decide(table, fileEvent('createFile', '/a/254')).actions, ['alert']);
});

test('a container that leads to a profile that exists compiles nothing', () => {
  const given: readonly Policy[] = [policy([section('file', {
    web: { targetFilePath: ['/a/**'], containerImageName: ['web*'] },
  }, [{ match: ['web'], actions: ['alert'] }])])];
  const compiler = openCompiler(given);
  const facts = (image: string) => ({ ...noFacts, image: parseImageReference(image) });
  assert.equal(compiler.profile(facts('web:1')), compiler.profile(facts('web-2:7')));
  assert.notEqual(compiler.profile(facts('web:1')).id, compiler.profile(facts('db')).id);
  assert.notEqual(compiler.profile(factsUnknown).id, compiler.profile(facts('web')).id);
  assert.equal(compiler.profile(noFacts), compiler.profile(facts('db')));
});

test('the order of selectors, responses, values and policies leaves no trace in the bytes', () => {
  const selectors: Record<string, SelectorText> = {
    a: { targetFilePath: ['/a/**', '/b/*'] }, b: { targetFilePath: ['/c/**'], processName: ['sh'] }, c: { targetFilePath: ['/a/x/**'] },
  };
  const turned: Record<string, SelectorText> = {
    c: { targetFilePath: ['/a/x/**'] }, b: { processName: ['sh'], targetFilePath: ['/c/**'] }, a: { targetFilePath: ['/b/*', '/a/**'] },
  };
  const one = policy([section('file', selectors, [
    { match: ['a', 'b'], exclude: ['c'], actions: ['alert'] }, { match: ['b'], actions: ['log'] },
  ])]);
  const other = policy([section('file', turned, [
    { match: ['b'], actions: ['log'] }, { match: ['b', 'a'], exclude: ['c'], actions: ['alert'] },
  ])]);
  assert.equal(compile([one], noFacts).id, compile([other], noFacts).id);
});

test('a damaged table is refused, or read without leaving it', () => {
  const given = policy([section('file', {
    a: { targetFilePath: ['/a/*/x', '/b/**'], processName: ['sh'] }, b: { targetFilePath: ['/b/c/**'], processUserId: [7] },
  }, [{ match: ['a'], exclude: ['b'], actions: ['alert'] }])]);
  const { table } = compile([given], noFacts);
  const next = random(seed);
  let refused = 0;
  for (let turn = 0; turn < 3_000; turn++) {
    const bytes = table.slice(0, turn % 10 === 0 ? next(table.length) : table.length);
    for (let i = 1 + next(3); i > 0 && bytes.length > 0; i--) bytes[next(bytes.length)] = next(256);
    try {
      for (const path of ['/a/b/x', '/b/c', '/', '/b/c/d']) decide(bytes, fileEvent('createFile', path));
    } catch (error) {
      assert.ok(isFailure(error) && error.code === 'input', String(error));
      refused++;
    }
  }
  assert.ok(refused > 1_000, `${refused} refused`);
});
