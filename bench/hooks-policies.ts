/** The policies that operations are measured under. None of their patterns matches a path of the workload. */
import { noFacts } from '#base';
import { compile } from '#compiler';
import { type Policy, parsePolicy } from '#policy';
import { fourWays } from './compile-policy.ts';
import { fileNames, patternSets, random } from './compile-sets.ts';

const seed = 20261123;
export const manyPatterns = 10_000;
/** In the container; its paths go on through the automata of every policy to their last byte. */
export const workFolder = '/usr/share/work';

/** A pattern that lives to the end of every path and matches none. */
const files = (operations: string): Policy => parsed(`
file:
  selectors: [{name: s, operation: [${operations}], targetFilePath: ['/**.never']}]
  responses: [{match: [s], actions: [alert, block]}]
`);

export const policies = {
  /** On executables alone, by one pattern. */
  one: files('createExecutable, modifyExecutable'),
  /** The same by many. */
  many: many(),
  /** Whatever is done to a file is judged by its path. */
  paths: files('createExecutable, modifyExecutable, createFile, modifyFile, deleteFile'),
  /** Processes are logged, and where their code comes from is judged. */
  processes: parsed(`
process:
  selectors: [{name: all, operation: [fork, exec]}]
  responses: [{match: [all], actions: [log]}]
file:
  selectors: [{name: drift, operation: [execDrift]}]
  responses: [{match: [drift], actions: [alert, block]}]
`),
} as const;
export type PolicyName = keyof typeof policies;

export function tableOf(name: PolicyName): Uint8Array {
  return compile([policies[name]], noFacts).table;
}

function many(): Policy {
  const next = random(seed);
  const names = fileNames(manyPatterns * 2, next);
  return fourWays(patternSets['mix1']!(manyPatterns, names, next), 1_000, 250);
}

function parsed(text: string): Policy {
  const { policy, findings } = parsePolicy('bench.yaml', text);
  if (policy === null) throw new TypeError(`a policy of the benchmark has errors: ${findings[0]?.message ?? ''}`);
  return policy;
}
