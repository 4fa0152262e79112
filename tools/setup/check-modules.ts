// Whether node_modules holds what package-lock.json names, at those versions. npm counts an optional
// package that it could not fetch as installed; here every one that fits this machine must be there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Names = string | readonly string[];

interface Entry {
  readonly version?: string;
  readonly os?: Names;
  readonly cpu?: Names;
  readonly libc?: Names;
}

function fits(names: Names | undefined, own: string): boolean {
  if (names === undefined) return true;
  const list = typeof names === 'string' ? [names] : names;
  return list.includes(own)
    || (list.every((name) => name.startsWith('!')) && !list.includes(`!${own}`));
}

const wanted = (entry: Entry): boolean =>
  fits(entry.os, process.platform) && fits(entry.cpu, process.arch) && fits(entry.libc, 'glibc');

function problem(top: string, path: string, entry: Entry): string | undefined {
  const manifest = join(top, path, 'package.json');
  if (!existsSync(manifest)) return `${path} is missing`;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version === entry.version ? undefined
    : `${path} is ${version}, package-lock.json has ${entry.version}`;
}

const top = process.argv[2] ?? '.';
const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as
  { packages: Record<string, Entry> };
const problems = Object.entries(lock.packages)
  .filter(([path, entry]) => path !== '' && wanted(entry))
  .map(([path, entry]) => problem(top, path, entry))
  .filter((text) => text !== undefined);
for (const text of problems) console.error(`setup: ${text}`);
if (problems.length > 0) {
  console.error('setup: npm left packages out; once the registry answers, run the command again');
  process.exit(2);
}
