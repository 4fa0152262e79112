/**
 * oracle: what a policy means, sentence by sentence of the policy language's page; slow and obvious. All
 * engines are held to it, so it shares no code with them: of the product it knows the model alone.
 */
import type { ContainerFacts } from '#base';
import type { Policy, PolicyEvent, Response, Section, Selector } from '#policy';
import { type Truth, truthForContainer } from './container.ts';
import { actsOf, type DirectoryEvent, holdsBelow, sameBelow, samePlaces } from './directory.ts';
import { type Act, holdsForAct, isPathCondition, type PathCondition } from './operation.ts';
import type { Role } from './paths.ts';

export type VerdictAction = 'log' | 'alert' | 'block' | 'wouldBlock';

export interface Verdict {
  readonly actions: readonly VerdictAction[];
  readonly decided: boolean;
}

/** The outcome of an operation in a container, under all policies in force. */
export function judge(policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent): Verdict {
  return allowedVerdicts(policies, facts, event)[0]!;
}

/**
 * The verdicts that an engine may give, the exact one first. There are two only where a directory's two
 * names are the same below, and the patterns do not stand at the same places: "an engine may take for
 * different what is the same, never the reverse".
 */
export function allowedVerdicts(
  policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent,
): readonly Verdict[] {
  if (event.kind === 'pairs') {
    const acts = event.pairs.flatMap(({ operations, paths, mount }) =>
      operations.map((operation): Act => ({ operation, paths, mount, process: event.process })));
    return [union(policies, facts, acts, holdsForAct)];
  }
  const moved = union(policies, facts, actsOf(event), directoryHolds);
  const conditions = concernedPaths(policies, facts, event);
  if (!sameBelow(conditions, event.from, event.to)) return [moved];
  const nothing: Verdict = { actions: [], decided: true };
  return samePlaces(allPaths(policies, facts), event.from, event.to) ? [nothing] : [nothing, moved];
}

type Holds = (selector: Selector, act: Act, role: Role) => boolean;

/** "A `match` selector without `targetFilePath` is not concerned; an `exclude` selector without one holds if its other conditions do." */
function directoryHolds(selector: Selector, act: Act, role: Role): boolean {
  if (role === 'match' && !selector.conditions.some(isPathCondition)) return false;
  return holdsForAct(selector, act, role, (condition) => holdsBelow(condition, act.paths, role));
}

/**
 * Section 2: "responses are judged pair by pair, the outcome is the union". Section 5: an outcome is
 * undecided "if an undecided response could still add an action".
 */
function union(policies: readonly Policy[], facts: ContainerFacts, acts: readonly Act[], holds: Holds): Verdict {
  const certain = new Set<VerdictAction>();
  const possible = new Set<VerdictAction>();
  for (const policy of policies) {
    for (const section of policy.sections) {
      for (const response of section.responses) {
        for (const act of acts) {
          const applies = responseApplies(section, response, facts, act, holds);
          if (applies === false) continue;
          for (const action of actionsOf(policy, response)) (applies === true ? certain : possible).add(action);
        }
      }
    }
  }
  const order: readonly VerdictAction[] = ['log', 'alert', 'block', 'wouldBlock'];
  return {
    actions: order.filter((action) => certain.has(action)),
    decided: [...possible].every((action) => certain.has(action)),
  };
}

/** Section 5: in mode monitor "every `block` is let through". */
function actionsOf(policy: Policy, response: Response): readonly VerdictAction[] {
  return response.actions.map((action) => (action === 'block' && policy.mode === 'monitor' ? 'wouldBlock' : action));
}

/**
 * Section 5: "a response applies if any `match` selector matches and no `exclude` selector does", and "is
 * undecided only if its outcome depends on how the undecided ones fall": every way is tried.
 */
function responseApplies(
  section: Section, response: Response, facts: ContainerFacts, act: Act, holds: Holds,
): Truth {
  const selector = (name: string): Selector => section.selectors.find((one) => one.name === name)!;
  const names = [...new Set([...response.match, ...response.exclude].map(({ value }) => value))];
  const truths = new Map(names.map((name) => [name, truthForContainer(selector(name), facts)]));
  const open = names.filter((name) => truths.get(name) === 'undecided');
  const outcomes = new Set<boolean>();
  for (let way = 0; way < 2 ** open.length; way++) {
    const holdsIn = (name: string, role: Role): boolean => {
      const truth = truths.get(name) === 'undecided' ? (way >> open.indexOf(name) & 1) === 1 : truths.get(name) === true;
      return truth && holds(selector(name), act, role);
    };
    outcomes.add(
      response.match.some(({ value }) => holdsIn(value, 'match')) &&
        !response.exclude.some(({ value }) => holdsIn(value, 'exclude')),
    );
  }
  return outcomes.size === 2 ? 'undecided' : outcomes.has(true);
}

/** The paths of the selectors that the rename could concern: for one of its operations, other conditions held. */
function concernedPaths(
  policies: readonly Policy[], facts: ContainerFacts, event: DirectoryEvent,
): readonly PathCondition[] {
  return namedSelectors(policies, facts)
    .filter((selector) => actsOf(event).some((act) =>
      (['match', 'exclude'] as const).some((role) => holdsForAct(selector, act, role, () => true))))
    .flatMap(({ conditions }) => conditions.filter(isPathCondition));
}

function allPaths(policies: readonly Policy[], facts: ContainerFacts): readonly PathCondition[] {
  return namedSelectors(policies, facts).flatMap(({ conditions }) => conditions.filter(isPathCondition));
}

/** The selectors of all responses that have a `match` which is not false for the container. */
function namedSelectors(policies: readonly Policy[], facts: ContainerFacts): readonly Selector[] {
  return policies.flatMap(({ sections }) => sections.flatMap(({ selectors, responses }) => {
    const live = selectors.filter((selector) => truthForContainer(selector, facts) !== false);
    const isLive = (name: string): boolean => live.some((selector) => selector.name === name);
    const concerned = responses.filter(({ match }) => match.some(({ value }) => isLive(value)));
    const named = new Set(concerned.flatMap(({ match, exclude }) => [...match, ...exclude].map(({ value }) => value)));
    return live.filter((selector) => named.has(selector.name));
  }));
}
