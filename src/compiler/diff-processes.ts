import { maskWords, processUserCells, readProcess, type Table } from '#abi';
import type { KnownPaths, ProcessFacts } from '#policy';
import { classMask, leafOf } from './decide.ts';
import { explore, nameForm, type Part, pathForm } from './diff-product.ts';
import { limits } from './limits.ts';
import { intersection, type Mask, mask, maskText, union } from './mask.ts';

/** A kind of process that either table tells apart: its class in both, and one that is of it. */
export interface ProcessPair {
  readonly classes: readonly [number, number];
  readonly example: ProcessFacts;
  /** What of the example matters: empty for one of which nothing is asked. */
  readonly telling: readonly ('executable' | 'userId' | 'interactive' | 'sessionLeader')[];
}

export interface ProcessPairs {
  readonly pairs: readonly ProcessPair[];
  readonly isComplete: boolean;
}

type Masks = readonly [Mask, Mask];

/** One way in which a fact of a process can fall. */
interface Choice<T> {
  readonly value: T;
  /** As matched, and as excluded, in both tables. */
  readonly match: Masks;
  readonly exclude: Masks;
}

const utf8 = new TextEncoder();
const usualUser = 1000;

/** Every pair of process classes that some process has. */
export function processPairs(tables: readonly [Table, Table]): ProcessPairs {
  const executables = executableChoices(tables);
  const leaders = leaderChoices(tables);
  const users = userChoices(tables);
  const terminals = terminalChoices(tables);
  const found = new Map<string, ProcessPair & { readonly cost: number }>();
  const combinations = executables.choices.length * leaders.choices.length * users.length * terminals.length;
  if (combinations > limits.processKindsMax) return { pairs: [], isComplete: false };
  executables.choices.forEach((executable, e) => leaders.choices.forEach((leader, l) => users.forEach((user, u) => terminals.forEach((terminal, t) => {
    const parts = [executable, leader, user, terminal];
    const leaf = (i: 0 | 1): number => (tables[i].process === 0 ? 0 : leafOf(
      tables[i], parts.map(({ match }) => match[i]).reduce(union), parts.map(({ exclude }) => exclude[i]).reduce(union)));
    const classes = [leaf(0), leaf(1)] as const;
    const flags = [e, u, t, l].map((index) => index > 0);
    const cost = flags.filter(Boolean).length * 1000 + e + u + t + l;
    const before = found.get(classes.join());
    if (before !== undefined && before.cost <= cost) return;
    const telling = (['executable', 'userId', 'interactive', 'sessionLeader'] as const).filter((_, i) => flags[i]);
    const example = { executable: executable.value, userId: user.value, interactive: terminal.value, sessionLeader: leader.value };
    found.set(classes.join(), { classes, example, telling, cost });
  }))));
  return { pairs: [...found.values()], isComplete: executables.isComplete && leaders.isComplete };
}

interface Choices<T> {
  readonly choices: readonly Choice<T>[];
  readonly isComplete: boolean;
}

const nothing: Masks = [mask(), mask()];

/** Both tables' masks at the places that one text can lead to, each with a shortest text. */
function textChoices(tables: readonly [Table, Table], starts: readonly [number, number], form: typeof pathForm): Choices<Uint8Array> {
  const parts: Part[] = tables.map(({ words }, i) => ({ words, starts: starts[i] === 0 ? [] : [starts[i]!] }));
  const found = new Map<string, Choice<Uint8Array>>();
  const isComplete = explore(parts, form, limits.diffPlacesMax, {
    place({ states, isEnd, text }) {
      if (!isEnd) return;
      let at = 0;
      const of = (i: 0 | 1): Mask => (starts[i] === 0 ? mask() : classMask(tables[i], [states[at++]!]));
      const masks: Masks = [of(0), of(1)];
      const key = masks.map(maskText).join();
      if (!found.has(key)) found.set(key, { value: text(), match: masks, exclude: masks });
    },
  });
  const choices = [...found.values()];
  const isPlain = ({ match }: Choice<unknown>): boolean => match.every((words) => words.every((word) => word === 0));
  return { choices: [...choices.filter(isPlain), ...choices.filter((choice) => !isPlain(choice))], isComplete };
}

/** The executable has one path, two, none, or one that is not known. */
function executableChoices(tables: readonly [Table, Table]): Choices<KnownPaths> {
  const heads = tables.map((table) => (table.process === 0 ? null : readProcess(table)));
  const starts = [heads[0]?.executable ?? 0, heads[1]?.executable ?? 0] as const;
  const single = textChoices(tables, starts, pathForm);
  const found = new Map<string, Choice<KnownPaths>>();
  const put = (value: KnownPaths, match: Masks, exclude: Masks): void => {
    const key = [...match, ...exclude].map(maskText).join();
    if (!found.has(key)) found.set(key, { value, match, exclude });
  };
  for (const { value, match } of single.choices) put({ kind: 'paths', paths: [value] }, match, match);
  put({ kind: 'none' }, nothing, nothing);
  const every = heads.map((head, i) => (head === null ? mask() : tables[i]!.words.slice(head.every, head.every + maskWords)));
  put({ kind: 'unknown' }, every as unknown as Masks, nothing);
  const isSmall = single.choices.length ** 2 <= limits.processKindsMax;
  for (const a of isSmall ? single.choices : []) {
    for (const b of single.choices) {
      put(
        { kind: 'paths', paths: [a.value, b.value] },
        [union(a.match[0], b.match[0]), union(a.match[1], b.match[1])],
        [intersection(a.match[0], b.match[0]), intersection(a.match[1], b.match[1])],
      );
    }
  }
  return { choices: [...found.values()], isComplete: single.isComplete && isSmall };
}

function leaderChoices(tables: readonly [Table, Table]): Choices<Uint8Array> {
  const starts = tables.map((table) => (table.process === 0 ? 0 : readProcess(table).leader));
  if (starts.every((start) => start === 0)) {
    return { choices: [{ value: utf8.encode('sh'), match: nothing, exclude: nothing }], isComplete: true };
  }
  return textChoices(tables, starts as [number, number], nameForm);
}

function userChoices(tables: readonly [Table, Table]): readonly Choice<number>[] {
  const atoms = tables.map((table) => {
    const found = new Map<number, Mask>();
    if (table.process === 0) return found;
    const head = readProcess(table);
    for (let i = 0; i < head.userCount; i++) {
      const at = (head.users + i * processUserCells) * 2;
      found.set(table.words[at]!, table.words.slice(at + 2, at + 2 + maskWords));
    }
    return found;
  });
  const listed = [...new Set(atoms.flatMap((found) => [...found.keys()]))].sort((a, b) => a - b);
  let other = usualUser;
  while (listed.includes(other)) other++;
  return [other, ...listed].map((value) => {
    const masks = atoms.map((found) => found.get(value) ?? mask()) as unknown as Masks;
    return { value, match: masks, exclude: masks };
  });
}

function terminalChoices(tables: readonly [Table, Table]): readonly Choice<boolean>[] {
  return [false, true].map((value) => {
    const masks = tables.map((table) => {
      if (table.process === 0) return mask();
      const { terminal, noTerminal } = readProcess(table);
      const at = value ? terminal : noTerminal;
      return table.words.slice(at, at + maskWords);
    }) as unknown as Masks;
    return { value, match: masks, exclude: masks };
  });
}
