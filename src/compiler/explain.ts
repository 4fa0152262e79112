import { type ContainerFacts, lineStarts, position } from '#base';
import {
  type ActionName, type KnownPaths, type OperationName, type Pattern, type Policy, type PolicyEvent, type Response, type Section,
  type SectionKind, type Selector,
} from '#policy';
import type { Verdict, VerdictAction } from './decide.ts';
import { evaluate } from './evaluate.ts';
import { type Act, conditionHolds, type Finding, type Role } from './holds.ts';
import { matchesBelow, placesAfter } from './match-text.ts';
import type { Truth } from './static.ts';

export type Holds = boolean | 'undecided';

/** A verdict with all that led to it: JSON as users' scripts read it. */
export interface Explanation extends Verdict {
  readonly responses: readonly ExplainedResponse[];
  readonly selectors: readonly ExplainedSelector[];
}

export interface ExplainedResponse {
  readonly file: string;
  readonly section: SectionKind;
  readonly index: number;
  readonly line: number;
  readonly applies: Holds;
  /** The names as the policy has them; which of them hold is said of the selectors. */
  readonly match: readonly string[];
  readonly exclude: readonly string[];
  readonly actions: readonly ActionName[];
}

export interface ExplainedSelector {
  readonly file: string;
  readonly section: SectionKind;
  readonly name: string;
  readonly line: number;
  readonly holds: Holds;
  readonly conditions: readonly ExplainedCondition[];
}

export interface ExplainedCondition {
  readonly name: string;
  readonly holds: Holds;
  /** The value that holds, as the policy has it; left out if none does. */
  readonly value?: string;
  readonly line: number;
}

const order: readonly VerdictAction[] = ['log', 'alert', 'block', 'wouldBlock'];
const created: readonly OperationName[] = ['createExecutable', 'createFile'];
const lost: readonly OperationName[] = ['modifyExecutable', 'modifyFile', 'deleteFile'];
const starts = new WeakMap<Policy, readonly number[]>();

/**
 * Which selectors and responses are behind what policies say of an event in a container; of several events
 * that are one operation, what they say of all.
 */
export function explain(
  policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent | readonly PolicyEvent[],
): Explanation {
  const acts = [event].flat().flatMap((one) => actsOf(policies, facts, one));
  const certain = new Set<VerdictAction>();
  const possible = new Set<VerdictAction>();
  const responses: ExplainedResponse[] = [];
  const selectors: ExplainedSelector[] = [];
  for (const policy of policies) {
    for (const section of policy.sections) {
      const excluded = new Set(section.responses.flatMap(({ exclude }) => exclude.map(({ value }) => value)));
      const seen = new Map(section.selectors.map((selector) => [selector.name, lookAt(selector, acts, excluded)]));
      section.responses.forEach((response, index) => {
        const applies = anyOf(acts.map((_, act) => responseApplies(response, seen, act)));
        for (const action of actionsIn(policy, response)) {
          if (applies !== false) (applies === true ? certain : possible).add(action);
        }
        responses.push(explainResponse(policy, section, response, index, applies));
      });
      for (const selector of section.selectors) {
        selectors.push(explainSelector(policy, section, selector, seen.get(selector.name)!));
      }
    }
  }
  const actions = order.filter((action) => certain.has(action));
  return { actions, decided: [...possible].every((action) => certain.has(action)), responses, selectors };
}

function actsOf(policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent): readonly Act[] {
  const { process } = event;
  if (event.kind === 'pairs') {
    return event.pairs.flatMap(({ operations, paths, mount }) =>
      operations.map((operation): Act => ({ operation, paths, below: false, mount, process, facts })));
  }
  if (samePlaces(livePaths(policies, facts), event.from, event.to)) return [];
  const { mount, from, to } = event;
  return [
    ...lost.map((operation): Act => ({ operation, paths: from, below: true, mount, process, facts })),
    ...created.map((operation): Act => ({ operation, paths: to, below: true, mount, process, facts })),
  ];
}

/**
 * Whether nothing has happened to what lies below a directory: each selector's patterns stand at the same
 * places after both names, or one of them has matched all below for good.
 */
function samePlaces(selectors: readonly (readonly Pattern[])[], from: KnownPaths, to: KnownPaths): boolean {
  const text = (names: KnownPaths): string | null => {
    if (names.kind === 'none') return '';
    if (names.kind === 'unknown' || names.paths.length === 0) return null;
    const places = names.paths.map((name) => selectors.map((patterns) => standing(patterns, name)).join(';'));
    return [...new Set(places)].sort().join('|');
  };
  const before = text(from);
  return before !== null && before === text(to);
}

function standing(patterns: readonly Pattern[], name: Uint8Array): string {
  if (patterns.some((pattern) => matchesBelow(pattern, name, 'exclude'))) return 'all';
  return patterns.map((pattern) => placesAfter(pattern, Uint8Array.of(...name, 0x2f))?.join('') ?? '').join();
}

/** Paths of the selectors of all responses that could apply to the container. */
function livePaths(policies: readonly Policy[], facts: ContainerFacts): readonly (readonly Pattern[])[] {
  const live = evaluate(policies, facts).flatMap(({ match, exclude }) => [...match, ...exclude]);
  return [...new Set(live)].flatMap(({ paths }) => (paths === null ? [] : [paths]));
}

/** What was found of one selector, for each act. */
interface Seen {
  readonly selector: Selector;
  readonly match: readonly Look[];
  readonly exclude: readonly Look[];
}

interface Look {
  readonly operation: boolean;
  readonly conditions: readonly Finding[];
  /** Of the conditions on the container. */
  readonly open: boolean;
  readonly holds: Truth;
}

function lookAt(selector: Selector, acts: readonly Act[], excluded: ReadonlySet<string>): Seen {
  const by = (role: Role): readonly Look[] => acts.map((act) => {
    const operation = selector.operations.includes(act.operation);
    const conditions = selector.conditions.map((condition) => conditionHolds(condition, act, role));
    const hasPath = selector.conditions.some((one) => one.kind === 'dynamic' && one.name === 'targetFilePath');
    const concerned = operation && (!act.below || role === 'exclude' || hasPath);
    const fails = !concerned || conditions.some(({ holds }) => holds === false);
    const open = conditions.some(({ holds }) => holds === undefined);
    return { operation, conditions, open, holds: fails ? false : open ? undefined : true };
  });
  return { selector, match: by('match'), exclude: excluded.has(selector.name) ? by('exclude') : [] };
}

/** Undecided only if it depends on how the open selectors fall: one in both roles falls the same in both. */
function responseApplies(response: Response, seen: ReadonlyMap<string, Seen>, act: number): Holds {
  const matches = response.match.map(({ value }) => ({ name: value, holds: seen.get(value)!.match[act]!.holds }));
  const excludes = response.exclude.map(({ value }) => ({ name: value, holds: seen.get(value)!.exclude[act]!.holds }));
  if (excludes.some(({ holds }) => holds === true)) return false;
  const freed = excludes.filter(({ holds }) => holds === undefined).map(({ name }) => name);
  if (matches.some(({ holds }) => holds === true)) return freed.length > 0 ? 'undecided' : true;
  return matches.some(({ name, holds }) => holds === undefined && !freed.includes(name)) ? 'undecided' : false;
}

function actionsIn(policy: Policy, response: Response): readonly VerdictAction[] {
  return response.actions.map((action) => (action === 'block' && policy.mode === 'monitor' ? 'wouldBlock' : action));
}

function explainResponse(
  policy: Policy, section: Section, response: Response, index: number, applies: Holds,
): ExplainedResponse {
  return {
    file: policy.file, section: section.kind, index, line: lineOf(policy, response.span.start), applies,
    match: response.match.map(({ value }) => value), exclude: response.exclude.map(({ value }) => value),
    actions: response.actions,
  };
}

/** As one that is matched, unless responses only exclude it. Of several acts: whether it holds for any. */
function explainSelector(policy: Policy, section: Section, selector: Selector, seen: Seen): ExplainedSelector {
  const names = (list: 'match' | 'exclude'): boolean =>
    section.responses.some((response) => response[list].some(({ value }) => value === selector.name));
  const looks = !names('match') && names('exclude') ? seen.exclude : seen.match;
  const operation: ExplainedCondition = {
    name: 'operation', holds: looks.some((look) => look.operation), line: lineOf(policy, selector.span.start),
  };
  // of several acts the one that comes furthest tells why
  const best = [...looks].sort((a, b) => rank(b) - rank(a))[0];
  const conditions = selector.conditions.map((condition, i): ExplainedCondition => {
    const { holds, value, span } = best?.conditions[i] ?? { holds: false, value: undefined, span: condition.span };
    const line = lineOf(policy, span.start);
    return { name: condition.name, holds: toHolds(holds), ...(value === undefined ? {} : { value }), line };
  });
  return {
    file: policy.file, section: section.kind, name: selector.name, line: lineOf(policy, selector.span.start),
    holds: anyOf(looks.map(({ holds }) => toHolds(holds))), conditions: [operation, ...conditions],
  };
}

function rank({ operation, holds, conditions }: Look): number {
  return (holds === true ? 1000 : 0) + (holds === undefined ? 500 : 0) + (operation ? 250 : 0) +
    conditions.filter((condition) => condition.holds !== false).length;
}

function toHolds(truth: Truth): Holds {
  return truth === undefined ? 'undecided' : truth;
}

function anyOf(list: readonly Holds[]): Holds {
  if (list.includes(true)) return true;
  return list.includes('undecided') ? 'undecided' : false;
}

function lineOf(policy: Policy, offset: number): number {
  let known = starts.get(policy);
  if (known === undefined) starts.set(policy, (known = lineStarts(policy.text)));
  return position(policy.text, known, offset).line;
}
