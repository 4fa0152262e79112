import { classOf, mountKindCount, operationCount, readTable, type Table } from '#abi';
import { type KnownPaths, type MountKind, operationNames, type OperationName } from '#policy';
import { classMask, type Masks } from './decide.ts';
import { compareDirectories } from './diff-directories.ts';
import {
  anyOnly, type DiffCase, everyMask, mountKinds, outcomeOf, type OutcomeBits, type Run, type TableChange, type TableDiff,
} from './diff-outcome.ts';
import { type ProcessPair, processPairs } from './diff-processes.ts';
import { explore, pathForm, type Place, stepCell } from './diff-product.ts';
import { limits } from './limits.ts';
import { intersection, type Mask, maskText, union } from './mask.ts';

/** What these are decided to never depends on a path: a selector of files with one does not match. */
const pathless: readonly OperationName[] = ['execMemFd', 'fork', 'exec'];

/** All in which two tables differ. */
export function compareTables(before: Uint8Array, after: Uint8Array): TableDiff {
  const tables = [readTable(before), readTable(after)] as const;
  const processes = processPairs(tables);
  const gaps: string[] = [];
  if (!processes.isComplete) gaps.push('kinds of processes are too many to compare all');
  const rows = rowsOf(tables, processes.pairs);
  const found = new Map<string, Found>();
  if (!compareFiles(tables, rows.filter(({ withPaths }) => withPaths), found)) {
    gaps.push('the paths of both policies can fall in too many ways to compare all');
  }
  compareOnes(rows, { kind: 'none' }, 'none', { match: anyOnly, exclude: anyOnly }, found);
  const unknown = { match: everyMask(), exclude: anyOnly };
  compareOnes(rows.filter(({ withPaths }) => withPaths), { kind: 'unknown' }, 'unknown', unknown, found);
  const directories = compareDirectories(tables, processes.pairs);
  return { processKinds: processes.pairs.length, changes: [...[...found.values()].flatMap(changesOf), ...directories.changes], gaps: [...gaps, ...directories.gaps] };
}

/** A pair of runs of rules, with all that is decided by it. */
interface Row {
  readonly number: number;
  readonly runs: readonly [Run, Run];
  readonly withPaths: boolean;
  readonly uses: { readonly operation: OperationName; readonly mount: MountKind; readonly process: ProcessPair }[];
}

interface Found {
  readonly row: Row;
  readonly before: OutcomeBits;
  readonly after: OutcomeBits;
  readonly case: DiffCase;
  readonly paths: KnownPaths[];
}

function rowsOf(tables: readonly [Table, Table], processes: readonly ProcessPair[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (let operation = 0; operation < operationCount; operation++) {
    const name = operationNames[operation]!;
    const withPaths = !pathless.includes(name);
    for (let mount = 0; mount < mountKindCount; mount++) {
      if (!withPaths && name !== 'execMemFd' && mount > 0) continue;
      for (const process of processes) {
        const runs = [0, 1].map((i) => runOf(tables[i]!, operation, mount, process.classes[i]!)) as unknown as [Run, Run];
        if (runs.every(({ count }) => count === 0)) continue;
        const key = `${withPaths} ${runs.map(({ first, count }) => (count === 0 ? '' : `${first},${count}`)).join(' ')}`;
        if (!rows.has(key)) rows.set(key, { number: rows.size, runs, withPaths, uses: [] });
        rows.get(key)!.uses.push({ operation: name, mount: mountKinds[mount]!, process });
      }
    }
  }
  return [...rows.values()];
}

function runOf(table: Table, operation: number, mount: number, processClass: number): Run {
  const at = (table.dispatch + (operation * mountKindCount + mount) * table.processClasses + processClass) * 2;
  return { table, first: table.words[at]!, count: table.words[at + 1]! };
}

type MaskPair = readonly [Mask, Mask];

/** How the rows' outcomes differ where both tables have these masks: keys of `found`. */
function differences(rows: readonly Row[], masks: readonly [Masks, Masks]): readonly Difference[] {
  const result: Difference[] = [];
  for (const row of rows) {
    const before = outcomeOf(row.runs[0], masks[0]);
    const after = outcomeOf(row.runs[1], masks[1]);
    if (before !== after) result.push({ row, before, after, key: `${row.number} ${before} ${after}` });
  }
  return result;
}

interface Difference {
  readonly row: Row;
  readonly before: OutcomeBits;
  readonly after: OutcomeBits;
  readonly key: string;
}

function compareOnes(
  rows: readonly Row[], paths: KnownPaths, name: DiffCase, masks: Masks, found: Map<string, Found>,
): void {
  for (const { row, before, after, key } of differences(rows, [masks, masks])) {
    found.set(`${name} ${key}`, { row, before, after, case: name, paths: [paths] });
  }
}

/** Files of one path, then of two. Whether all could be looked at. */
function compareFiles(tables: readonly [Table, Table], rows: readonly Row[], found: Map<string, Found>): boolean {
  if (rows.length === 0) return true;
  const classes = maskPairs(tables);
  const none: readonly Difference[] = [];
  const memo = new Map<Class, readonly Difference[]>();
  const differencesAt = (kind: Class): readonly Difference[] => {
    let known = memo.get(kind);
    if (known === undefined) {
      const masks = kind.masks.map((words) => ({ match: words, exclude: words })) as unknown as [Masks, Masks];
      memo.set(kind, (known = differences(rows, masks)));
    }
    return known;
  };
  const ends = new Map<Class, () => Uint8Array>();
  const numbers: (readonly Difference[])[] = [];
  const shortest = new Map<string, () => Uint8Array>();
  const entered = new Map<string, readonly Entered[]>();
  const isWhole = explore(classes.parts, pathForm, limits.diffPlacesMax, {
    place(at) {
      const kind = classes.at(at);
      const here = differencesAt(kind);
      numbers[at.number] = here.length === 0 ? none : here;
      if (!at.isEnd) return;
      if (!ends.has(kind)) ends.set(kind, at.text);
      for (const one of here) {
        if (shortest.has(one.key)) continue;
        shortest.set(one.key, at.text);
        const { row, before, after, key } = one;
        found.set(`path ${key}`, { row, before, after, case: 'path', paths: [] });
      }
    },
    edge(from, byte, to) {
      const there = numbers[to.number]!;
      if (there.length === 0 || from.number === to.number) return;
      const before = numbers[from.number]!;
      for (const one of there) {
        if (before.some(({ key }) => key === one.key)) continue;
        const entries = entered.get(one.key) ?? [];
        if (entries.length < limits.diffExamplesMax) entered.set(one.key, [...entries, { from, byte, to }]);
      }
    },
  });
  for (const [key, text] of shortest) {
    const paths = [text(), ...(entered.get(key) ?? []).flatMap((entry) => enteredPaths(entry, (kind) => differencesAt(kind).some((one) => one.key === key)))];
    const distinct = new Map(paths.map((path) => [path.join(), path]));
    found.get(`path ${key}`)!.paths.push(...[...distinct.values()].slice(0, limits.diffExamplesMax).map((path): KnownPaths => ({ kind: 'paths', paths: [path] })));
  }
  /** Where a change was entered by a `/`, the text goes on with a letter that changes nothing. */
  function enteredPaths({ from, byte, to }: Entered, isMeant: (kind: Class) => boolean): readonly Uint8Array[] {
    const texts = from.texts(limits.diffExamplesMax).map((start) => Uint8Array.of(...start, byte));
    return to.isEnd ? texts : texts.map((text) => classes.goOn(text, isMeant)).filter((text) => text !== null);
  }
  return comparePaired(rows, ends, found) && isWhole;
}

/** A step into a change. */
interface Entered {
  readonly from: Place;
  readonly byte: number;
  readonly to: Place;
}

/** Files of two paths, where they show what no file of one path does. */
function comparePaired(rows: readonly Row[], ends: ReadonlyMap<Class, () => Uint8Array>, found: Map<string, Found>): boolean {
  const classes = [...ends];
  if (classes.length > limits.diffPairedMax) return false;
  classes.forEach(([a, textA], i) => {
    for (const [b, textB] of classes.slice(i + 1)) {
      const masks = [0, 1].map((t) => ({ match: union(a.masks[t]!, b.masks[t]!), exclude: intersection(a.masks[t]!, b.masks[t]!) }));
      for (const { row, before, after, key } of differences(rows, masks as unknown as [Masks, Masks])) {
        if (found.has(`path ${key}`) || found.has(`twoPaths ${key}`)) continue;
        const paths: KnownPaths = { kind: 'paths', paths: [textA(), textB()] };
        found.set(`twoPaths ${key}`, { row, before, after, case: 'twoPaths', paths: [paths] });
      }
    }
  });
  return true;
}

/** What both tables say of a path that ends at a place. */
interface Class {
  readonly masks: MaskPair;
}

function maskPairs(tables: readonly [Table, Table]): {
  parts: readonly Table[];
  at(place: { readonly states: Int32Array }): Class;
  goOn(text: Uint8Array, isMeant: (kind: Class) => boolean): Uint8Array | null;
} {
  const split = tables[0].starts.length;
  const byCells = new Map<string, Class>();
  const byMasks = new Map<string, Class>();
  const at = ({ states }: { readonly states: Int32Array }): Class => {
    const cells = [...states].map((state, i) => (state === 0 ? 0 : classOf(tables[i < split ? 0 : 1].words, state))).join();
    const known = byCells.get(cells);
    if (known !== undefined) return known;
    const masks: MaskPair = [
      union(classMask(tables[0], [...states.subarray(0, split)]), anyOnly),
      union(classMask(tables[1], [...states.subarray(split)]), anyOnly),
    ];
    const key = masks.map(maskText).join();
    const kind = byMasks.get(key) ?? { masks };
    byMasks.set(key, kind);
    byCells.set(cells, kind);
    return kind;
  };
  return { parts: tables, at, goOn: (text, isMeant) => goOnWith(tables, at, text, isMeant) };
}

const letters = new TextEncoder().encode('abcdefghijklmnopqrstuvwxyz0123456789');

function goOnWith(
  tables: readonly [Table, Table], at: (place: { readonly states: Int32Array }) => Class, text: Uint8Array,
  isMeant: (kind: Class) => boolean,
): Uint8Array | null {
  for (const letter of letters) {
    const longer = Uint8Array.of(...text, letter);
    const states = Int32Array.from(tables.flatMap((table) => table.starts.map((start) => walkCells(table.words, start, longer))));
    if (isMeant(at({ states }))) return longer;
  }
  return null;
}

function changesOf({ row, before, after, case: name, paths }: Found): readonly TableChange[] {
  return row.uses.map((use) => ({ ...use, before, after, example: { case: name, paths } }));
}

function walkCells(words: Uint32Array, start: number, text: Uint8Array): number {
  let state = start;
  for (const byte of text) state = stepCell(words, state, byte);
  return state;
}
