import { actionBits } from '#abi';
import { Failure } from '#base';
import type { KnownPaths, MountKind, OperationName, Policy, PolicyEvent, ProcessFacts } from '#policy';
import { openCompiler, type Profile } from './compile.ts';
import { decide, type Verdict } from './decide.ts';
import { type ContainerKind, containerKinds, unknownKind } from './diff-kinds.ts';
import { actionsIn, type DiffCase, type DiffExample, mountKinds, type OutcomeBits, type TableChange, type TableDiff } from './diff-outcome.ts';
import type { ProcessPair } from './diff-processes.ts';
import { usedParts, withoutCommon } from './diff-reduce.ts';
import { compareTables } from './diff-tables.ts';
import { truthKey } from './evaluate.ts';

/** From the most dangerous on. */
export const diffCategories = ['allowed', 'blocked', 'quieter', 'wouldBlock', 'louder', 'moved', 'other'] as const;
/**
 * `allowed`: what was blocked is not any more; `quieter`: it is recorded less; `wouldBlock`: only mode monitor's
 * word differs; `moved`: a directory's two names are now the same below, which makes nothing weaker.
 */
export type DiffCategory = (typeof diffCategories)[number];

/** One change in meaning, wherever it is the same. */
export interface MeaningChange {
  readonly category: DiffCategory;
  readonly operations: readonly (OperationName | 'renameDirectory')[];
  readonly mounts: readonly MountKind[];
  /** `null`: of every kind. */
  readonly processes: readonly ProcessPair[] | null;
  readonly containers: readonly ContainerKind[] | null;
  readonly before: Verdict;
  readonly after: Verdict;
  readonly example: DiffExample;
  /** Other ways in which a file can be known of which the same is true. */
  readonly also: readonly DiffCase[];
  /** Where the example is so. */
  readonly where: { readonly container: ContainerKind; readonly event: PolicyEvent };
}

export interface MeaningDiff {
  readonly changes: readonly MeaningChange[];
  /** Kinds of containers that both together tell apart, and the combinations of facts that they were found in. */
  readonly kinds: number;
  readonly combinations: number;
  /** Empty: every difference has been found. Else what was not looked at as a whole. */
  readonly gaps: readonly string[];
  /** Whether anything that was blocked is so no more. */
  readonly isWeaker: boolean;
}

/**
 * What differs in meaning between two sets of policies, each in force as a whole. Exact, but for what `gaps`
 * names: found by walking both tables' automata together, for every kind of container and of process.
 */
export function diffPolicies(before: readonly Policy[], after: readonly Policy[]): MeaningDiff {
  const whole = [usedParts(before), usedParts(after)] as const;
  const rest = withoutCommon(whole[0], whole[1]);
  const found = kindsOf(whole, rest);
  const compilers = whole.map(openCompiler);
  const restCompilers = rest.map(openCompiler);
  const memo = new Map<string, TableDiff>();
  const gaps = new Set<string>(found.gaps);
  const pieces: Piece[] = [];
  for (const container of found.kinds) {
    const [a, b] = restCompilers.map((compiler) => compiler.profile(container.facts).id);
    if (a === b) continue;
    const profiles = compilers.map((compiler) => compiler.profile(container.facts)) as unknown as [Profile, Profile];
    if (profiles[0].id === profiles[1].id) continue;
    const key = `${profiles[0].id} ${profiles[1].id}`;
    let diff = memo.get(key);
    if (diff === undefined) memo.set(key, (diff = compareTables(profiles[0].table, profiles[1].table)));
    for (const gap of diff.gaps) gaps.add(gap);
    pieces.push(...piecesOf(diff, container, profiles));
  }
  const changes = join(pieces, found.kinds.length);
  const isWeaker = changes.some(({ category }) => category === 'allowed');
  return { changes, kinds: found.known, combinations: found.combinations, gaps: [...gaps], isWeaker };
}

type Pair = readonly [readonly Policy[], readonly Policy[]];

interface Kinds {
  /** With one of which nothing is known. */
  readonly kinds: readonly ContainerKind[];
  readonly known: number;
  readonly combinations: number;
  readonly gaps: readonly string[];
}

/** Where there are too many kinds, all those that what differs tells apart, and some of the others. */
function kindsOf(whole: Pair, rest: Pair): Kinds {
  const both = whole.flat();
  const all = containerKinds(both);
  const unknown = unknownKind(both);
  const last = unknown === null ? [] : [unknown];
  const { combinations } = all;
  if (all.isComplete) return { kinds: [...all.kinds, ...last], known: all.kinds.length, combinations, gaps: [] };
  const own = containerKinds(rest.flat());
  const distinct = new Map([...own.kinds, ...all.kinds].map((kind) => [truthKey(both, kind.facts), kind]));
  const compilers = rest.map(openCompiler);
  const isSame = ({ facts }: ContainerKind): boolean => new Set(compilers.map((compiler) => compiler.profile(facts).id)).size === 1;
  const isProved = own.isComplete && own.kinds.every(isSame);
  const gap = `kinds of containers: of ${combinations} combinations of their facts ${distinct.size} were compared`;
  return { kinds: [...distinct.values(), ...last], known: distinct.size, combinations, gaps: isProved ? [] : [gap] };
}

/** A change in one kind of container. */
interface Piece {
  readonly operation: TableChange['operation'];
  readonly container: ContainerKind;
  readonly mounts: readonly MountKind[];
  readonly processes: readonly ProcessPair[] | null;
  readonly before: OutcomeBits;
  readonly after: OutcomeBits;
  readonly example: DiffExample;
  readonly also: readonly DiffCase[];
}

function piecesOf(diff: TableDiff, container: ContainerKind, profiles: readonly [Profile, Profile]): readonly Piece[] {
  const pieces = [...groupBy(diff.changes, (one) => `${one.operation} ${one.before} ${one.after} ${exampleKey(one.example)}`).values()]
    .flatMap((group) => byMounts(group, diff.processKinds, container));
  for (const piece of pieces) prove(piece, profiles);
  // what is so of files with a path needs no line of its own for files without one
  const main = pieces.filter((piece) => !isCovered(piece, pieces));
  return main.map((piece) => ({
    ...piece, also: pieces.filter((other) => isCovered(other, [piece])).map(({ example }) => example.case),
  }));
}

/** Mounts at which the same kinds of processes are concerned are one piece. */
function byMounts(group: readonly TableChange[], processKinds: number, container: ContainerKind): readonly Piece[] {
  const { operation, before, after, example } = group[0]!;
  const perMount = [...groupBy(group, ({ mount }) => mount).values()];
  return [...groupBy(perMount, (changes) => changes.map(({ process }) => process.classes.join()).sort().join(';')).values()].map((same) => {
    const processes = same[0]!.map(({ process }) => process);
    const mounts = mountKinds.filter((kind) => same.some(([one]) => one!.mount === kind));
    return { operation, container, mounts, processes: processes.length === processKinds ? null : processes, before, after, example, also: [] };
  });
}

function isCovered(piece: Piece, by: readonly Piece[]): boolean {
  if (!['none', 'unknown', 'twoPaths'].includes(piece.example.case)) return false;
  return by.some((other) => other.example.case === 'path' && other.operation === piece.operation &&
    other.before === piece.before && other.after === piece.after &&
    piece.mounts.every((mount) => other.mounts.includes(mount)) && processKey(other) === processKey(piece));
}

function processKey({ processes }: Piece): string {
  return processes === null ? '' : processes.map(({ example }) => processText(example)).sort().join(';');
}

/** An example that its own tables do not bear out is a defect of ours, and no result. */
function prove(piece: Piece, profiles: readonly [Profile, Profile]): void {
  for (const paths of piece.example.case === 'directory' ? [null] : piece.example.paths) {
    const event = eventOf(piece, paths);
    const said = profiles.map(({ table }) => bitsOf(decide(table, event)));
    const isSo = [piece.before, piece.after].every((bits, i) => (bits & 15) === said[i]!.certain && (bits >> 4 === 0) === said[i]!.decided);
    if (!isSo) throw new Failure('internal', `an example of a change is none: ${piece.operation}`);
  }
}

function bitsOf({ actions, decided }: Verdict): { certain: number; decided: boolean } {
  return { certain: actions.reduce((bits, action) => bits | actionBits[action], 0), decided };
}

function eventOf({ operation, mounts, processes, example }: Piece, paths: KnownPaths | null): PolicyEvent {
  const mount = mounts[0]!;
  const process = processes === null ? usualProcess : processes[0]!.example;
  if (operation === 'renameDirectory') return { kind: 'directory', from: example.paths[0]!, to: example.paths[1]!, mount, process };
  return { kind: 'pairs', pairs: [{ operations: [operation], paths: paths ?? example.paths[0]!, mount }], process };
}

const utf8 = new TextEncoder();
const usualProcess: ProcessFacts = Object.freeze({
  executable: { kind: 'paths' as const, paths: [utf8.encode('/a')] }, userId: 1000, interactive: false, sessionLeader: utf8.encode('sh'),
});

/** Pieces that differ in the container or in the operation alone are one change. */
function join(pieces: readonly Piece[], kinds: number): readonly MeaningChange[] {
  const outcome = ({ before, after, mounts, example, also }: Piece): string =>
    `${before} ${after} ${mounts.join()} ${exampleKey(example)} ${also.join()}`;
  const perOperation = [...groupBy(pieces, (piece) => `${piece.operation} ${outcome(piece)} ${processKey(piece)}`).values()];
  const kindsKey = (group: readonly Piece[]): string => group.map(({ container }) => number(container)).join();
  const numbers = new Map<ContainerKind, number>();
  function number(kind: ContainerKind): number {
    if (!numbers.has(kind)) numbers.set(kind, numbers.size);
    return numbers.get(kind)!;
  }
  const changes = [...groupBy(perOperation, (group) => `${outcome(group[0]!)} ${processKey(group[0]!)} ${kindsKey(group)}`).values()]
    .map((same): MeaningChange => {
      const [first] = same[0]!;
      const { mounts, processes, example, also, container } = first!;
      const containers = same[0]!.map((piece) => piece.container);
      return {
        category: categoryOf(first!), operations: same.map(([one]) => one!.operation), mounts, processes,
        containers: containers.length === kinds ? null : containers,
        before: verdict(first!.before), after: verdict(first!.after), example, also, where: { container, event: eventOf(first!, null) },
      };
    });
  return changes.sort((a, b) => diffCategories.indexOf(a.category) - diffCategories.indexOf(b.category));
}

function verdict(bits: OutcomeBits): Verdict {
  return { actions: actionsIn(bits), decided: bits >> 4 === 0 };
}

function categoryOf({ before, after, example }: Piece): DiffCategory {
  // what moves from one guarded place to another that is guarded alike brings nothing in and takes nothing out
  if (example.sameBelow?.[1] === true) return 'moved';
  const { block, alert, log, wouldBlock } = actionBits;
  const lost = before & ~after & 15;
  const won = after & ~before & 15;
  if ((lost & block) !== 0) return 'allowed';
  if ((won & block) !== 0) return 'blocked';
  if ((lost & (alert | log)) !== 0) return 'quieter';
  if (((lost | won) & wouldBlock) !== 0) return 'wouldBlock';
  return (won & (alert | log)) === 0 ? 'other' : 'louder';
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const of = key(item);
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [item]);
    else group.push(item);
  }
  return groups;
}

function exampleKey({ case: name, paths, sameBelow }: DiffExample): string {
  return `${name} ${sameBelow?.join() ?? ''} ${paths.map((known) => (known.kind === 'paths' ? known.paths.map((path) => path.join('.')).join('|') : known.kind)).join()}`;
}

function processText({ executable, userId, interactive, sessionLeader }: ProcessFacts): string {
  const paths = executable.kind === 'paths' ? executable.paths.map((path) => path.join('.')).join('|') : executable.kind;
  return `${paths} ${userId} ${interactive} ${sessionLeader.join('.')}`;
}
