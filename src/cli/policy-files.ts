import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#base';

/** The policy files that arguments name: of a folder those in it, in the order of their names. */
export async function policyFilesOf(name: string): Promise<readonly string[]> {
  if (name === '-' || !(await isFolder(name))) return [name];
  const files = (await readdir(name)).filter((file) => /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file)).sort();
  if (files.length > 0) return files.map((file) => join(name, file));
  throw new Failure('input', `there is no policy in the folder \`${name}\``, { help: 'policies are its files `*.yaml` and `*.yml`; folders in it are not looked into' });
}

async function isFolder(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isDirectory();
  } catch {
    return false; // whoever reads it as a file says what is wrong with it
  }
}
