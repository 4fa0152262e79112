import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import type { ContainerFacts } from '#base';
import { decide, type Verdict } from '#compiler';
import type { DecisionCore } from '#kernel';
import { allowedVerdicts, judge } from '#oracle';
import type { Policy, PolicyEvent } from '#policy';
import { askBpf } from '../../../src/cli/judging/bpf.ts';
import { encodeEvents, readVerdicts } from '../../../src/cli/judging/native-wire.ts';
import { openBpf } from './bpf.ts';
import { coarseTables, engines, tableOf } from './engines.ts';
import { event, facts, policies } from './generate.ts';

export const eventsEach = 10;

/** Histogram of what was generated. */
export interface Counts {
  pairs: number;
  actions: number;
  byExclude: number;
  undecided: number;
  twoPaths: number;
  directories: number;
  movedAnyway: number;
  /** Pairs that the kernel of this machine answered, too; none if it is not let in. */
  inKernel: number;
}

export interface Agreement {
  readonly counts: Counts;
  readonly coarse: typeof coarseTables;
}

/** Asks all engines about policies made from a seed; throws at the first that the oracle does not allow. */
export function runAgreement(seed: number, policyRuns: number, native: string): Agreement {
  const counts: Counts = { pairs: 0, actions: 0, byExclude: 0, undecided: 0, twoPaths: 0, directories: 0, movedAnyway: 0, inKernel: 0 };
  using core = openBpf();
  const blocks: Uint8Array[] = [];
  const verdicts: Verdict[] = [];
  const cases = fc.tuple(policies, facts, fc.array(event, { minLength: eventsEach, maxLength: eventsEach }));
  fc.assert(
    fc.property(cases, ([given, container, events]) => {
      const unexcluded = given.map(withoutExcludes);
      for (const one of events) {
        const allowed = allowedVerdicts(given, container, one);
        tally(counts, one, allowed[0]!, judge(unexcluded, container, one));
        askOthers(counts, given, container, one, allowed);
      }
      const table = tableOf(given, container);
      blocks.push(encodeEvents(table, events));
      const decided = events.map((one) => decide(table, one));
      verdicts.push(...decided);
      if (core !== undefined) counts.inKernel += compareBpf(core, table, events, decided);
    }),
    { seed, numRuns: policyRuns },
  );
  compareNative(native, blocks, verdicts, seed);
  return { counts, coarse: coarseTables };
}

function askOthers(
  counts: Counts, given: readonly Policy[], container: ContainerFacts, one: PolicyEvent, allowed: readonly Verdict[],
): void {
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

/** The same bytes in the kernel. Returns the number of events. */
function compareBpf(core: DecisionCore, table: Uint8Array, events: readonly PolicyEvent[], verdicts: readonly Verdict[]): number {
  const answers = askBpf(core, table, events);
  answers.forEach((verdict, i) => assert.equal(text(verdict), text(verdicts[i]!), `bpf differs at event ${i}`));
  return answers.length;
}

/** The same bytes and events in C, with sanitizers: no other verdict than the interpreter's. */
function compareNative(program: string, blocks: readonly Uint8Array[], verdicts: readonly Verdict[], seed: number): void {
  const native = readVerdicts(execFileSync(program, { input: Buffer.concat(blocks), maxBuffer: 2 ** 30 }));
  assert.equal(native.length, verdicts.length);
  native.forEach((verdict, i) => assert.equal(text(verdict), text(verdicts[i]!), `native differs at event ${i}, seed ${seed}`));
}

function tally(counts: Counts, one: PolicyEvent, exact: Verdict, unexcluded: Verdict): void {
  counts.pairs++;
  if (exact.actions.length > 0) counts.actions++;
  if (!exact.decided) counts.undecided++;
  if (one.kind === 'directory') counts.directories++;
  const known = one.kind === 'directory' ? [one.from, one.to] : one.pairs.map(({ paths }) => paths);
  if (known.some((paths) => paths.kind === 'paths' && paths.paths.length === 2)) counts.twoPaths++;
  if (text(unexcluded) !== text(exact)) counts.byExclude++;
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
