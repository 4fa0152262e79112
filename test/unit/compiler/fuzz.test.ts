/** Sets of patterns of any bytes: compiled, or refused as too much; and what is compiled matches what they match. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isFailure, noFacts } from '#base';
import { compile, decide } from '#compiler';
import { matchPattern, parsePolicy, type Pattern, type Policy, type PolicyEvent } from '#policy';

const seed = Number(process.env['D4C_SEED'] ?? Date.now() % 2 ** 31);
/** Given seconds, as many runs as there is time for; else so many. */
const seconds = Number(process.env['D4C_FUZZ_SECONDS'] ?? 0);
const until = seconds > 0 ? { interruptAfterTimeLimit: seconds * 1000 } : {};
const counts = { sets: 0, refused: 0, paths: 0, matched: 0 };
after(() => console.log(`seed ${seed}: ${JSON.stringify(counts)}`));

const utf8 = new TextEncoder();
const base = parsePolicy('base.yaml', `
file:
  selectors: [{name: s, operation: createFile, targetFilePath: [/x]}]
  responses: [{match: [s], actions: [alert]}]
`).policy!;

/** Tokens of a path's pattern: a slash, then pieces that share much with each other. */
const token = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(97, 98, 47) },
  { weight: 2, arbitrary: fc.constantFrom(256, 257) },
  { weight: 1, arbitrary: fc.nat(255).filter((byte) => byte !== 0) },
);
const tokens = fc.array(token, { maxLength: 14 }).map((rest) => merged([47, ...rest]));
const set = fc.array(tokens, { minLength: 1, maxLength: 40 });
const bytes = fc.array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(97, 98, 47) }, fc.nat(255).filter((byte) => byte !== 0)), { maxLength: 20 })
  .map((rest) => Uint8Array.from([47, ...rest]));

/** As the reader of policies leaves them: neighbouring wildcards are one. */
function merged(all: readonly number[]): readonly number[] {
  const kept: number[] = [];
  for (const one of all) {
    const last = kept.at(-1);
    if (one >= 256 && last !== undefined && last >= 256) kept[kept.length - 1] = 257;
    else kept.push(one);
  }
  return kept;
}

function policyOf(all: readonly (readonly number[])[]): Policy {
  const [section] = base.sections;
  const [selector] = section!.selectors;
  const condition = selector!.conditions[0]!;
  const values: Pattern[] = all.map((own, i) => ({ text: `pattern ${i}`, tokens: own, span: selector!.span }));
  const made = { ...selector!, conditions: [{ ...condition, values } as typeof condition] };
  return { ...base, sections: [{ ...section!, selectors: [made] }] };
}

test(`compiled sets of patterns match what their patterns do (seed ${seed}, D4C_SEED repeats it)`, () => {
  const cases = fc.tuple(set, fc.array(bytes, { minLength: 5, maxLength: 20 }));
  fc.assert(fc.property(cases, ([all, paths]) => {
    counts.sets++;
    const table = tableOf(policyOf(all));
    if (table === null) return;
    for (const path of paths) {
      const wanted = all.some((own) => matchPattern(own, path));
      counts.paths++;
      if (wanted) counts.matched++;
      assert.equal(decide(table, eventAt(path)).actions.length > 0, wanted, `path ${path.join(' ')}`);
    }
  }), { seed, numRuns: seconds > 0 ? 2 ** 30 : 150, ...until });
  assert.ok(counts.matched > counts.paths / 20 && counts.matched < counts.paths * 0.99, JSON.stringify(counts));
});

function tableOf(policy: Policy): Uint8Array | null {
  try {
    return compile([policy], noFacts).table;
  } catch (error) {
    if (!isFailure(error) || error.code !== 'limit') throw error;
    counts.refused++;
    return null;
  }
}

function eventAt(path: Uint8Array): PolicyEvent {
  const process = { executable: { kind: 'none' }, userId: 0, interactive: false, sessionLeader: utf8.encode('') } as const;
  return { kind: 'pairs', process, pairs: [{ operations: ['createFile'], paths: { kind: 'paths', paths: [path] }, mount: 'image' }] };
}
