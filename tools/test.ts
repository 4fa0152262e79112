/**
 * `node tools/test.ts vm|full|soak`: the tests that boot kernels, and in `full` those that take minutes.
 * `D4C_KERNEL` names the kernel for each file.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runSteps, testStep } from './run.ts';
import type { Step } from './run.ts';

const kernels = ['6.12', '6.1'] as const;

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .sort();
}

/** Machines at a time: a test mostly waits in one of its two processors, and loads nothing meanwhile. */
const machines = 2;

/** End-to-end tests on one kernel, a machine for each file. */
function onKernel(kernel: string): Step {
  const files = testFiles('test/vm').filter((file) => !series.includes(file) && file !== others);
  return testStep(`end to end on ${kernel}`, files, { live: true, concurrency: machines, env: { D4C_KERNEL: kernel } });
}

/** Boots kernels of its own. */
const others = 'test/vm/kernel/others.test.ts';

/** Each case once where a task can lose the processor anywhere, also amid our programs: on the newest of the kernels. */
const preempted = testStep('cases on trixie with preempt=full', ['test/vm/cases.test.ts'], {
  live: true, env: { D4C_KERNEL: 'trixie', D4C_PREEMPT: 'full', D4C_OFF: 'no' },
});

/** They take all of the machine: nothing else is tested beside them. */
const series = ['test/vm/kernel/kills.test.ts', 'test/vm/kernel/swaps.test.ts', 'test/vm/kernel/starts.test.ts'];

/** The long series, or a part of them. */
function seriesOn(kernel: string, part: string): Step {
  const name = `long series on ${kernel}, ${part === '1' ? 'whole' : `a part of ${part}`}`;
  return testStep(name, series, { live: true, concurrency: 1, env: { D4C_KERNEL: kernel, D4C_SOAK: part } });
}

/** Tests of the kernel half by itself, and of the language's cases under its hooks: in `full` alone. */
const inDepth = ['test/vm/kernel/', 'test/vm/spec.test.ts'];

/** What users do and see, on one kernel; of the cases, which are many and much alike, each third, once. */
function asUsers(kernel: string): Step {
  const files = testFiles('test/vm').filter((file) => !inDepth.some((start) => file.startsWith(start)));
  return testStep(`end to end on ${kernel}`, files, { live: true, concurrency: machines, env: { D4C_KERNEL: kernel, D4C_OFF: 'no', D4C_EACH: '3' } });
}

/** What is slow and needs no machine. */
const slow: readonly Step[] = [
  { name: 'mistakes planted in the oracle', command: [process.execPath, 'test/mutants.ts'], live: true },
  testStep('fuzz: the parser, 60 s', ['test/unit/policy/fuzz.test.ts'], { live: true, env: { D4C_FUZZ_SECONDS: '60' } }),
  testStep('fuzz: the pattern compiler, 60 s', ['test/unit/compiler/fuzz.test.ts'], { live: true, env: { D4C_FUZZ_SECONDS: '60' } }),
  { name: 'fuzz: the reader of tables, 60 s', command: [process.execPath, 'test/fuzz-tables.ts'], live: true },
  testStep('agreement on 100,000 generated pairs', ['test/unit/oracle/agreement.test.ts'], {
    live: true,
    env: { D4C_AGREEMENT_POLICIES: '10000' },
  }),
];

const plans: Record<string, () => readonly Step[]> = {
  vm: () => [asUsers('6.12')],
  full: () => [...slow, ...kernels.map(onKernel), testStep('on other kernels', [others], { live: true }), preempted, seriesOn('6.12', '0.02')],
  soak: () => kernels.map((kernel) => seriesOn(kernel, '1')),
};

const plan = plans[process.argv[2] ?? ''];
if (!plan) {
  console.error(`usage: node tools/test.ts ${Object.keys(plans).join('|')}`);
  process.exitCode = 2;
} else runSteps(plan());
