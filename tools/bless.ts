/** `npm run bless [NAME…]`: writes the outputs of cases anew; the review is on the difference. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePolicy, renderText } from '#policy';

const root = new URL('..', import.meta.url).pathname;

/** Cases that are two files: an input, and the output that is wanted of it. */
interface CaseSet {
  readonly name: string;
  readonly folder: string;
  readonly input: RegExp;
  /** The file of the output, and what it is to hold. */
  readonly output: (file: string) => { readonly file: string; readonly text: string };
}

export const caseSets: readonly CaseSet[] = [
  {
    name: 'findings',
    folder: 'spec/findings',
    input: /\.yaml$/,
    output: (file) => ({ file: file.replace(/\.yaml$/, '.txt'), text: findingsOf(file) }),
  },
];

/** What the check says of a policy. */
function findingsOf(file: string): string {
  const { text, findings } = parsePolicy('policy.yaml', readFileSync(file));
  return findings.length === 0
    ? 'no findings\n'
    : renderText({ file: 'policy.yaml', text, findings });
}

export function inputsOf({ folder, input }: CaseSet): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((file) => input.test(file))
    .sort()
    .map((file) => join(root, folder, file));
}

if (import.meta.main) {
  for (const set of caseSets) {
    const asked = process.argv.slice(2);
    if (asked.length > 0 && !asked.includes(set.name)) continue;
    const outputs = inputsOf(set).map(set.output);
    for (const { file, text } of outputs) writeFileSync(file, text);
    console.log(`${set.name}: ${outputs.length} outputs written`);
  }
}
