import { groupAny, mountKindCount, type Table, tableCoarse } from '#abi';
import { type KnownPaths, type MountKind, type OperationName, operationNames } from '#policy';
import { classMask, classPart, type Masks } from './decide.ts';
import type { ProcessPair } from './diff-processes.ts';
import { explore, pathForm, stepCell } from './diff-product.ts';
import {
  anyOnly, everyMask, mergeOutcomes as merged, mountKinds, outcomeOf, type OutcomeBits, type Run, type TableChange, type TableDiff,
} from './diff-outcome.ts';
import { limits } from './limits.ts';
import { isEmpty, type Mask, maskText, union } from './mask.ts';

const created: readonly OperationName[] = ['createExecutable', 'createFile'];
const lost: readonly OperationName[] = ['modifyExecutable', 'modifyFile', 'deleteFile'];
const slash = 47;

/** A name of a directory, as far as it matters to what its renaming is decided to. */
interface Name {
  readonly paths: KnownPaths;
  /** In both tables: what could match below it and what matches all below it. */
  readonly masks: readonly [Masks, Masks];
  /** In both tables: two names with the same text are the same below; `null`: it is never the same as another. */
  readonly below: readonly [string | null, string | null];
}

/** What both tables say of directories renamed, name by name: each has one path, or one that is not known. */
export function compareDirectories(tables: readonly [Table, Table], processes: readonly ProcessPair[]): Omit<TableDiff, 'processKinds'> {
  if (tables.every(({ operations }) => (operations & directoryOperations) === 0)) return { changes: [], gaps: [] };
  const { names, isComplete } = namesOf(tables);
  const changes: TableChange[] = [];
  for (const { runs, uses } of rowsOf(tables, processes)) {
    const sides = names.map(({ masks }) => ({
      from: ([0, 1] as const).map((t) => runs.lost[t].map((run) => outcomeOf(run, masks[t])).reduce(merged)),
      to: ([0, 1] as const).map((t) => runs.created[t].map((run) => outcomeOf(run, masks[t])).reduce(merged)),
    }));
    if (sides.every(({ from, to }) => [...from, ...to].every((bits) => bits === 0))) continue;
    const found = new Set<string>();
    names.forEach((from, f) => names.forEach((to, t) => {
      const isSame = (table: 0 | 1): boolean => from.below[table] !== null && from.below[table] === to.below[table];
      const sum = (table: 0 | 1): OutcomeBits => merged(sides[f]!.from[table]!, sides[t]!.to[table]!);
      const [before, after] = [isSame(0) ? 0 : sum(0), isSame(1) ? 0 : sum(1)];
      if (before === after) return;
      const sameBelow = [isSame(0) && covers(sum(0), after), isSame(1) && covers(sum(1), before)] as const;
      const key = `${before} ${after} ${sameBelow.join()}`;
      if (found.has(key)) return;
      found.add(key);
      const example = { case: 'directory', paths: [from.paths, to.paths], sameBelow } as const;
      changes.push(...uses.map((use) => ({ ...use, operation: 'renameDirectory' as const, before, after, example })));
    }));
  }
  return { changes, gaps: isComplete ? [] : ['directories that are renamed can be too many to compare all'] };
}

/** Whether names that are the same below are guarded as the other table guards them, and not just left alone. */
function covers(bits: OutcomeBits, others: OutcomeBits): boolean {
  return (others & 15 & ~bits) === 0;
}

interface Row {
  readonly runs: Readonly<Record<'created' | 'lost', readonly [readonly Run[], readonly Run[]]>>;
  readonly uses: { readonly mount: MountKind; readonly process: ProcessPair }[];
}

/** Mounts and kinds of processes with the same rules for all operations that a renaming is. */
function rowsOf(tables: readonly [Table, Table], processes: readonly ProcessPair[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const process of processes) {
    for (let mount = 0; mount < mountKindCount; mount++) {
      const of = (operations: readonly OperationName[]) => ([0, 1] as const).map((t) =>
        operations.map((name) => runOf(tables[t], name, mount, process.classes[t]))) as unknown as [Run[], Run[]];
      const runs = { created: of(created), lost: of(lost) };
      const key = [runs.created, runs.lost].flat(2).map(({ first, count }) => (count === 0 ? '' : `${first},${count}`)).join(' ');
      if (!rows.has(key)) rows.set(key, { runs, uses: [] });
      rows.get(key)!.uses.push({ mount: mountKinds[mount]!, process });
    }
  }
  return [...rows.values()];
}

function runOf(table: Table, name: OperationName, mount: number, processClass: number): Run {
  const row = (operationNames.indexOf(name) * mountKindCount + mount) * table.processClasses + processClass;
  return { table, first: table.words[(table.dispatch + row) * 2]!, count: table.words[(table.dispatch + row) * 2 + 1]! };
}

const directoryOperations = [...created, ...lost].reduce((set, name) => set | (1 << operationNames.indexOf(name)), 0);

function namesOf(tables: readonly [Table, Table]): { names: readonly Name[]; isComplete: boolean } {
  const split = tables[0].starts.length;
  const notAny = everyMask();
  notAny[0]! &= ~(1 << groupAny);
  const withoutAny = (words: Mask): Mask => words.map((word, i) => word & notAny[i]!);
  const unknown: Masks = { match: notAny, exclude: anyOnly };
  const found = new Map<string, Name>();
  let isComplete = explore(tables, pathForm, limits.diffPlacesMax, {
    place({ states, isEnd, text }) {
      if (!isEnd || found.size >= limits.diffNamesMax) return;
      const own = (t: 0 | 1): readonly number[] => [...(t === 0 ? states.subarray(0, split) : states.subarray(split))];
      const masks = ([0, 1] as const).map((t) => ({
        match: withoutAny(classMask(tables[t], own(t), classPart.some)),
        exclude: union(classMask(tables[t], own(t), classPart.all), anyOnly),
      })) as unknown as [Masks, Masks];
      const below = ([0, 1] as const).map((t) => {
        const isCoarse = (tables[t].flags & tableCoarse) !== 0;
        if (isCoarse && !isEmpty(classMask(tables[t], own(t), classPart.some))) return null;
        return own(t).map((state) => stepCell(tables[t].words, state, slash)).join();
      }) as unknown as Name['below'];
      const key = [...masks.flatMap(({ match, exclude }) => [maskText(match), maskText(exclude)]), ...below].join(' ');
      if (!found.has(key)) found.set(key, { paths: { kind: 'paths', paths: [text()] }, masks, below });
    },
  });
  if (found.size >= limits.diffNamesMax) isComplete = false;
  const names = [...found.values(), { paths: { kind: 'unknown' } as const, masks: [unknown, unknown] as const, below: [null, null] as const }];
  return { names, isComplete };
}
