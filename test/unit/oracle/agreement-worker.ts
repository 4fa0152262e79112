/** Runs parts of the agreement test as they are asked for; an answer each, or the failure ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { runAgreement } from './agreement-run.ts';

export interface Part {
  readonly seed: number;
  readonly policyRuns: number;
}

const { native } = workerData as { readonly native: string };
parentPort!.on('message', ({ seed, policyRuns }: Part) => {
  parentPort!.postMessage(runAgreement(seed, policyRuns, native));
});
