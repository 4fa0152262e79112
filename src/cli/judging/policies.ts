import { parsePolicy, type Policy, renderText } from '#policy';
import { painter } from '../output.ts';
import { readPolicyFile } from '../read-file.ts';

export type Mode = Policy['mode'];

/** The policies of files, or `null` if one has errors: those are then on standard error. */
export async function loadPolicies(files: readonly string[], mode: Mode | undefined): Promise<readonly Policy[] | null> {
  const policies: Policy[] = [];
  let isFine = true;
  for (const file of files) {
    const policy = takePolicy(file, await readPolicyFile(file), mode);
    if (policy === null) isFine = false;
    else policies.push(policy);
  }
  return isFine ? policies : null;
}

/** A policy from its text; if it has errors they are printed. */
export function takePolicy(file: string, input: Uint8Array | string, mode: Mode | undefined): Policy | null {
  const { policy, findings, text } = parsePolicy(file, input);
  if (policy !== null) return mode === undefined ? policy : Object.freeze({ ...policy, mode });
  const errors = findings.filter(({ severity }) => severity === 'error');
  process.stderr.write(`${renderText({ file, text, findings: errors }, painter(process.stderr))}\n`);
  return null;
}
