import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout.ts';

/** The version of this program, from the manifest above. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
