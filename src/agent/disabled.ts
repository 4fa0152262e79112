import { existsSync } from 'node:fs';
import { readText } from './host.ts';

export const disabledFile = '/etc/d4c/disabled';
const bootParameter = 'd4c=off';

/** Why nothing is to be enforced, if somebody switched it off. */
export function disabledBy(): string | undefined {
  if (existsSync(disabledFile)) return `the file ${disabledFile} exists`;
  const parameters = (readText('/proc/cmdline') ?? '').split(/\s+/);
  return parameters.includes(bootParameter) ? `the kernel was booted with ${bootParameter}` : undefined;
}
