import {
  actionBits, backgroundOf, byteShift, classOf, groupAny, maskWords, mountKindCount, processConditionCells, processLeaf,
  processNodeCells, processUserCells, readProcess, readTable, ruleCells, rulePossible, stateMask, type Table, tableCoarse, tableMounts,
} from '#abi';
import { type ActionName, type KnownPaths, type MountKind, type OperationName, operationNames, type PolicyEvent, type ProcessFacts } from '#policy';
import { includes, intersection, isEmpty, type Mask, mask, meets, union } from './mask.ts';

/** `wouldBlock`: the block of a policy in mode monitor. */
export type VerdictAction = ActionName | 'wouldBlock';

export interface Verdict {
  /** What is certain, in the order log, alert, block, wouldBlock. */
  readonly actions: readonly VerdictAction[];
  /** Whether what is not known of the container could add an action. */
  readonly decided: boolean;
}

const mountKinds: readonly MountKind[] = ['image', 'volume', 'file'];
const actionNames: readonly VerdictAction[] = ['log', 'alert', 'block', 'wouldBlock'];
const created: readonly OperationName[] = ['createExecutable', 'createFile'];
const lost: readonly OperationName[] = ['modifyExecutable', 'modifyFile', 'deleteFile'];
const slash = 47;
const tables = new WeakMap<Uint8Array, Table>();

/** What a table says of an event: nothing but the bytes is looked at. A damaged table is refused. */
export function decide(bytes: Uint8Array, event: PolicyEvent): Verdict {
  const table = tableIn(bytes);
  const outcome: Outcome = { certain: 0, possible: 0 };
  const processClass = processClassOf(table, event.process);
  if (event.kind === 'pairs') {
    for (const { operations, paths, mount } of event.pairs) {
      judge(table, operations, mount, processClass, fileMasks(table, paths), outcome);
    }
  } else if (!sameBelow(table, event.from, event.to)) {
    judge(table, created, event.mount, processClass, directoryMasks(table, event.to), outcome);
    judge(table, lost, event.mount, processClass, directoryMasks(table, event.from), outcome);
  }
  return verdictOf(outcome);
}

/** Which kind of process a process is for this table: what an engine is told that knows no processes. */
export function classOfProcess(bytes: Uint8Array, process: ProcessFacts): number {
  return processClassOf(tableIn(bytes), process);
}

function tableIn(bytes: Uint8Array): Table {
  let table = tables.get(bytes);
  if (table === undefined) tables.set(bytes, (table = readTable(bytes)));
  return table;
}

export interface Outcome {
  certain: number;
  possible: number;
}

/** What rules' `match` and `exclude` are tested on. */
export interface Masks {
  readonly match: Mask;
  readonly exclude: Mask;
}

function verdictOf({ certain, possible }: Outcome): Verdict {
  const actions = actionNames.filter((name) => (certain & actionBits[name]) !== 0);
  return Object.freeze({ actions: Object.freeze(actions), decided: (possible & ~certain) === 0 });
}

function judge(
  table: Table, operations: readonly OperationName[], mount: MountKind, processClass: number, masks: Masks,
  outcome: Outcome,
): void {
  // As the kernel, which looks for the kind of mount only then.
  const kind = (table.flags & tableMounts) === 0 ? 0 : mountKinds.indexOf(mount);
  for (const name of operations) {
    const operation = operationNames.indexOf(name);
    if ((table.operations >> operation & 1) === 0) continue;
    const row = (operation * mountKindCount + kind) * table.processClasses + processClass;
    applyRules(table, table.words[(table.dispatch + row) * 2]!, table.words[(table.dispatch + row) * 2 + 1]!, masks, outcome);
  }
}

/** Adds what a run of rules says. */
export function applyRules(table: Table, first: number, count: number, masks: Masks, outcome: Outcome): void {
  const { words } = table;
  for (let rule = 0; rule < count; rule++) {
    const at = (first + rule * ruleCells) * 2;
    if (!meets(masks.match, words.subarray(at, at + maskWords))) continue;
    if (meets(masks.exclude, words.subarray(at + maskWords, at + maskWords * 2))) continue;
    const actions = words[at + maskWords * 2]!;
    if ((words[at + maskWords * 2 + 1]! & rulePossible) !== 0) outcome.possible |= actions;
    else outcome.certain |= actions;
  }
}

/** Of two paths: the union of what they match for `match`, the intersection for `exclude`. */
function fileMasks(table: Table, paths: KnownPaths): Masks {
  const any = mask([groupAny]);
  const known = knownOf(paths);
  if (known === 'unknown') return { match: every(), exclude: any };
  const masks = known.map((path) => classMask(table, walkAll(table, path), classPart.accept));
  if (masks.length === 0) return { match: any, exclude: any };
  return { match: union(masks.reduce(union), any), exclude: union(masks.reduce(intersection), any) };
}

/** Of a directory's name: what could match below it, and what matches all below it. */
function directoryMasks(table: Table, paths: KnownPaths): Masks {
  const any = mask([groupAny]);
  const known = knownOf(paths);
  const notAny = every();
  notAny[0]! &= ~(1 << groupAny);
  if (known === 'unknown') return { match: notAny, exclude: any };
  if (known.length === 0) return { match: mask(), exclude: any };
  const states = known.map((path) => walkAll(table, path));
  const some = states.map((state) => classMask(table, state, classPart.some)).reduce(union);
  const all = states.map((state) => classMask(table, state, classPart.all)).reduce(intersection);
  return { match: intersection(some, notAny), exclude: union(all, any) };
}

function sameBelow(table: Table, from: KnownPaths, to: KnownPaths): boolean {
  const a = knownOf(from);
  const b = knownOf(to);
  if (a === 'unknown' || b === 'unknown') return false;
  const coarse = (table.flags & tableCoarse) !== 0;
  const reaches = (path: Uint8Array): boolean => !isEmpty(classMask(table, walkAll(table, path), classPart.some));
  if (coarse && [...a, ...b].some(reaches)) return false;
  const states = (paths: readonly Uint8Array[]): string =>
    [...new Set(paths.map((path) => walkAll(table, Uint8Array.of(...path, slash)).join()))].sort().join(';');
  return states(a) === states(b);
}

function knownOf(paths: KnownPaths): readonly Uint8Array[] | 'unknown' {
  if (paths.kind === 'none') return [];
  return paths.kind === 'unknown' || paths.paths.length === 0 ? 'unknown' : paths.paths;
}

function every(): Mask {
  return new Uint32Array(maskWords).fill(0xffffffff);
}

/** Parts of a class: see `d4c_class`. */
export const classPart = { accept: 0, some: 1, all: 2 } as const;

/** What the classes of these states say in one of their parts, together. */
export function classMask(table: Table, states: readonly number[], part: number = classPart.accept): Mask {
  const result = mask();
  for (const state of states) {
    if (state === 0) continue;
    const at = classOf(table.words, state) * 2 + part * maskWords;
    for (let i = 0; i < maskWords; i++) result[i]! |= table.words[at + i]!;
  }
  return result;
}

function walkAll(table: Table, path: Uint8Array): readonly number[] {
  return table.starts.map((start) => walk(table.words, start, path));
}

/** Cells looked at since the start: a count that does not depend on the machine, for tests and benchmarks. */
export const lookUps = { count: 0 };

/** The state at the end of a path; 0, the dead one, as soon as nothing can match any more. */
function walk(words: Uint32Array, start: number, path: Uint8Array): number {
  let state = start;
  let looks = 0;
  for (let i = 0; i < path.length && state !== 0; i++) {
    const byte = path[i]!;
    const own = words[state * 2 + 1 + byte]!;
    looks++;
    if (own >>> byteShift === byte) {
      state = own & stateMask;
      continue;
    }
    looks++;
    const background = backgroundOf(words, state);
    if (background === state || background === 0) {
      state = background;
      continue;
    }
    looks++;
    const usual = words[background * 2 + 1 + byte]!;
    state = usual >>> byteShift === byte ? usual & stateMask : background;
  }
  lookUps.count += looks;
  return state;
}

/** Which kind of process it is that the table tells apart. */
function processClassOf(table: Table, process: ProcessFacts): number {
  if (table.process === 0) return 0;
  const { words } = table;
  const head = readProcess(table);
  const both = mask();
  const add = (at: number): void => {
    for (let i = 0; i < maskWords; i++) both[i]! |= words[at + i]!;
  };
  add(process.interactive ? head.terminal : head.noTerminal);
  if (head.leader !== 0) {
    const state = walk(words, head.leader, process.sessionLeader);
    if (state !== 0) add(classOf(words, state) * 2);
  }
  for (let i = 0; i < head.userCount; i++) {
    const at = (head.users + i * processUserCells) * 2;
    if (words[at] === process.userId) add(at + 2);
  }
  const executable = executableMasks(table, head.executable, head.every, process.executable);
  return leafOf(table, union(executable.match, both), union(executable.exclude, both));
}

/** The process class that masks of process atoms lead to. */
export function leafOf(table: Table, match: Mask, exclude: Mask): number {
  const { words } = table;
  const head = readProcess(table);
  let target = head.first;
  while (target < processLeaf) {
    const node = (head.nodes + target * processNodeCells) * 2;
    const test = words[node]!;
    const at = (head.conditions + (test >>> 1) * processConditionCells) * 2;
    const holds = includes((test & 1) === 0 ? match : exclude, words.subarray(at, at + maskWords));
    target = words[node + (holds ? 2 : 1)]!;
  }
  return target - processLeaf;
}

function executableMasks(table: Table, start: number, everyAt: number, paths: KnownPaths): Masks {
  const known = knownOf(paths);
  if (known === 'unknown') return { match: table.words.slice(everyAt, everyAt + maskWords), exclude: mask() };
  if (known.length === 0 || start === 0) return { match: mask(), exclude: mask() };
  const masks = known.map((path) => classMask(table, [walk(table.words, start, path)], classPart.accept));
  return { match: masks.reduce(union), exclude: masks.reduce(intersection) };
}
