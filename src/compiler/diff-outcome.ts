import { actionBits, groupAny, maskWords, type Table } from '#abi';
import type { KnownPaths, MountKind, OperationName } from '#policy';
import { applyRules, type Masks, type VerdictAction } from './decide.ts';
import type { ProcessPair } from './diff-processes.ts';
import { type Mask, mask } from './mask.ts';

/** Bits of what is certain, and, four further up, of what is possible beyond it. */
export type OutcomeBits = number;

export type DiffCase = 'path' | 'twoPaths' | 'none' | 'unknown' | 'directory';

/** What one operation by one kind of process at one kind of mount is decided to, before and now. */
export interface TableChange {
  readonly operation: OperationName | 'renameDirectory';
  readonly mount: MountKind;
  readonly process: ProcessPair;
  readonly before: OutcomeBits;
  readonly after: OutcomeBits;
  readonly example: DiffExample;
}

export interface DiffExample {
  readonly case: DiffCase;
  /** Files of which it is so, the shortest path first, from different places; of a directory, its old and its new name. */
  readonly paths: readonly KnownPaths[];
  /** Of a directory: whether it is let move because its two names were, or are, guarded alike by the same selectors. */
  readonly sameBelow?: readonly [boolean, boolean];
}

export interface TableDiff {
  readonly changes: readonly TableChange[];
  /** How many kinds of processes the tables tell apart. */
  readonly processKinds: number;
  /** What could not be looked at as a whole. */
  readonly gaps: readonly string[];
}

export const mountKinds: readonly MountKind[] = ['image', 'volume', 'file'];

/** A run of rules of a table. */
export interface Run {
  readonly table: Table;
  readonly first: number;
  readonly count: number;
}

export function outcomeOf({ table, first, count }: Run, masks: Masks): OutcomeBits {
  const outcome = { certain: 0, possible: 0 };
  applyRules(table, first, count, masks, outcome);
  return outcome.certain | ((outcome.possible & ~outcome.certain) << 4);
}

export function mergeOutcomes(a: OutcomeBits, b: OutcomeBits): OutcomeBits {
  const certain = (a | b) & 15;
  return certain | ((((a | b) >> 4) & ~certain) << 4);
}

const names: readonly VerdictAction[] = ['log', 'alert', 'block', 'wouldBlock'];

export function actionsIn(bits: OutcomeBits): readonly VerdictAction[] {
  return names.filter((name) => (bits & actionBits[name]) !== 0);
}

export const anyOnly: Mask = mask([groupAny]);

export function everyMask(): Mask {
  return new Uint32Array(maskWords).fill(0xffffffff);
}
