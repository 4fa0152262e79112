/** Where things lie, content keys, and making a file or folder so that it is whole or not there. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '#base';

/** From here as from the bundle (build/bundle) it is two up. */
export const checkout = join(import.meta.dirname, '../..');
/** Sources of what runs in the guest. */
export const guestFolder = join(checkout, 'tools/vm/guest');
export const cacheFolder = join(checkout, '.cache/vm');
const runsKeptMs = 24 * 3600 * 1000;

/** The prefix of Debian packages for virtual machines, set up if it is missing. */
export function vmPrefix(): string {
  return runTool(join(checkout, 'bin/setup'), ['prefix'], { stderr: 'inherit' }).toString().trim();
}

/** The prefix of kernels that few ask for, set up if it is missing. */
export function otherKernelsPrefix(): string {
  return runTool(join(checkout, 'bin/setup'), ['kernels'], { stderr: 'inherit' }).toString().trim();
}

export function runTool(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stderr?: 'inherit' | 'pipe' } = {},
): Buffer {
  const result = spawnSync(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', options.stderr ?? 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (result.status === 0) return result.stdout;
  throw new Failure('internal', `${program} failed: ${result.error?.message ?? String(result.stderr ?? '').trim()}`, {
    cause: result.error,
  });
}

/** For what a starting guest should not wait for. */
export function runToolAsync(program: string, args: readonly string[]): Promise<void> {
  return new Promise((settle, fail) => {
    execFile(program, args, (error, _, stderr) => {
      if (!error) settle();
      else fail(new Failure('internal', `${program} failed: ${stderr.trim()}`, { cause: error }));
    });
  });
}

/** One key for any mixture of texts and files' contents; order and borders count. */
export function contentKey(parts: readonly (string | { readonly file: string })[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : readFileSync(part.file);
    hash.update(`${typeof part === 'string' ? 't' : 'f'}${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

/** A folder of this run's own; what killed runs left goes after a day. */
export function runFolder(): string {
  const runs = join(cacheFolder, 'runs');
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    const path = join(runs, name);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > runsKeptMs) rmSync(path, { recursive: true, force: true });
  }
  return mkdtempSync(join(runs, 'run.'));
}

/**
 * The cached file KIND-KEY, made by `make` under another name if it is missing. Of each kind the newest
 * `kept` stay: one in use now has just been touched.
 */
export async function cachedFile(
  kind: string,
  key: string,
  make: (path: string) => void | Promise<void>,
  kept = 2,
): Promise<string> {
  const path = join(cacheFolder, `${kind}-${key}`);
  if (existsSync(path)) {
    utimesSync(path, new Date(), new Date());
    return path;
  }
  mkdirSync(dirname(path), { recursive: true });
  const folder = runFolder();
  try {
    await make(join(folder, 'made'));
    renameSync(join(folder, 'made'), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  dropOld(kind, kept);
  return path;
}

function dropOld(kind: string, kept: number): void {
  const pattern = new RegExp(`^${kind.replaceAll('.', '\\.')}-[0-9a-f]{16}$`);
  const dated = readdirSync(cacheFolder)
    .filter((name) => pattern.test(name))
    .map((name) => ({ name, used: statSync(join(cacheFolder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.used - a.used);
  for (const { name } of dated.slice(kept)) rmSync(join(cacheFolder, name), { force: true });
}
