/** `d4c policy diff`: what changes in meaning between policies, with a path that shows each change. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { diffPolicies } from '#compiler';
import { diffJson } from './diff/json.ts';
import { type Compared, renderDiff } from './diff/render.ts';
import { loadPolicies, type Mode } from './judging/policies.ts';
import { exitCodes, painter } from './output.ts';
import { policyFilesOf } from './policy-files.ts';

interface DiffOptions {
  readonly allowWeaker?: true;
  readonly mode?: Mode;
  readonly json?: true;
}

export function registerPolicyDiff(policy: Command): void {
  policy
    .command('diff')
    .description('what changes in meaning between policies; exit status 1 if something that was blocked is now allowed')
    .argument('<old>', 'a policy file, or a folder of them: in force together; `-` is standard input')
    .argument('<new>', 'a policy file, or a folder of them')
    .option('--allow-weaker', 'exit status 0 also if something that was blocked is now allowed (default: off)')
    .addOption(new Option('--mode <mode>', 'as if the policies had this mode (default: their own)').choices(['enforce', 'monitor']))
    .option('--json', 'one JSON document (default: text)')
    .action(async (before: string, after: string, options: DiffOptions) => {
      process.exitCode = await run(before, after, options);
    });
}

async function run(before: string, after: string, options: DiffOptions): Promise<number> {
  const oldFiles = await policyFilesOf(before);
  const policies = await loadPolicies([...oldFiles, ...(await policyFilesOf(after))], options.mode, options.json);
  if (policies === null) return exitCodes.findings;
  const old: Compared = { name: before, policies: policies.slice(0, oldFiles.length) };
  const now: Compared = { name: after, policies: policies.slice(oldFiles.length) };
  const diff = diffPolicies(old.policies, now.policies);
  const text = options.json === true ? `${JSON.stringify(diffJson(diff), null, 2)}\n` : renderDiff(diff, old, now, painter(process.stdout));
  process.stdout.write(text);
  if (!diff.isWeaker || options.allowWeaker === true) return exitCodes.fine;
  if (options.json !== true) process.stdout.write('\nsomething that was blocked is now allowed; `--allow-weaker` accepts that\n');
  return exitCodes.findings;
}
