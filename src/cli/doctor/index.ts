/** `d4c doctor`: what this host can do, proved; and what to change where it can't. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { isFailure } from '#base';
import { findCgroupRoot } from '#containers';
import type { HostReport } from '#kernel';
import { canObserve, probeHost } from '#kernel';
import { exitCodes } from '../output.ts';
import type { Proof } from './proof.ts';

export function registerDoctor(parent: Command): void {
  parent
    .command('doctor')
    .description('what this host can do, proved by forbidden operations in a scratch container; and what to change')
    .option('--json', 'one JSON document on standard output')
    .action(async (options: { readonly json?: true }) => {
      process.exitCode = await doctor(options.json === true);
    });
}

interface Diagnosis {
  readonly ok: boolean;
  /** Can at least see what happens. */
  readonly observes: boolean;
  readonly kernel: string;
  readonly checks: HostReport['checks'];
  /** `null`: not tried, since something is missing. */
  readonly proof: Proof | null;
  /** Why the proof failed, if it did. */
  readonly problem: string | null;
}

async function doctor(json: boolean): Promise<number> {
  const report = probeHost();
  const { proof, problem } = report.ok ? await tryProof() : { proof: null, problem: null };
  const ok = report.ok && problem === null && proof !== null && isSound(proof);
  const diagnosis: Diagnosis = { ok, observes: canObserve(report), kernel: report.release, checks: report.checks, proof, problem };
  process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : render(diagnosis));
  return ok ? exitCodes.fine : exitCodes.findings;
}

async function tryProof(): Promise<{ proof: Proof | null; problem: string | null }> {
  try {
    return { proof: await (await import('./proof.ts')).proveHooks(findCgroupRoot()), problem: null };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { proof: null, problem: error.message };
  }
}

/** Every hook denied, and every denial was counted and reported. */
function isSound(proof: Proof): boolean {
  const denied = proof.hooks.filter((hook) => hook.denied).length;
  const { refused, counted, records } = proof;
  return denied > 0 && denied === proof.hooks.length && counted === refused && records === refused;
}

function render({ ok, observes, kernel, checks, proof, problem }: Diagnosis): string {
  const paint = (style: 'green' | 'red', text: string): string => styleText(style, text, { stream: process.stdout });
  const mark = (fine: boolean): string => (fine ? paint('green', 'ok  ') : paint('red', 'NO  '));
  const lines = [`kernel ${kernel}`];
  for (const check of checks) {
    lines.push(`${mark(check.ok)}${check.name.padEnd(9)} ${check.found}`);
    if (!check.ok && check.help !== undefined) lines.push(`    to mend it: ${check.help}`);
  }
  if (proof) {
    lines.push('forbidden operations, tried in a scratch container:');
    for (const { hook, denied, answer } of proof.hooks) lines.push(`${mark(denied)}${hook.padEnd(20)} ${answer}`);
    lines.push(`denials counted in the kernel: ${proof.counted}, records of them: ${proof.records}`);
  }
  if (problem !== null) lines.push(`${mark(false)}proof     ${problem}`);
  lines.push(ok ? paint('green', 'this host can enforce') : paint('red', 'this host cannot enforce'));
  if (!ok && observes) lines.push('it can observe, and deny nothing: `d4c run --monitor`');
  return `${lines.join('\n')}\n`;
}
