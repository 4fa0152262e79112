import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFacts } from '#base';
import { compile, decide, matchesBytes } from '#compiler';
import { judge } from '#oracle';
import { DOUBLE_STAR, type Policy, STAR, type Token } from '#policy';
import { fileEvent, policy, section } from '../compiler/build.ts';

/** Small spaces are gone through whole: every pattern of up to four tokens on every path of up to five bytes. */
const alphabet: readonly Token[] = [0x2f, 0x61, STAR, DOUBLE_STAR];
const utf8 = new TextEncoder();

function sequences<T>(symbols: readonly T[], longest: number): readonly (readonly T[])[] {
  const all: (readonly T[])[] = [[]];
  for (const one of all) if (one.length < longest) for (const symbol of symbols) all.push([...one, symbol]);
  return all.slice(1);
}

/** As the parser leaves them: neighbouring wildcards are one. */
function isMerged(tokens: readonly Token[]): boolean {
  return tokens.every((token, i) => token < STAR || (tokens[i + 1] ?? 0) < STAR);
}

const patterns = sequences(alphabet, 4).filter(isMerged).map((tokens) => ({ text: tokens.join(), tokens, span: { start: 0, end: 0 } }));
const paths = sequences(['/', 'a', 'b'], 5).map((parts) => parts.join(''));

function policyOf(...lists: readonly (typeof patterns)[]): Policy {
  const base = section('file', Object.fromEntries(lists.map((_, i) => [`s${i}`, { targetFilePath: ['/'] }])), [
    { match: ['s0'], exclude: lists.slice(1).map((_, i) => `s${i + 1}`), actions: ['alert'] },
  ]);
  const selectors = base.selectors.map((selector, i) => ({
    ...selector,
    conditions: selector.conditions.map((condition) => (condition.kind === 'dynamic' ? { ...condition, values: lists[i]! } : condition)),
  }));
  return policy([{ ...base, selectors }]);
}

test('every small pattern matches the same small paths by oracle, by text and by table', (t) => {
  let matched = 0;
  for (const pattern of patterns) {
    const policies = [policyOf([pattern])];
    const { table } = compile(policies, noFacts);
    for (const path of paths) {
      const event = fileEvent('createFile', path);
      const wanted = judge(policies, noFacts, event).actions.length > 0;
      matched += wanted ? 1 : 0;
      assert.equal(decide(table, event).actions.length > 0, wanted, `${pattern.text} on ${path}`);
      assert.equal(matchesBytes(pattern, utf8.encode(path)), wanted, `${pattern.text} on ${path}`);
    }
  }
  t.diagnostic(`${patterns.length} patterns, ${paths.length} paths, ${matched} matches`);
  assert.ok(matched > 1_000);
});

test('every pair of small patterns, one matched and one excluded', (t) => {
  const few = patterns.filter(({ tokens }) => tokens.length <= 3);
  const short = paths.filter((path) => path.length <= 3);
  const each = (pattern: (typeof patterns)[number]): ReadonlySet<string> =>
    new Set(short.filter((path) => matchesBytes(pattern, utf8.encode(path))));
  const hits = new Map(few.map((pattern) => [pattern, each(pattern)]));
  let pairs = 0;
  for (const a of few) {
    for (const b of few) {
      const { table } = compile([policyOf([a], [b])], noFacts);
      pairs++;
      for (const path of short) {
        const wanted = hits.get(a)!.has(path) && !hits.get(b)!.has(path);
        assert.equal(decide(table, fileEvent('createFile', path)).actions.length > 0, wanted, `${a.text} without ${b.text} on ${path}`);
      }
    }
  }
  t.diagnostic(`${pairs} pairs, ${short.length} paths`);
});
