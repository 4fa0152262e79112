import { Failure } from '#base';
import { type Built, buildAutomata, type OwnedPattern, sortPatterns } from './automata.ts';
import type { Budget } from './determinise.ts';
import type { LiveResponse, LiveSelector } from './evaluate.ts';
import type { Groups } from './group.ts';
import { limits } from './limits.ts';
import { includes, intersection, type Mask, mask, maskText, union } from './mask.ts';
import type { ProcessAtom, ProcessCondition } from './process-conditions.ts';
import { type Rule, rulesFor, ruleText } from './rules.ts';

/** Kinds of processes that the policies tell apart, and how a process is found to be of one. */
export interface ProcessClasses {
  /** Rules by class, then by operation and mount. */
  readonly rules: readonly (readonly (readonly Rule[])[])[];
  /** `null`: every process is the same. */
  readonly section: ProcessSection | null;
}

export interface ProcessSection {
  readonly executable: Built | null;
  readonly leader: Built | null;
  readonly users: readonly { readonly user: number; readonly atoms: Mask }[];
  readonly every: Mask;
  readonly terminal: Mask;
  readonly noTerminal: Mask;
  readonly conditions: readonly Mask[];
  readonly nodes: readonly Node[];
  readonly first: Target;
}

/** A number of a node, or a class. */
export type Target = { readonly node: number } | { readonly leaf: number };
export interface Node {
  readonly test: number;
  readonly fails: Target;
  readonly holds: Target;
}

interface Asked {
  readonly conditions: readonly ProcessCondition[];
  readonly atoms: readonly ProcessAtom[];
  readonly owners: ReadonlyMap<string, string>;
}

export function classify(responses: readonly LiveResponse[], groups: Groups, budget: Budget): ProcessClasses {
  const asked = askedOf(responses);
  if (asked.conditions.length === 0) {
    const always = (): boolean => true;
    return { rules: [rulesFor(responses, groups, { match: always, exclude: always })], section: null };
  }
  const bit = new Map(asked.atoms.map((atom, i) => [atom.key, i]));
  const conditions = asked.conditions.map(({ atoms }) => mask(atoms.map(({ key }) => bit.get(key)!)));
  const parts = sectionParts(asked, bit, budget);
  const kinds = kindsOf(parts, conditions);
  const index = new Map(asked.conditions.map(({ key }, i) => [key, i]));
  const { rules, classes } = rowsOf(asked, kinds, (kind) => rulesFor(responses, groups, truthOf(kind, index)));
  const { nodes, first } = decisionNodes(kinds, classes, conditions.length * 2);
  if (rules.length === 1) return { rules, section: null };
  return { rules, section: { ...parts, conditions, nodes, first } };
}

/** Rules of each class, and the class of each kind: kinds with the same rules are one, and those are kept once. */
function rowsOf(asked: Asked, kinds: readonly Kind[], rulesOf: (kind: Kind) => readonly (readonly Rule[])[]): {
  rules: ProcessClasses['rules']; classes: readonly number[];
} {
  const rows = new Map<string, { readonly number: number; readonly row: readonly (readonly Rule[])[] }>();
  const numbers = kinds.map((kind) => {
    const row = rulesOf(kind);
    const key = row.map((rules) => rules.map(ruleText).join()).join(';');
    let known = rows.get(key);
    if (known === undefined) rows.set(key, (known = { number: rows.size, row }));
    // At once: there may be half a million kinds.
    if (rows.size > limits.processClassesMax) refuse(asked, `more than ${limits.processClassesMax} kinds of processes apart`);
    return known.number;
  });
  const ordered = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, known]) => known);
  const position = new Map(ordered.map(({ number }, at) => [number, at]));
  return { rules: ordered.map(({ row }) => row), classes: numbers.map((number) => position.get(number)!) };
}

function askedOf(responses: readonly LiveResponse[]): Asked {
  const conditions = new Map<string, ProcessCondition>();
  const atoms = new Map<string, ProcessAtom>();
  const owners = new Map<string, string>();
  for (const { match, exclude } of responses) {
    for (const { process, name } of [...match, ...exclude]) {
      if (process === null) continue;
      conditions.set(process.key, process);
      for (const atom of process.atoms) {
        atoms.set(atom.key, atom);
        owners.set(atom.key, name);
      }
    }
  }
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
  const asked = { conditions: [...conditions.values()].sort(byKey), atoms: [...atoms.values()].sort(byKey), owners };
  if (asked.atoms.length > limits.processAtomsMax) refuse(asked, `${asked.atoms.length} conditions on processes, at most ${limits.processAtomsMax} can be`);
  return asked;
}

type Parts = Omit<ProcessSection, 'conditions' | 'nodes' | 'first'>;

function sectionParts(asked: Asked, bit: ReadonlyMap<string, number>, budget: Budget): Parts {
  const build = (kind: 'executable' | 'leader'): Built | null => {
    const patterns: OwnedPattern[] = [];
    for (const atom of asked.atoms) {
      if (atom.kind !== kind) continue;
      const owner = asked.owners.get(atom.key)!;
      for (const tokens of atom.patterns) patterns.push({ tokens, atom: bit.get(atom.key)!, owner, text: '' });
    }
    const built = buildAutomata(sortPatterns(patterns), budget);
    if (built === null || built.length > 1) refuse(asked, `wildcards on processes that cannot be kept track of together`);
    return built[0] ?? null;
  };
  const bits = (holds: (atom: ProcessAtom) => boolean): Mask =>
    mask(asked.atoms.filter(holds).map(({ key }) => bit.get(key)!));
  const users = new Set(asked.atoms.flatMap((atom) => (atom.kind === 'user' ? atom.users : [])));
  return {
    executable: build('executable'),
    leader: build('leader'),
    users: [...users].sort((a, b) => a - b).map((user) => ({
      user,
      atoms: bits((atom) => atom.kind === 'user' && atom.users.includes(user)),
    })),
    every: bits((atom) => atom.kind === 'executable'),
    terminal: bits((atom) => atom.kind === 'interactive' && atom.value),
    noTerminal: bits((atom) => atom.kind === 'interactive' && !atom.value),
  };
}

/** A kind of process: which conditions hold, at 2 × condition as matched, at 2 × condition + 1 as excluded. */
type Kind = Uint8Array;

function kindsOf(parts: Parts, conditions: readonly Mask[]): readonly Kind[] {
  const none = mask();
  const texts = (built: Built | null): Mask[] => {
    const found = new Map<string, Mask>([[maskText(none), none]]);
    for (const meaning of built === null ? [] : new Set(built.automaton.meaning)) {
      const atoms = mask(built!.atomsOf(built!.automaton.meanings[meaning]!.accept));
      found.set(maskText(atoms), atoms);
    }
    return [...found.values()];
  };
  const executables = pairsOf(texts(parts.executable), parts.every);
  const others: Mask[] = [];
  for (const leader of texts(parts.leader)) {
    for (const user of [none, ...parts.users.map(({ atoms }) => atoms)]) {
      for (const terminal of [parts.terminal, parts.noTerminal]) others.push(union(union(leader, user), terminal));
    }
  }
  const distinct = [...new Map(others.map((atoms) => [maskText(atoms), atoms])).values()];
  if (executables.length * distinct.length > limits.processKindsMax) {
    throw new Failure('limit', 'the process conditions of the policies can fall in too many ways', {
      help: 'use fewer different process conditions',
    });
  }
  const kinds = new Map<string, Kind>();
  for (const { match, exclude } of executables) {
    for (const other of distinct) {
      const kind = kindOf(conditions, union(match, other), union(exclude, other));
      kinds.set(kind.join(''), kind);
    }
  }
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}

/** What an executable of one path, of two, of none, and of an unknown one leads to. */
function pairsOf(single: readonly Mask[], every: Mask): readonly { match: Mask; exclude: Mask }[] {
  const pairs = new Map<string, { match: Mask; exclude: Mask }>();
  const put = (match: Mask, exclude: Mask): void => {
    pairs.set(maskText(match) + maskText(exclude), { match, exclude });
    if (pairs.size > limits.processKindsMax) {
      throw new Failure('limit', 'the conditions on executables can fall in too many ways', {
        help: 'use fewer different values of `processExecutable` and `processName`',
      });
    }
  };
  put(mask(), mask());
  put(every, mask());
  for (const a of single) for (const b of single) put(union(a, b), intersection(a, b));
  return [...pairs.values()];
}

function kindOf(conditions: readonly Mask[], match: Mask, exclude: Mask): Kind {
  const kind = new Uint8Array(conditions.length * 2);
  conditions.forEach((atoms, i) => {
    kind[i * 2] = includes(match, atoms) ? 1 : 0;
    kind[i * 2 + 1] = includes(exclude, atoms) ? 1 : 0;
  });
  return kind;
}

function truthOf(kind: Kind, index: ReadonlyMap<string, number>): {
  match: (selector: LiveSelector) => boolean;
  exclude: (selector: LiveSelector) => boolean;
} {
  const at = ({ process }: LiveSelector): number => (process === null ? -1 : index.get(process.key)! * 2);
  return {
    match: (selector) => selector.process === null || kind[at(selector)] === 1,
    exclude: (selector) => selector.process === null || kind[at(selector) + 1] === 1,
  };
}

/** A decision over the conditions in turn; what leads to one class without a further look is a leaf. */
function decisionNodes(
  kinds: readonly Kind[], classes: readonly number[], tests: number,
): { nodes: readonly Node[]; first: Target } {
  const made = new Map<string, number>();
  const nodes: { test: number; fails: Target; holds: Target }[] = [];
  const text = (target: Target): string => ('leaf' in target ? `L${target.leaf}` : `N${target.node}`);
  const decide = (subset: readonly number[], test: number): Target => {
    const first = classes[subset[0]!]!;
    if (test === tests || subset.every((kind) => classes[kind] === first)) return { leaf: first };
    const fails = subset.filter((kind) => kinds[kind]![test] === 0);
    if (fails.length === 0 || fails.length === subset.length) return decide(subset, test + 1);
    const onFails = decide(fails, test + 1);
    const onHolds = decide(subset.filter((kind) => kinds[kind]![test] === 1), test + 1);
    if (text(onFails) === text(onHolds)) return onFails;
    const key = `${test} ${text(onFails)} ${text(onHolds)}`;
    let node = made.get(key);
    if (node === undefined) {
      node = nodes.push({ test, fails: onFails, holds: onHolds }) - 1;
      made.set(key, node);
    }
    return { node };
  };
  const first = decide(kinds.map((_, i) => i), 0);
  // made children first; in the table nodes lead to higher numbers only
  const turned = (target: Target): Target => ('leaf' in target ? target : { node: nodes.length - 1 - target.node });
  const ordered = nodes.reverse().map(({ test, fails, holds }) => ({ test, fails: turned(fails), holds: turned(holds) }));
  return { nodes: ordered, first: turned(first) };
}

function refuse(asked: Asked, what: string): never {
  const names = [...new Set(asked.owners.values())].sort().slice(0, 3).map((name) => `\`${name}\``).join(', ');
  throw new Failure('limit', `the selectors ask for ${what}: ${names}`, {
    help: 'put processes with the same consequence into one selector',
  });
}
