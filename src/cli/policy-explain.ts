/** `d4c policy explain`: what policies say of one operation, and the selectors and responses behind it. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { Failure } from '#base';
import { explain, type ExplainedResponse, type ExplainedSelector, type Explanation, type Holds } from '#compiler';
import type { KnownPaths, MountKind, PolicyEvent } from '#policy';
import { containerOptionHelp, parseContainerFacts } from './container-facts.ts';
import { type Asked, factOf } from './judging/facts-of.ts';
import { loadPolicies, type Mode } from './judging/policies.ts';
import { mountKinds, operationOf } from './judging/words.ts';
import { exitCodes, painter } from './output.ts';
import { kernelPath, parseProcessFacts, processOptionHelp } from './process-facts.ts';

interface ExplainOptions {
  readonly operation: string;
  readonly path?: readonly string[];
  readonly unknownPath?: true;
  readonly container?: readonly string[];
  readonly process?: readonly string[];
  readonly mount: MountKind;
  readonly mode?: Mode;
  readonly json?: true;
}

const repeatable = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function registerPolicyExplain(policy: Command): void {
  policy
    .command('explain')
    .description('what policies say of an operation, and the selectors and responses behind it')
    .argument('<file...>', 'policy files; `-` is standard input')
    .requiredOption('--operation <op[,op]>', 'the operations that it is at the path')
    .option('--path <path>', 'the path, or repeated: the two paths of one file (default: it has none)', repeatable)
    .option('--unknown-path', 'the path is not known (default: off)')
    .option('--container <key=value>', `${containerOptionHelp} (default: it has none)`, repeatable)
    .option('--process <key=value>', processOptionHelp, repeatable)
    .addOption(new Option('--mount <kind>', 'by what kind of mount the file is reached').choices([...mountKinds]).default('image'))
    .addOption(new Option('--mode <mode>', 'as if the policies had this mode (default: their own)').choices(['enforce', 'monitor']))
    .option('--json', 'one JSON document (default: text)')
    .action(async (files: readonly string[], options: ExplainOptions) => {
      process.exitCode = await run(files, options);
    });
}

async function run(files: readonly string[], options: ExplainOptions): Promise<number> {
  const event = eventOf(options);
  const facts = parseContainerFacts(options.container ?? []);
  const policies = await loadPolicies(files, options.mode, options.json);
  if (policies === null) return exitCodes.findings;
  const explanation = explain(policies, facts, event);
  process.stdout.write(options.json === true ? `${JSON.stringify(shown(explanation), null, 2)}\n` : render(explanation, { container: facts, event }));
  return exitCodes.fine;
}

function eventOf(options: ExplainOptions): PolicyEvent {
  const operations = options.operation.split(',').map((word) => operationOf(word.trim()));
  const given = options.path ?? [];
  if (options.unknownPath === true && given.length > 0) {
    throw new Failure('usage', '`--unknown-path` stands beside `--path`', { help: 'leave one of them out' });
  }
  const utf8 = new TextEncoder();
  const paths: KnownPaths =
    options.unknownPath === true ? { kind: 'unknown' }
    : given.length === 0 ? { kind: 'none' }
    : { kind: 'paths', paths: given.map((path) => utf8.encode(kernelPath(path))) };
  return { kind: 'pairs', pairs: [{ operations, paths, mount: options.mount }], process: parseProcessFacts(options.process ?? []) };
}

/** In mode monitor there is no `block`: what would be one is said apart. */
function shown(explanation: Explanation): object {
  const { actions, decided, responses, selectors } = explanation;
  const real = actions.filter((action) => action !== 'wouldBlock');
  return { actions: real, decided, ...(real.length < actions.length ? { wouldBlock: true } : {}), responses, selectors };
}

function render(explanation: Explanation, asked: Asked): string {
  const paint = painter(process.stdout);
  const { actions, decided, responses, selectors } = explanation;
  const words = actions.map((action) => (action === 'wouldBlock' ? 'would block (mode monitor)' : action));
  const sum = words.length > 0 ? words.join(', ') : decided ? 'allowed, nothing is recorded' : 'nothing certain yet';
  const open = decided ? '' : ' (undecided: facts of the container could add to it)';
  const lines = [`${paint('place', sum)}${open}`, ''];
  for (const response of responses) {
    lines.push(...responseLines(response, selectors, asked));
  }
  return `${lines.join('\n')}\n`;
}

function responseLines(response: ExplainedResponse, selectors: readonly ExplainedSelector[], asked: Asked): readonly string[] {
  const { file, line, applies, actions, match, exclude, section } = response;
  const lines = [`${file}:${line}  response [${actions.join(', ')}] ${says(applies, 'applies', 'does not apply')}`];
  const add = (role: string, name: string): void => {
    const selector = selectors.find((one) => one.file === file && one.section === section && one.name === name);
    if (selector === undefined) return;
    lines.push(`  ${role} ${name} (line ${selector.line}) ${says(selector.holds, 'holds', 'does not hold')}`);
    for (const condition of selector.conditions) {
      const by = condition.holds !== true ? `: ${factOf(condition.name, asked)}` : condition.value === undefined ? '' : `: ${condition.value}`;
      lines.push(`    line ${condition.line}  ${condition.name} ${says(condition.holds, 'holds', 'does not hold')}${by}`);
    }
  };
  for (const name of match) add('match', name);
  for (const name of exclude) add('exclude', name);
  return lines;
}

function says(holds: Holds, yes: string, no: string): string {
  return holds === 'undecided' ? 'is undecided' : holds ? yes : no;
}
