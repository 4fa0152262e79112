/** `d4c demo`: the main job, shown; and a place to try policies and programs in. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { Failure, isFailure } from '#base';
import { containerOptionHelp } from '../container-facts.ts';
import type { DemoOptions } from './plan.ts';
import { makePlan } from './plan.ts';
import { makePrinter } from './print.ts';
import type { DemoEvent, DemoPlan, DemoRun, DemoDocument, Emit } from './stream.ts';

export function registerDemo(program: Command): void {
  const many = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  program
    .command('demo')
    .description('shows the main job: a container under a policy, what is tried in it, and the alerts that come of it')
    .option('--policy <file>', 'a policy to put in force; may be repeated (default: a built-in one)', many, [])
    .option('--run <file>', 'a script or static program, executed as root in a fresh container; may be repeated', many, [])
    .option('--image <dir>', 'a folder whose contents lie at / of the image; may be repeated', many, [])
    .option('--share <dir>', 'a folder that is a volume mount under its own path, writes discarded; may be repeated', many, [])
    .option('--container <key=value>', `${containerOptionHelp}; may be repeated (default: image=docker.io/library/demo:1)`, many, [])
    .option('--kernel <version>', "the virtual machine's kernel: 6.1 or 6.12", '6.12')
    .option('--host', 'on this host itself, without a virtual machine; as root')
    .option('--monitor', 'every policy in mode monitor: nothing is blocked')
    .option('--json', 'one JSON document on standard output')
    .option('--shell', 'a shell in such a container, alerts shown beside it')
    .addOption(new Option('--events', 'events as JSON lines').hideHelp())
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

async function demo(options: DemoOptions): Promise<number> {
  const plan = makePlan(options);
  if (options.host) await beginLoadingHere();
  if (!(await policiesAreFine(plan))) return 1;
  if (options.events) return perform(plan, true, (event) => process.stdout.write(`${JSON.stringify(event)}\n`));
  const here = options.host ?? false;
  if (options.json) {
    const gathered = gather();
    const code = await perform(plan, here, gathered.emit);
    process.stdout.write(`${JSON.stringify(gathered.result(), null, 2)}\n`);
    return code;
  }
  const where = here ? 'on this host' : 'in a virtual machine';
  return perform(plan, here, makePrinter(plan, where, (text) => process.stdout.write(text)));
}

/** The verifier works in a thread while the rest is being imported and the image made. */
async function beginLoadingHere(): Promise<void> {
  const { beginLoading } = await import('#kernel');
  beginLoading({ pinFolder: null });
}

/** Runs the plan; the exit status is 0 if all that was expected was seen. */
async function perform(plan: DemoPlan, here: boolean, show: Emit): Promise<number> {
  let ended = false;
  let verdicts = true;
  let failure: Extract<DemoEvent, { kind: 'failure' }> | undefined;
  const emit: Emit = (event) => {
    if (event.kind === 'end') ended = true;
    if (event.kind === 'verdict' && !event.ok) verdicts = false;
    if (event.kind === 'failure') failure = event;
    show(event);
  };
  try {
    if (here) await (await import('./here.ts')).runHere(plan, emit);
    else await (await import('./machine.ts')).runInMachine(plan, emit, (line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    if (!here || !isFailure(error)) throw error;
    emit({ kind: 'failure', code: error.code, message: error.message, help: error.help ?? null });
  }
  if (failure) {
    throw new Failure(failure.code as Failure['code'], failure.message, failure.help === null ? {} : { help: failure.help });
  }
  if (!ended) throw new Failure('internal', 'the demo ended before its end');
  return verdicts ? 0 : 1;
}

/** Findings of the policies are shown before anything is started. */
async function policiesAreFine(plan: DemoPlan): Promise<boolean> {
  if (plan.policies.length === 0) return true;
  const { checkFiles } = await import('../policy-check.ts');
  return checkFiles(plan.policies);
}

interface DemoResult {
  readonly runs: readonly DemoRun[];
  readonly documents: readonly DemoDocument[];
  readonly counters: Readonly<Record<string, unknown>>;
}

function gather(): { emit: Emit; result: () => DemoResult } {
  const runs: DemoRun[] = [];
  const documents: DemoDocument[] = [];
  let counters: Readonly<Record<string, unknown>> = {};
  return {
    emit: (event) => {
      if (event.kind === 'run') runs.push(event.run);
      if (event.kind === 'document') documents.push(event.document);
      if (event.kind === 'end') counters = event.counters;
    },
    result: () => ({ runs, documents, counters }),
  };
}
