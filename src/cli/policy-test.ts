/** `d4c policy test`: unit tests of policies, written in YAML. */
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Failure, isFailure } from '#base';
import { explain, type ExplainedResponse, type ExplainedSelector, type VerdictAction } from '#compiler';
import type { CheckedFile, Policy } from '#policy';
import { type EngineName, engineNames, type Judge, openEngine } from './judging/engines.ts';
import { complain, documents, type Mode, readPolicies, readPolicy } from './judging/policies.ts';
import { type PolicyTest, readTestFile, type TestFile } from './judging/test-file.ts';
import { type Reason, whyFailed } from './judging/why.ts';
import { exitCodes, painter } from './output.ts';
import { readPolicyFile } from './read-file.ts';

interface TestOptions {
  readonly engine: EngineName;
  readonly mode?: Mode;
  readonly coverage?: true;
  readonly json?: true;
}

export function registerPolicyTest(policy: Command): void {
  policy
    .command('test')
    .description('runs unit tests of policies: files that say which operation is to have which outcome')
    .argument('<file...>', 'test files')
    .addOption(new Option('--engine <engine>', 'what evaluates').choices([...engineNames]).default('tables'))
    .addOption(new Option('--mode <mode>', 'as if the policies had this mode (default: their own)').choices(['enforce', 'monitor']))
    .option('--coverage', 'also lists selectors and responses that no test reaches (default: off)')
    .option('--json', 'one JSON document (default: text)')
    .action(async (files: readonly string[], options: TestOptions) => {
      process.exitCode = await run(files, options);
    });
}

interface Result {
  readonly file: string;
  readonly name: string;
  readonly pass: boolean;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly undecided: boolean;
  /** Of a test that failed: what decided otherwise. */
  readonly why?: readonly Reason[];
}

interface Loaded {
  readonly file: string;
  readonly read: TestFile;
  readonly policies: readonly Policy[];
}

async function run(files: readonly string[], options: TestOptions): Promise<number> {
  const loaded: Loaded[] = [];
  for (const file of files) {
    const one = await load(file, options.mode);
    if ('broken' in one) return tellBroken(one.broken, options.json === true);
    loaded.push(one);
  }
  const judge = await openEngine(options.engine);
  const results: Result[] = [];
  for (const { file, read, policies } of loaded) {
    for (const test of read.tests) results.push(await runTest(judge, file, policies, test));
  }
  const missed = options.coverage === true ? unreached(loaded) : undefined;
  process.stdout.write(options.json === true ? renderJson(results, missed) : renderText(results, missed));
  return results.every(({ pass }) => pass) ? exitCodes.fine : exitCodes.findings;
}

async function load(file: string, mode: Mode | undefined): Promise<Loaded | { readonly broken: readonly CheckedFile[] }> {
  const read = readTestFile(file, new TextDecoder().decode(await readPolicyFile(file)));
  if (read.policy !== undefined) {
    const policy = readPolicy(file, read.policy, mode);
    return 'findings' in policy ? { broken: [policy] } : { file, read, policies: [policy] };
  }
  const { policies, broken } = await named(file, () => readPolicies(read.policies.map((name) => join(dirname(file), name)), mode));
  return broken.length > 0 ? { broken } : { file, read, policies };
}

/** A policy that cannot be read is told with the file that names it. */
async function named<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isFailure(cause) || cause.code !== 'io') throw cause;
    throw new Failure('io', `${file}: ${cause.message}`, { help: 'names under `policies` are relative to the file of tests', cause });
  }
}

/** No test is run of policies that have errors. */
function tellBroken(broken: readonly CheckedFile[], asJson: boolean): number {
  if (asJson) process.stdout.write(`${JSON.stringify({ passed: 0, failed: 0, tests: [], files: documents(broken) })}\n`);
  else broken.forEach(complain);
  return exitCodes.findings;
}

async function runTest(judge: Judge, file: string, policies: readonly Policy[], test: PolicyTest): Promise<Result> {
  const verdict = await judge(policies, test.container, test.event);
  const actual = verdict.actions.filter((action: VerdictAction) => action !== 'wouldBlock');
  const expected = [...new Set(test.expect)];
  const same = actual.length === expected.length && expected.every((action) => actual.includes(action));
  const undecided = !verdict.decided;
  const pass = same && undecided === test.undecided;
  const why = pass ? {} : { why: whyFailed(policies, test, actual, undecided) };
  return { file, name: test.name, pass, expected, actual, undecided, ...why };
}

interface Unreached {
  readonly selectors: readonly ExplainedSelector[];
  readonly responses: readonly ExplainedResponse[];
}

/** What holds, or applies, in no test; undecided counts as not reached. */
function unreached(loaded: readonly Loaded[]): Unreached {
  const selectors = new Map<string, ExplainedSelector>();
  const responses = new Map<string, ExplainedResponse>();
  const reached = new Set<string>();
  for (const { read, policies } of loaded) {
    for (const { container, event } of read.tests) {
      const explanation = explain(policies, container, event);
      for (const selector of explanation.selectors) {
        const key = `${selector.file} ${selector.section} selector ${selector.name}`;
        selectors.set(key, selector);
        if (selector.holds === true) reached.add(key);
      }
      for (const response of explanation.responses) {
        const key = `${response.file} ${response.section} response ${response.index}`;
        responses.set(key, response);
        if (response.applies === true) reached.add(key);
      }
    }
  }
  const left = <T>(all: ReadonlyMap<string, T>): T[] => [...all].filter(([key]) => !reached.has(key)).map(([, one]) => one);
  return { selectors: left(selectors), responses: left(responses) };
}

function renderJson(results: readonly Result[], missed: Unreached | undefined): string {
  const passed = results.filter(({ pass }) => pass).length;
  const coverage = missed === undefined ? {} : {
    coverage: {
      selectors: missed.selectors.map(({ file, section, name, line }) => ({ file, section, name, line })),
      responses: missed.responses.map(({ file, section, index, line }) => ({ file, section, index, line })),
    },
  };
  return `${JSON.stringify({ passed, failed: results.length - passed, tests: results, ...coverage }, null, 2)}\n`;
}

function renderText(results: readonly Result[], missed: Unreached | undefined): string {
  const paint = painter(process.stdout);
  const lines: string[] = [];
  for (const { file, name, pass, expected, actual, undecided, why = [] } of results) {
    if (pass) continue;
    const open = undecided ? ', undecided' : '';
    lines.push(`${paint('error', 'failed')} ${file}: ${name}`, `  expected [${expected.join(', ')}], is [${actual.join(', ')}]${open}`);
    lines.push(...why.flatMap(({ text }) => text).map((line) => `  ${line}`));
  }
  const failed = results.filter(({ pass }) => !pass).length;
  lines.push(`${results.length - failed} passed, ${failed} failed`);
  if (missed !== undefined) {
    for (const { file, line, name } of missed.selectors) lines.push(`${file}:${line}: selector \`${name}\` holds in no test`);
    for (const { file, line } of missed.responses) lines.push(`${file}:${line}: this response applies in no test`);
    if (missed.selectors.length + missed.responses.length === 0) lines.push('every selector and response is reached');
  }
  return `${lines.join('\n')}\n`;
}
