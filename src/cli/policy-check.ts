/** `d4c policy check`: every finding of policies, in the format that is asked for. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { isFailure } from '#base';
import type { Failure } from '#base';
import { locate, parsePolicy, renderText } from '#policy';
import type { CheckedFile } from '#policy';
import { exitCodes, painter, printFailure } from './output.ts';
import { readPolicyFile } from './read-file.ts';
import { version } from './version.ts';

const formats = ['text', 'line', 'json', 'sarif', 'github'] as const;
type Format = (typeof formats)[number];

interface CheckOptions {
  readonly format: Format;
  readonly json?: true;
  readonly strict?: true;
}

export function registerPolicyCheck(policy: Command): void {
  policy
    .command('check')
    .description(
      'checks policies: every error and warning, with its place and what to write instead',
    )
    .argument('<file...>', 'policy files; `-` is standard input')
    .addOption(
      new Option('--format <format>', 'how findings are written')
        .choices([...formats])
        .default('text'),
    )
    .option('--json', 'the same as --format json')
    .option('--strict', 'exit status 1 for warnings too (default: for errors only)')
    .action(async (files: readonly string[], options: CheckOptions) => {
      process.exitCode = await check(files, options);
    });
}

/** A file that was read, or why it could not be. */
type Outcome = CheckedFile | { readonly file: string; readonly failure: Failure };

async function check(files: readonly string[], options: CheckOptions): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await checkFile(file));
  const checked = outcomes.filter((outcome) => 'findings' in outcome);
  const failed = outcomes.filter((outcome) => 'failure' in outcome);
  for (const { failure } of failed) printFailure(failure);
  process.stdout.write(
    await render(options.json === true ? 'json' : options.format, outcomes, checked),
  );
  if (failed.length > 0) return exitCodes.failure;
  const findings = checked.flatMap((file) => file.findings);
  const isBad = findings.some(({ severity }) => severity === 'error' || options.strict === true);
  return isBad ? exitCodes.findings : exitCodes.fine;
}

async function checkFile(file: string): Promise<Outcome> {
  try {
    const { policy, text, findings } = parsePolicy(file, await readPolicyFile(file));
    if (policy === null) return { file, text, findings };
    const { limitFindings } = await import('./findings/limits.ts');
    return { file, text, findings: [...limitFindings(policy), ...findings] };
  } catch (failure) {
    if (isFailure(failure)) return { file, failure };
    throw failure;
  }
}

async function render(
  format: Format,
  outcomes: readonly Outcome[],
  checked: readonly CheckedFile[],
): Promise<string> {
  switch (format) {
    case 'text':
      return renderForPeople(checked);
    case 'line':
      return checked.map((await import('./findings/line.ts')).renderLine).join('');
    case 'github':
      return checked.map((await import('./findings/github.ts')).renderGithub).join('');
    case 'sarif':
      return (await import('./findings/sarif.ts')).renderSarif(checked, version());
    case 'json':
      return `${JSON.stringify({ files: outcomes.map(jsonOf) }, null, 2)}\n`;
  }
}

function jsonOf(outcome: Outcome): object {
  const { file } = outcome;
  if ('failure' in outcome) {
    const { message, help } = outcome.failure;
    return { file, ok: false, findings: [], failure: { message, help } };
  }
  const ok = outcome.findings.every(({ severity }) => severity !== 'error');
  return { file, ok, findings: locate(outcome) };
}

function renderForPeople(checked: readonly CheckedFile[]): string {
  const paint = painter(process.stdout);
  const parts = checked.map((file) => {
    if (file.findings.length === 0) return `${file.file}: no findings\n`;
    return `${renderText(file, paint)}\n${file.file}: ${summary(file)}\n`;
  });
  return parts.join('\n');
}

function summary({ findings }: CheckedFile): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const parts = [count(errors, 'error'), count(warnings, 'warning')].filter((part) => part !== '');
  return parts.join(' and ');
}

function count(number: number, what: string): string {
  return number === 0 ? '' : `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** For commands that take policies: whether all are free of errors; if not, the findings are on standard error. */
export async function checkFiles(files: readonly string[]): Promise<boolean> {
  let isFine = true;
  for (const file of files) {
    const checked = await checkFile(file);
    if ('failure' in checked) throw checked.failure;
    const errors = checked.findings.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) continue;
    process.stderr.write(
      `${renderText({ ...checked, findings: errors }, painter(process.stderr))}\n`,
    );
    isFine = false;
  }
  return isFine;
}
