import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '#base';
import { parseContainerFacts } from '../container-facts.ts';
import type { DemoPlan } from './stream.ts';

export interface DemoOptions {
  readonly policy: readonly string[];
  readonly run: readonly string[];
  readonly image: readonly string[];
  readonly share: readonly string[];
  readonly container: readonly string[];
  readonly kernel: string;
  readonly host?: true;
  readonly monitor?: true;
  readonly json?: true;
  readonly shell?: true;
  readonly events?: true;
}

const kernels = ['6.1', '6.12'] as const;
const defaultContainer = 'image=docker.io/library/demo:1';

/** The options as a plan: paths absolute, files and folders proved to be there and readable. */
export function makePlan(options: DemoOptions): DemoPlan {
  const kernel = kernels.find((known) => known === options.kernel);
  if (!kernel) throw new Failure('usage', `there is no kernel \`${options.kernel}\` to demonstrate on`, { help: `known are ${kernels.join(' and ')}` });
  if (options.shell && options.json) throw new Failure('usage', '`--shell` is for a person, `--json` for a program', { help: 'leave one out' });
  if (options.shell && options.run.length > 0) throw new Failure('usage', '`--shell` and `--run` go apart', { help: 'leave one out' });
  const containerOptions = options.container.length > 0 ? options.container : [defaultContainer];
  return {
    policies: options.policy.map((path) => readable(path, 'file')),
    runs: options.run.map((path) => readable(path, 'file')),
    images: options.image.map((path) => readable(path, 'folder')),
    shares: options.share.map((path) => readable(path, 'folder')),
    facts: parseContainerFacts(containerOptions),
    containerOptions,
    kernel,
    monitor: options.monitor ?? false,
    shell: options.shell ?? false,
  };
}

function readable(path: string, wanted: 'file' | 'folder'): string {
  const full = resolve(path);
  const found = statSync(full, { throwIfNoEntry: false });
  if (!found) throw new Failure('usage', `there is no ${wanted} \`${path}\``);
  if (found.isDirectory() !== (wanted === 'folder')) throw new Failure('usage', `\`${path}\` is not a ${wanted}`);
  try {
    accessSync(full, constants.R_OK);
  } catch (cause) {
    throw new Failure('usage', `\`${path}\` cannot be read`, { cause });
  }
  return full;
}
