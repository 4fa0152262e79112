/** `d4c policy new`: a commented starter policy that is useful as it stands. */
import { existsSync, fstatSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Command } from 'commander';
import { Failure, parseImageReference } from '#base';
import { type StarterImage, starterPolicy, starterTests } from '#policy';
import { exitCodes, painter } from './output.ts';

interface NewOptions {
  readonly image?: string;
  readonly output?: string;
  readonly withTests?: true;
}

const defaultFile = 'starter.yaml';

export function registerPolicyNew(policy: Command): void {
  policy
    .command('new')
    .description('writes a commented starter policy in mode monitor: it reports what it would block, and blocks nothing')
    .option('--image <name>', 'only for containers of this image: `nginx`, `quay.io/argoproj/argocd`, `registry.example/team/*` (default: for all)')
    .option('--output <file>', `where to write it; \`-\` is standard output (default: the image's name, or ${defaultFile})`)
    .option('--with-tests', 'also writes tests of the policy beside it, as FILE.test.yml (default: off)')
    .action((options: NewOptions) => {
      process.exitCode = run(options);
    });
}

function run({ image, output, withTests }: NewOptions): number {
  const about = image === undefined ? null : imageOf(image);
  const file = output ?? (about === null ? defaultFile : `${fileName(about.value)}.yaml`);
  if (file === '') throw new Failure('usage', '`--output` is empty', { help: `give the name of a file, like \`${defaultFile}\`, or \`-\`` });
  const isStdout = file === '-';
  if (isStdout && withTests === true) {
    throw new Failure('usage', '`--with-tests` writes a file beside the policy, which goes to standard output', { help: 'give `--output FILE`' });
  }
  const options = { name: isStdout ? 'starter' : basename(file, extname(file)), image: about };
  const text = starterPolicy(options);
  if (isStdout) process.stdout.write(text);
  const tests = withTests === true ? join(dirname(file), `${basename(file, extname(file))}.test.yml`) : null;
  if (!isStdout) writeAll([[file, text], ...(tests === null ? [] : [[tests, starterTests(basename(file), options)] as const])]);
  const isRedirected = output === undefined && fstatSync(1).isFile();
  (isStdout || isRedirected ? process.stderr : process.stdout).write(nextSteps(isStdout ? 'FILE' : file, tests, about, image));
  if (isRedirected) process.stderr.write(redirectedHint);
  return exitCodes.fine;
}

/** Who redirects standard output into a file wants the policy there, not what is said about it. */
const redirectedHint = '\nnothing went to standard output: `--output -` writes the policy there\n';

/** A name without a slash is one of any registry; a tag is left out, as a policy is to outlive it. */
function imageOf(given: string): NonNullable<StarterImage> {
  if (given.includes('*') && /^[\w.\-/:*]+$/.test(given)) {
    return { condition: given.includes('/') ? 'containerImageFullName' : 'containerImageName', value: given };
  }
  const reference = parseImageReference(given);
  if (reference === null || !/^[\w.\-/:@+]+$/.test(given)) {
    throw new Failure('usage', `\`${given}\` is no name of an image`, { help: 'write `nginx`, or with its registry: `quay.io/argoproj/argocd`; `*` stands for any text' });
  }
  const isShort = !given.includes('/');
  return isShort ? { condition: 'containerImageName', value: reference.name } : { condition: 'containerImageFullName', value: reference.fullName };
}

function fileName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).replaceAll('*', '') || 'starter';
}

/** All of the files or none: what is there already is left alone. */
function writeAll(files: readonly (readonly [string, string])[]): void {
  const there = files.find(([file]) => existsSync(file));
  if (there !== undefined) throw isThere(there[0]);
  for (const [file, text] of files) {
    try {
      writeFileSync(file, text, { flag: 'wx' });
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw isThere(file);
      if (code === 'ENOENT') throw new Failure('io', `\`${file}\` cannot be written: there is no folder \`${dirname(file)}\``, { help: `make it: \`mkdir -p ${dirname(file)}\``, cause });
      throw new Failure('io', `\`${file}\` cannot be written: ${message}`, { help: 'give a file in a folder that you may write to', cause });
    }
  }
}

function isThere(file: string): Failure {
  return new Failure('io', `\`${file}\` is there already, and is left as it is`, { help: 'give another name with `--output FILE`, or remove it' });
}

function nextSteps(file: string, tests: string | null, image: StarterImage, given: string | undefined): string {
  const paint = painter(process.stdout);
  const tag = given === undefined || image === null ? null : parseImageReference(given);
  const hasTag = given !== undefined && /[:@]/.test(given.slice(given.lastIndexOf('/') + 1)) && tag !== null;
  const lines = [
    ...(file === 'FILE' ? [] : [`wrote ${paint('place', file)}${tests === null ? '' : ` and ${paint('place', tests)}`}`]),
    ...(hasTag ? [`it is for every version of the image: \`${image!.value}\``] : []),
    '',
    'what to do next',
    `  check     d4c policy check --strict ${file}    (look at the lines with ADAPT first)`,
    `  test      ${tests === null ? '`--with-tests` writes tests to begin with' : `d4c policy test ${tests}`}`,
    '  monitor   name it under `policies` in the configuration of the agent: it reports, and blocks nothing',
    `  simulate  d4c policy simulate ${file} --mode enforce --events /var/lib/d4c/d4c.db`,
    '            after some days: what it would have blocked, and where; exclude what is harmless',
    `  diff      d4c policy diff BEFORE ${file}`,
    '            after each change: whether it changed what you meant, and nothing else',
    '  enforce   write `mode: enforce`',
  ];
  return `${lines.join('\n')}\n`;
}
