/** Running the steps of a check one after the other, each with its time, its output shown where it fails. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Environment on top of this process's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Shows the output as it comes; else it is shown if the step fails. */
  readonly live?: boolean;
}

/** Runs all steps, also after one has failed, and says so of each. Exit status 1 if any failed. */
export function runSteps(steps: readonly Step[]): void {
  const failed: string[] = [];
  for (const step of steps) {
    const began = performance.now();
    const ok = runStep(step);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
    if (!ok) failed.push(step.name);
  }
  if (steps.length === 0) failed.push('no step to run');
  if (failed.length > 0) {
    console.log(`failed: ${failed.join(', ')}`);
    process.exitCode = 1;
  }
}

function runStep(step: Step): boolean {
  const [command, ...args] = step.command;
  const run = spawnSync(command!, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...step.env },
    maxBuffer: 1 << 28,
    stdio: ['ignore', step.live ? 'inherit' : 'pipe', step.live ? 'inherit' : 'pipe'],
  });
  if (run.status !== 0 && !step.live) console.log(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`);
  return run.status === 0;
}

/** A step that runs test files; files by glob, so a folder without tests is a failure of Node's runner's own. */
export function testStep(name: string, files: readonly string[], options: Omit<Step, 'name' | 'command'> & { concurrency?: number } = {}): Step {
  const { concurrency, ...rest } = options;
  const flags = ['--test', '--test-reporter', join(root, 'tools/test-reporter.ts')];
  if (concurrency !== undefined) flags.push(`--test-concurrency=${concurrency}`);
  return { name, command: [process.execPath, ...flags, ...files], ...rest };
}
