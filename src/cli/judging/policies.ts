import { type CheckedFile, locate, parsePolicy, type Policy, renderText } from '#policy';
import { painter } from '../output.ts';
import { readPolicyFile } from '../read-file.ts';

export type Mode = Policy['mode'];

/**
 * The policies of files, or `null` if one has errors: those are then on standard error, or, for a command that
 * was asked for JSON, in one document of the form that `policy check --json` has, on standard output.
 */
export async function loadPolicies(files: readonly string[], mode: Mode | undefined, asJson = false): Promise<readonly Policy[] | null> {
  const policies: Policy[] = [];
  const broken: CheckedFile[] = [];
  for (const file of files) {
    const read = readPolicy(file, await readPolicyFile(file), mode);
    if ('findings' in read) broken.push(read);
    else policies.push(read);
  }
  if (broken.length === 0) return policies;
  if (asJson) {
    const documents = broken.map((one) => ({ file: one.file, ok: false, findings: locate(one) }));
    process.stdout.write(`${JSON.stringify({ files: documents })}\n`);
  } else broken.forEach(complain);
  return null;
}

/** A policy from its text; if it has errors they are printed. */
export function takePolicy(file: string, input: Uint8Array | string, mode: Mode | undefined): Policy | null {
  const read = readPolicy(file, input, mode);
  if (!('findings' in read)) return read;
  complain(read);
  return null;
}

/** The policy, or the file with its errors. */
function readPolicy(file: string, input: Uint8Array | string, mode: Mode | undefined): Policy | CheckedFile {
  const { policy, findings, text } = parsePolicy(file, input);
  if (policy !== null) return mode === undefined ? policy : Object.freeze({ ...policy, mode });
  return { file, text, findings: findings.filter(({ severity }) => severity === 'error') };
}

function complain(file: CheckedFile): void {
  process.stderr.write(`${renderText(file, painter(process.stderr))}\n`);
}
