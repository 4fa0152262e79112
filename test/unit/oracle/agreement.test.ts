import assert from 'node:assert/strict';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { buildNative } from '../../native/build.ts';
import { type Agreement, eventsEach, runAgreement } from './agreement-run.ts';
import type { Part } from './agreement-worker.ts';

const seed = Number(process.env['D4C_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const policyRuns = Number(process.env['D4C_AGREEMENT_POLICIES'] ?? 300);
const partRuns = 250;

test('all engines agree with the oracle on generated policies and events', async (t) => {
  const parts = partsOf(policyRuns);
  const results = parts.length <= 2 ? parts.map((part) => runAgreement(part.seed, part.policyRuns, buildNative())) : await inWorkers(parts);
  const counts = results.map((result) => result.counts).reduce(sum);
  const coarse = results.map((result) => result.coarse).reduce(most);
  const histogram = `seed ${seed}: ${JSON.stringify(counts)}, coarse tables: ${JSON.stringify(coarse)}`;
  t.diagnostic(histogram);
  if (results.length > 2) console.log(histogram); // a long run's is to be seen
  assert.equal(counts.pairs, policyRuns * eventsEach);
  assert.ok(coarse.automata > 2 && coarse.coarse > 0, 'coarse tables of several automata');
  const share = (count: number): number => count / counts.pairs;
  assert.ok(share(counts.actions) >= 0.3, 'at least 30 % with an action');
  assert.ok(share(counts.byExclude) >= 0.1, 'at least 10 % decided by an exclude');
  assert.ok(share(counts.undecided) >= 0.05, 'at least 5 % undecided');
  assert.ok(share(counts.twoPaths) >= 0.05, 'at least 5 % with two paths');
});

/** `D4C_SEED` of a part that failed and as many policies as a part has run that part again. */
function partsOf(runs: number): readonly Part[] {
  return Array.from({ length: Math.ceil(runs / partRuns) }, (_, i) => ({
    seed: (seed + i) % 2 ** 31,
    policyRuns: Math.min(partRuns, runs - i * partRuns),
  }));
}

async function inWorkers(parts: readonly Part[]): Promise<readonly Agreement[]> {
  const left = [...parts];
  const results: Agreement[] = [];
  const native = buildNative();
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), parts.length) }, async () => {
    const worker = new Worker(new URL('agreement-worker.ts', import.meta.url), { workerData: { native } });
    try {
      for (let part = left.shift(); part !== undefined; part = left.shift()) {
        worker.postMessage(part);
        const [result] = (await once(worker, 'message')) as [Agreement]; // a failure in it is an `error`
        results.push(result);
      }
    } finally {
      await worker.terminate();
    }
  }));
  return results;
}

function sum(a: Agreement['counts'], b: Agreement['counts']): Agreement['counts'] {
  const names = Object.keys(a) as (keyof Agreement['counts'])[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Agreement['counts'];
}

const most = (a: Agreement['coarse'], b: Agreement['coarse']): Agreement['coarse'] =>
  ({ automata: Math.max(a.automata, b.automata), coarse: Math.max(a.coarse, b.coarse) });
