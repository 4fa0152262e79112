import type { ContainerFacts } from '#base';
import type { Policy, PolicyEvent } from '#policy';
import { openCompiler } from './compile.ts';
import { decide, type Verdict } from './decide.ts';
import { explain, type Explanation, type Holds } from './explain.ts';

/** What was recorded of one operation, in the words of policies. */
export interface Recorded {
  readonly facts: ContainerFacts;
  readonly event: PolicyEvent;
  /** Who it was, for people: containers of one workload are counted together. */
  readonly workload: string;
  readonly container: string;
  /** The path to show. */
  readonly path: string;
  readonly time: string;
  /** Operations that the record stands for. */
  readonly count: number;
  /** It failed, by the policies then in force. */
  readonly wasBlocked: boolean;
  /** Conditions that the record does not tell whether they hold. */
  readonly lacks: readonly string[];
}

export interface Simulated extends Verdict {
  /** The responses that apply, or could once more of the container is known. */
  readonly responses: readonly SimulatedResponse[];
}

export interface SimulatedResponse {
  readonly file: string;
  readonly line: number;
  readonly applies: Holds;
  /** The `match` selectors that hold, or could. */
  readonly selectors: readonly string[];
}

/** What became of operations, from the heaviest on; in mode monitor a block is one that would be. */
export type SimulatedOutcome = 'block' | 'wouldBlock' | 'alert' | 'log' | 'undecided' | 'nothing';

/** What came of one workload's operations in one way. */
export interface SimulatedGroup {
  readonly outcome: SimulatedOutcome;
  readonly workload: string;
  readonly count: number;
  readonly containers: number;
  readonly first: string;
  readonly last: string;
  readonly kinds: readonly SimulatedKind[];
}

/** Operations of one kind by the same responses. */
export interface SimulatedKind {
  readonly operations: readonly string[];
  readonly responses: readonly SimulatedResponse[];
  readonly count: number;
  /** The paths that came most often among the first that came. */
  readonly paths: readonly { readonly path: string; readonly count: number }[];
  /** Whether there were others. */
  readonly hasMorePaths: boolean;
}

export interface SimulationSummary {
  /** Operations by what became of them. */
  readonly outcomes: Readonly<Record<SimulatedOutcome, number>>;
  /** Operations that were blocked when they were recorded and would go through, and the reverse. */
  readonly newlyAllowed: number;
  readonly newlyBlocked: number;
  readonly groups: readonly SimulatedGroup[];
}

export interface Simulation {
  add(recorded: Recorded): Simulated;
  summary(): SimulationSummary;
}

/** Paths that are told apart in a group: what is kept must not grow with what is read. */
const pathsKeptMax = 64;
const pathsShown = 3;
const outcomes: readonly SimulatedOutcome[] = ['block', 'wouldBlock', 'alert', 'log', 'undecided', 'nothing'];

interface Group {
  readonly outcome: SimulatedOutcome;
  readonly workload: string;
  count: number;
  readonly containers: Set<string>;
  first: string;
  last: string;
  readonly kinds: Map<string, Kind>;
}

interface Kind {
  readonly operations: readonly string[];
  readonly responses: readonly SimulatedResponse[];
  count: number;
  readonly paths: Map<string, number>;
  hasMorePaths: boolean;
}

/** Judges recorded operations one by one, and keeps what it needs to sum them up. */
export function openSimulation(policies: readonly Policy[]): Simulation {
  const compiler = openCompiler(policies);
  const counts: Record<SimulatedOutcome, number> = { block: 0, wouldBlock: 0, alert: 0, log: 0, undecided: 0, nothing: 0 };
  const groups = new Map<string, Group>();
  const changes = { newlyAllowed: 0, newlyBlocked: 0 };
  return {
    add(recorded) {
      const { facts, event, count, wasBlocked, lacks } = recorded;
      const said = decide(compiler.profile(facts).table, event);
      const isOpen = said.actions.length > 0 || !said.decided || lacks.length > 0;
      const explanation = isOpen ? explain(policies, facts, event) : undefined;
      const responses = explanation === undefined ? [] : responsesOf(explanation);
      const verdict = explanation !== undefined && dependsOn(explanation, lacks) ? { ...said, decided: false } : said;
      const outcome = outcomeOf(verdict);
      counts[outcome] += count;
      const blocks = verdict.actions.includes('block');
      if (wasBlocked && !blocks && verdict.decided) changes.newlyAllowed += count;
      if (!wasBlocked && blocks) changes.newlyBlocked += count;
      if (outcome !== 'nothing') addTo(groups, recorded, outcome, responses);
      return { ...verdict, responses };
    },
    summary: () => ({ outcomes: { ...counts }, ...changes, groups: [...groups.values()].sort(byWeight).map(shown) }),
  };
}

/** Whether a selector could fall otherwise if what the record lacks were known. */
function dependsOn({ selectors }: Explanation, lacks: readonly string[]): boolean {
  return selectors.some(({ conditions }) =>
    conditions.some(({ name }) => lacks.includes(name)) &&
    conditions.every(({ name, holds }) => holds !== false || lacks.includes(name)));
}

function outcomeOf({ actions, decided }: Verdict): SimulatedOutcome {
  const heaviest = (['block', 'wouldBlock', 'alert', 'log'] as const).find((name) => actions.includes(name));
  if (heaviest === 'block' || decided) return heaviest ?? 'nothing';
  return 'undecided';
}

function responsesOf({ responses, selectors }: Explanation): readonly SimulatedResponse[] {
  return responses.filter(({ applies }) => applies !== false).map(({ file, section, line, applies, match }) => {
    const holding = selectors.filter((one) => one.file === file && one.section === section && one.holds !== false && match.includes(one.name));
    return { file, line, applies, selectors: holding.map(({ name }) => name) };
  });
}

function addTo(
  groups: Map<string, Group>, { event, workload, container, path, time, count }: Recorded, outcome: SimulatedOutcome,
  responses: readonly SimulatedResponse[],
): void {
  const name = JSON.stringify([outcome, workload]);
  let group = groups.get(name);
  if (group === undefined) groups.set(name, (group = { outcome, workload, count: 0, containers: new Set(), first: time, last: time, kinds: new Map() }));
  group.count += count;
  group.containers.add(container);
  if (time < group.first) group.first = time;
  if (time > group.last) group.last = time;
  const operations = operationsOf(event);
  const key = JSON.stringify([operations, responses]);
  let kind = group.kinds.get(key);
  if (kind === undefined) group.kinds.set(key, (kind = { operations, responses, count: 0, paths: new Map(), hasMorePaths: false }));
  kind.count += count;
  if (kind.paths.has(path) || kind.paths.size < pathsKeptMax) kind.paths.set(path, (kind.paths.get(path) ?? 0) + count);
  else kind.hasMorePaths = true;
}

export function operationsOf(event: PolicyEvent): readonly string[] {
  return event.kind === 'pairs' ? [...new Set(event.pairs.flatMap(({ operations }) => operations))] : ['renameDirectory'];
}

function byWeight(a: Group, b: Group): number {
  return outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) || b.count - a.count || (a.workload < b.workload ? -1 : 1);
}

function shown({ containers, kinds, ...rest }: Group): SimulatedGroup {
  const sorted = [...kinds.values()].sort((a, b) => b.count - a.count).map(({ paths, hasMorePaths, ...kind }): SimulatedKind => {
    const most = [...paths].sort(([, a], [, b]) => b - a).map(([path, count]) => ({ path, count }));
    return { ...kind, paths: most.slice(0, pathsShown), hasMorePaths: hasMorePaths || most.length > pathsShown };
  });
  return { ...rest, containers: containers.size, kinds: sorted };
}
