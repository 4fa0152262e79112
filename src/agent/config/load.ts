import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure } from '#base';
import { parsePolicy } from '#policy';
import type { CheckedFile, Policy } from '#policy';
import { readConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { codes } from './node.ts';

/** All that an agent is told to do. */
export interface Orders {
  readonly config: AgentConfig;
  readonly policies: readonly Policy[];
}

/** Either orders without an error, or the files with their findings: then nothing is put in force. */
export type Loaded =
  | { readonly kind: 'fine'; readonly orders: Orders; readonly warnings: readonly CheckedFile[] }
  | { readonly kind: 'errors'; readonly files: readonly CheckedFile[] };

export function loadOrders(configFile: string): Loaded {
  const text = read(configFile);
  const { config, findings } = readConfig(text, process.env);
  if (config === undefined) return { kind: 'errors', files: [{ file: configFile, text, findings }] };
  const files = policyFiles(config, configFile);
  if (files.length === 0) return { kind: 'errors', files: [noPolicies(config, configFile, text)] };
  const parsed = files.map((file) => {
    const bytes = readBytes(file);
    return { file, ...parsePolicy(file, bytes) };
  });
  const withErrors = parsed.filter(({ findings: list }) => list.some(({ severity }) => severity === 'error'));
  if (withErrors.length > 0) return { kind: 'errors', files: withErrors };
  const policies = parsed.map(({ policy }) => policy!);
  return { kind: 'fine', orders: { config, policies }, warnings: parsed.filter((file) => file.findings.length > 0) };
}

/** In the order of the globs, each file once, those of one glob by name. */
function policyFiles(config: AgentConfig, configFile: string): readonly string[] {
  const folder = dirname(resolve(configFile));
  const files = config.policies.flatMap((glob) => matches(glob, folder).map((file) => resolve(folder, file)));
  return [...new Set(files)];
}

/** A plain name needs no search, and not the half a second that the matcher takes to load on a slow machine. */
function matches(glob: string, folder: string): readonly string[] {
  if (!/[*?[\]{}()!+@\\]/.test(glob)) return existsSync(resolve(folder, glob)) ? [glob] : [];
  return globSync(glob, { cwd: folder }).sort();
}

function noPolicies(config: AgentConfig, file: string, text: string): CheckedFile {
  const named = config.policies.map((glob) => `\`${glob}\``).join(', ');
  const start = Math.max(0, text.indexOf('policies'));
  const finding = {
    code: codes.policies,
    severity: 'error',
    message: `no file matches ${named}`,
    help: `globs are relative to the folder of ${file}`,
    span: { start, end: start + 'policies'.length },
    related: [],
  } as const;
  return { file, text, findings: [finding] };
}

function read(file: string): string {
  return new TextDecoder().decode(readBytes(file));
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Failure('io', `cannot read \`${file}\`: ${(cause as Error).message}`, { cause, help: 'give a file that can be read' });
  }
}
