import { type CheckedFile, locate, parsePolicy, type Policy, renderText } from '#policy';
import { painter } from '../output.ts';
import { readPolicyFile } from '../read-file.ts';

export type Mode = Policy['mode'];

/**
 * The policies of files, or `null` if one has errors: those are then on standard error, or, for a command that
 * was asked for JSON, in one document of the form that `policy check --json` has, on standard output.
 */
export async function loadPolicies(files: readonly string[], mode: Mode | undefined, asJson = false): Promise<readonly Policy[] | null> {
  const { policies, broken } = await readPolicies(files, mode);
  if (broken.length === 0) return policies;
  if (asJson) process.stdout.write(`${JSON.stringify({ files: documents(broken) })}\n`);
  else broken.forEach(complain);
  return null;
}

/** The policies of files, and the files that have errors. */
export async function readPolicies(
  files: readonly string[], mode: Mode | undefined,
): Promise<{ readonly policies: readonly Policy[]; readonly broken: readonly CheckedFile[] }> {
  const policies: Policy[] = [];
  const broken: CheckedFile[] = [];
  for (const file of files) {
    const read = readPolicy(file, await readPolicyFile(file), mode);
    if ('findings' in read) broken.push(read);
    else policies.push(read);
  }
  return { policies, broken };
}

/** Files with errors as `policy check --json` has them. */
export function documents(broken: readonly CheckedFile[]): readonly object[] {
  return broken.map((one) => ({ file: one.file, ok: false, findings: locate(one) }));
}

/** The policy, or the file with its errors. */
export function readPolicy(file: string, input: Uint8Array | string, mode: Mode | undefined): Policy | CheckedFile {
  const { policy, findings, text } = parsePolicy(file, input);
  if (policy !== null) return mode === undefined ? policy : Object.freeze({ ...policy, mode });
  return { file, text, findings: findings.filter(({ severity }) => severity === 'error') };
}

export function complain(file: CheckedFile): void {
  process.stderr.write(`${renderText(file, painter(process.stderr))}\n`);
}
