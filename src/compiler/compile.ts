import {
  automataMax, classCells, groupAny, headCells, maskWords, mountKindCount, operationCount, processCells, processConditionCells,
  processLeaf, processNodeCells, processUserCells, ruleCells, rulesMax, tableCoarse, tableGroupedShift, tableMounts, tableUndecided,
  writeHead,
} from '#abi';
import { type ContainerFacts, Failure } from '#base';
import type { Policy } from '#policy';
import { type Built, buildAutomata, buildOne, type OwnedPattern, refusePatterns, sortPatterns } from './automata.ts';
import { comb } from './comb.ts';
import type { Budget } from './determinise.ts';
import { evaluate, truthKey } from './evaluate.ts';
import { type Groups, groupSelectors, type PatternSet } from './group.ts';
import { hashHex } from './hash.ts';
import { type Bounds, limits } from './limits.ts';
import { type Mask, mask, maskText } from './mask.ts';
import { classify, type ProcessClasses, type ProcessSection, type Target } from './process-classes.ts';
import { type Rule, ruleText } from './rules.ts';

/** What the policies in force decide for one kind of container. Equal meanings have equal bytes. */
export interface Profile {
  /** Hash of the bytes. */
  readonly id: string;
  readonly table: Uint8Array;
}

/** Policies ready to be seen by containers; a container whose facts lead to a profile that exists costs a look. */
export interface Compiler {
  profile(facts: ContainerFacts): Profile;
}

export function openCompiler(policies: readonly Policy[]): Compiler {
  const byTruth = new Map<string, Profile>();
  const byId = new Map<string, Profile>();
  return {
    profile(facts) {
      const key = truthKey(policies, facts);
      let profile = byTruth.get(key);
      if (profile === undefined) {
        const made = compile(policies, facts);
        profile = byId.get(made.id) ?? made;
        byId.set(profile.id, profile);
        byTruth.set(key, profile);
      }
      return profile;
    },
  };
}

/** Policies as one container sees them, as a table. Throws a Failure `limit` that names selectors. */
export function compile(policies: readonly Policy[], facts: ContainerFacts, bounds: Bounds = limits): Profile {
  const responses = evaluate(policies, facts);
  const groups = groupSelectors(responses);
  const budget: Budget = { steps: limits.stepsMax };
  const process = classify(responses, groups, budget);
  const files = buildFiles(groups, budget, bounds);
  const open = responses.some(({ match, exclude }) => [...match, ...exclude].some((selector) => selector.open));
  const flags = (open ? tableUndecided : 0) | (files.coarse ? tableCoarse : 0);
  const table = assemble(flags, process, files);
  return Object.freeze({ id: hashHex(table), table });
}

interface Files {
  readonly built: readonly Built[];
  /** Group of an atom. */
  readonly groupOf: (atom: number) => number;
  readonly coarse: boolean;
}

/**
 * Automata in which each state stands for sets of patterns; where that grows too large, for groups: then
 * states no longer tell whether a directory's two names are matched by the same selectors.
 */
function buildFiles({ sets, count }: Groups, budget: Budget, bounds: Bounds): Files {
  const tokens = sets.flatMap(({ patterns }) => patterns).reduce((sum, pattern) => sum + pattern.tokens.length, 0);
  const coarse = sets.length > count;
  if (coarse && tokens <= bounds.fineTokensMax) {
    const atoms = new Map(sets.map((set, atom) => [set, atom]));
    const fine = buildAutomata(ownedPatterns(sets, (set) => atoms.get(set)!), { steps: budget.steps / limits.fineShare }, bounds);
    if (fine !== null) return { built: fine, groupOf: (atom) => sets[atom]!.group, coarse: false };
  }
  const groupOf = (atom: number): number => atom;
  const whole = coarse && excludedOf(sets).length > bounds.excludedApart ? buildWhole(sets, budget, bounds) : null;
  if (whole !== null) return { built: [whole], groupOf, coarse };
  const built: Built[] = [];
  for (const part of partsOf(sets, coarse, bounds)) {
    const more = buildAutomata(ownedPatterns(part, ({ group }) => group), budget, bounds);
    if (more === null || built.length + more.length > limits.automataMax) refusePatterns(ownedPatterns(sets, ({ group }) => group));
    built.push(...more);
  }
  return { built, groupOf, coarse };
}

const excludedOf = (sets: readonly PatternSet[]): readonly PatternSet[] => sets.filter(({ excluded }) => excluded);

/** One walk costs half of two: where it stays small, one automaton has the excluded selectors too. */
function buildWhole(sets: readonly PatternSet[], budget: Budget, bounds: Bounds): Built | null {
  const { statesPerTokenWhole: statesPerToken } = bounds;
  return buildOne(ownedPatterns(sets, ({ group }) => group), { steps: budget.steps / limits.wholeShare }, { ...bounds, statesPerToken });
}

/** Many excluded selectors, a group each, can multiply the states of all others: then they stand by themselves. */
function partsOf(sets: readonly PatternSet[], coarse: boolean, bounds: Bounds): readonly (readonly PatternSet[])[] {
  const excluded = excludedOf(sets);
  if (!coarse || excluded.length <= bounds.excludedApart) return [sets];
  return [sets.filter((set) => !set.excluded), excluded];
}

function ownedPatterns(sets: readonly PatternSet[], atomOf: (set: PatternSet) => number): readonly OwnedPattern[] {
  return sortPatterns(sets.flatMap((set) =>
    set.patterns.map(({ tokens, text }) => ({ tokens, text, atom: atomOf(set), owner: set.selectors[0]!.name }))));
}

/** Cells that are put together part by part; each part begins where the one before ends. */
interface Parts {
  readonly head: Parameters<typeof writeHead>[1];
  readonly words: Uint32Array;
}

function assemble(flags: number, process: ProcessClasses, files: Files): Uint8Array {
  const dispatch = headCells;
  const entries = operationCount * mountKindCount * process.rules.length;
  const rules = layRules(process.rules, dispatch + entries);
  const classes = dispatch + entries + rules.words.length / 2;
  const built = [...files.built, ...processAutomata(process.section)];
  const laid = layClasses(built, files, classes);
  const section = classes + laid.words.length / 2;
  const states = section + sectionCells(process.section);
  const combed = comb(built.map(({ automaton }) => automaton), states, laid.classAt);
  const cells = states + combed.words.length / 2;
  if (cells > limits.cellsMax) refuseSize(cells);
  const starts = combed.starts.slice(0, files.built.length);
  const parts: Parts = {
    head: {
      flags: flags | (rules.tellsMounts ? tableMounts : 0) | (rules.grouped << tableGroupedShift),
      operations: rules.operations, processClasses: process.rules.length, dispatch,
      process: process.section === null ? 0 : section, classes, states, starts,
    },
    words: new Uint32Array(cells * 2),
  };
  writeHead(parts.words, parts.head);
  parts.words.set(rules.dispatch, dispatch * 2);
  parts.words.set(rules.words, (dispatch + entries) * 2);
  parts.words.set(laid.words, classes * 2);
  if (process.section !== null) {
    parts.words.set(laySection(process.section, section, combed.starts.slice(files.built.length)), section * 2);
  }
  parts.words.set(combed.words, states * 2);
  return new Uint8Array(parts.words.buffer);
}

function processAutomata(section: ProcessSection | null): Built[] {
  if (section === null) return [];
  return [section.executable, section.leader].filter((built) => built !== null);
}

/** Dispatch by operation, mount and class; runs of equal rules are laid once. */
function layRules(byClass: ProcessClasses['rules'], origin: number): {
  dispatch: Uint32Array; words: Uint32Array; operations: number; tellsMounts: boolean;
  /** Operations whose every rule asks for a group. */
  grouped: number;
} {
  const runs = new Map<string, number>();
  const laid: Rule[] = [];
  const dispatch = new Uint32Array(operationCount * mountKindCount * byClass.length * 2);
  let operations = 0;
  let anyway = 0;
  for (let at = 0; at < operationCount * mountKindCount; at++) {
    byClass.forEach((rows, processClass) => {
      const rules = rows[at]!;
      if (rules.length === 0) return;
      if (rules.length > rulesMax) refuseRules(rules.length);
      operations |= 1 << Math.floor(at / mountKindCount);
      if (rules.some(({ match }) => (match[0]! & 1 << groupAny) !== 0)) anyway |= 1 << Math.floor(at / mountKindCount);
      const key = rules.map(ruleText).join();
      let first = runs.get(key);
      if (first === undefined) {
        runs.set(key, (first = origin + laid.length * ruleCells));
        laid.push(...rules);
      }
      dispatch.set([first, rules.length], (at * byClass.length + processClass) * 2);
    });
  }
  const rowWords = byClass.length * 2;
  const rowAt = (at: number): string => dispatch.subarray(at * rowWords, (at + 1) * rowWords).join();
  const tellsMounts = byClass.length > 0 && Array.from({ length: operationCount * mountKindCount }, (_, at) => at)
    .some((at) => rowAt(at) !== rowAt(at - at % mountKindCount));
  const words = new Uint32Array(laid.length * ruleCells * 2);
  laid.forEach(({ match, exclude, actions, flags }, i) => {
    const at = i * ruleCells * 2;
    words.set(match, at);
    words.set(exclude, at + maskWords);
    words.set([actions, flags], at + maskWords * 2);
  });
  return { dispatch, words, operations, tellsMounts, grouped: operations & ~anyway };
}

/** The classes that any state has, each once, in the order of automata and states. */
function layClasses(built: readonly Built[], files: Files, origin: number): {
  words: Uint32Array; classAt: (automaton: number, meaning: number) => number;
} {
  const numbers = new Map<string, number>();
  const laid: Mask[][] = [];
  const at = built.map(({ automaton, atomsOf }, i) => {
    const isFile = i < files.built.length;
    const masks = new Map<number, Mask>();
    const maskOf = (set: number): Mask => {
      let made = masks.get(set);
      if (made === undefined) {
        const atoms = [...atomsOf(set)];
        masks.set(set, (made = mask(isFile ? atoms.map(files.groupOf) : atoms)));
      }
      return made;
    };
    const cells = new Map<number, number>();
    for (let state = 1; state < automaton.count; state++) {
      const number = automaton.meaning[state]!;
      if (cells.has(number)) continue;
      const { accept, some, all } = automaton.meanings[number]!;
      const triple = [maskOf(accept), maskOf(some), maskOf(all)];
      const key = triple.map(maskText).join();
      if (!numbers.has(key)) numbers.set(key, laid.push(triple) - 1);
      cells.set(number, origin + numbers.get(key)! * classCells);
    }
    return cells;
  });
  const words = new Uint32Array(laid.length * classCells * 2);
  laid.flat().forEach((words8, i) => words.set(words8, i * maskWords));
  return { words, classAt: (automaton, meaning) => at[automaton]!.get(meaning)! };
}

function sectionCells(section: ProcessSection | null): number {
  if (section === null) return 0;
  const { users, conditions, nodes } = section;
  return processCells + users.length * processUserCells + conditions.length * processConditionCells +
    nodes.length * processNodeCells;
}

function laySection(section: ProcessSection, origin: number, starts: readonly number[]): Uint32Array {
  const { users, conditions, nodes } = section;
  const words = new Uint32Array(sectionCells(section) * 2);
  const usersAt = processCells;
  const conditionsAt = usersAt + users.length * processUserCells;
  const nodesAt = conditionsAt + conditions.length * processConditionCells;
  const target = (to: Target): number => ('leaf' in to ? processLeaf + to.leaf : to.node);
  const rest = [...starts];
  const executable = section.executable === null ? 0 : rest.shift()!;
  const leader = section.leader === null ? 0 : rest.shift()!;
  words.set([
    executable, leader, origin + usersAt, users.length, origin + conditionsAt, conditions.length,
    origin + nodesAt, nodes.length, target(section.first),
  ]);
  [section.every, section.terminal, section.noTerminal].forEach((atoms, i) => words.set(atoms, 12 + i * maskWords));
  users.forEach(({ user, atoms }, i) => {
    words[(usersAt + i * processUserCells) * 2] = user;
    words.set(atoms, (usersAt + i * processUserCells) * 2 + 2);
  });
  conditions.forEach((atoms, i) => words.set(atoms, (conditionsAt + i * processConditionCells) * 2));
  nodes.forEach(({ test, fails, holds }, i) => {
    words.set([test, target(fails), target(holds)], (nodesAt + i * processNodeCells) * 2);
  });
  return words;
}

function refuseRules(count: number): never {
  throw new Failure('limit', `one operation has ${count} different rules, at most ${rulesMax} can be`, {
    help: 'put responses with the same exclusions and actions into one',
  });
}

function refuseSize(cells: number): never {
  throw new Failure('limit', `the table of the policies takes ${cells} cells, at most ${limits.cellsMax} can be`, {
    help: `use fewer paths, or fewer wildcards; at most ${automataMax} automata are made`,
  });
}

