import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContainerFacts } from '#base';
import { decide, type Verdict } from '#compiler';
import { allowedVerdicts, judge } from '#oracle';
import type { Policy, PolicyEvent } from '#policy';
import { encodeEvents, readVerdicts } from '../../../src/cli/judging/native-wire.ts';
import { buildNative } from '../../native/build.ts';
import { coarseTables, engines, tableOf } from './engines.ts';
import { event, facts, policies } from './generate.ts';

const seed = Number(process.env['D4C_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const policyRuns = Number(process.env['D4C_AGREEMENT_POLICIES'] ?? 300);
const eventsEach = 10;

test('all engines agree with the oracle on generated policies and events', (t) => {
  const counts = { pairs: 0, actions: 0, byExclude: 0, undecided: 0, twoPaths: 0, directories: 0, movedAnyway: 0 };
  const blocks: Uint8Array[] = [];
  const verdicts: Verdict[] = [];
  const cases = fc.tuple(policies, facts, fc.array(event, { minLength: eventsEach, maxLength: eventsEach }));
  fc.assert(
    fc.property(cases, ([given, container, events]) => {
      for (const one of events) {
        const allowed = allowedVerdicts(given, container, one);
        tally(counts, given, container, one, allowed[0]!);
        for (const engine of engines.slice(1)) {
          if (engine.cannot?.(one)) continue;
          const verdict = engine.judge(given, container, one);
          if (text(verdict) !== text(allowed[0]!)) counts.movedAnyway++;
          assert.ok(
            allowed.some((other) => text(other) === text(verdict)),
            `${engine.name} says ${text(verdict)}, the oracle ${allowed.map(text).join(' or ')}`,
          );
        }
      }
      const table = tableOf(given, container);
      blocks.push(encodeEvents(table, events));
      verdicts.push(...events.map((one) => decide(table, one)));
    }),
    { seed, numRuns: policyRuns },
  );
  t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
  compareNative(blocks, verdicts);
  t.diagnostic(`coarse tables: ${JSON.stringify(coarseTables)}`);
  assert.ok(coarseTables.automata > 2 && coarseTables.coarse > 0, 'coarse tables of several automata');
  const share = (count: number): number => count / counts.pairs;
  assert.ok(share(counts.actions) >= 0.3, 'at least 30 % with an action');
  assert.ok(share(counts.byExclude) >= 0.1, 'at least 10 % decided by an exclude');
  assert.ok(share(counts.undecided) >= 0.05, 'at least 5 % undecided');
  assert.ok(share(counts.twoPaths) >= 0.05, 'at least 5 % with two paths');
});

/** The same bytes and events in C, with sanitizers: no other verdict than the interpreter's. */
function compareNative(blocks: readonly Uint8Array[], verdicts: readonly Verdict[]): void {
  const output = execFileSync(buildNative(), { input: Buffer.concat(blocks), maxBuffer: 2 ** 30 });
  const native = readVerdicts(output);
  assert.equal(native.length, verdicts.length);
  native.forEach((verdict, i) => assert.equal(text(verdict), text(verdicts[i]!), `native differs at event ${i}, seed ${seed}`));
}

type Counts = Record<'pairs' | 'actions' | 'byExclude' | 'undecided' | 'twoPaths' | 'directories' | 'movedAnyway', number>;

function tally(counts: Counts, given: readonly Policy[], container: ContainerFacts, one: PolicyEvent, exact: Verdict): void {
  counts.pairs++;
  if (exact.actions.length > 0) counts.actions++;
  if (!exact.decided) counts.undecided++;
  if (one.kind === 'directory') counts.directories++;
  const known = one.kind === 'directory' ? [one.from, one.to] : one.pairs.map(({ paths }) => paths);
  if (known.some((paths) => paths.kind === 'paths' && paths.paths.length === 2)) counts.twoPaths++;
  if (text(judge(given.map(withoutExcludes), container, one)) !== text(exact)) counts.byExclude++;
}

function withoutExcludes(policy: Policy): Policy {
  return {
    ...policy,
    sections: policy.sections.map((section) => ({
      ...section,
      responses: section.responses.map((response) => ({ ...response, exclude: [] })),
    })),
  };
}

function text({ actions, decided }: Verdict): string {
  return `[${actions.join(' ')}]${decided ? '' : ' undecided'}`;
}
