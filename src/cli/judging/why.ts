/** Why a policy test failed: the responses that decided otherwise than it expects, and what is behind each. */
import {
  explain, type ExplainedCondition, type ExplainedResponse, type ExplainedSelector, type Explanation, type VerdictAction,
} from '#compiler';
import type { Policy } from '#policy';
import { factOf } from './facts-of.ts';
import type { PolicyTest } from './test-file.ts';

/** Actions that are too many, that are missing, or that stay undecided. */
type Difference = 'unexpected' | 'missing' | 'undecided';

/** JSON as users' scripts read it. Responses and selectors are as `policy explain` has them. */
export interface Reason {
  readonly difference: Difference;
  readonly actions: readonly string[];
  /** What the text of the command says, line by line. */
  readonly text: readonly string[];
  readonly responses: readonly ExplainedResponse[];
  readonly selectors: readonly ExplainedSelector[];
}

/** Responses that are shown for one difference: those that come nearest. */
const shownMax = 3;

export function whyFailed(policies: readonly Policy[], test: PolicyTest, actual: readonly string[], undecided: boolean): readonly Reason[] {
  const explanation = explain(policies, test.container, test.event);
  const missing = test.expect.filter((action) => !actual.includes(action));
  const unexpected = actual.filter((action) => !(test.expect as readonly string[]).includes(action));
  const isOpen = ({ applies }: ExplainedResponse): boolean => applies === 'undecided';
  const reasons = [
    ...grouped(unexpected, (action) => having(explanation, action).filter(({ applies }) => applies === true))
      .map(([actions, responses]) => reason('unexpected', actions, responses, explanation, test)),
    ...grouped(missing, (action) => having(explanation, action).filter(({ applies }) => applies !== true))
      .map(([actions, responses]) => reason('missing', actions, responses, explanation, test)),
  ];
  const open = explanation.responses.filter(isOpen);
  if (undecided && !test.undecided) {
    const could = [...new Set(open.flatMap(({ actions }) => actions))].filter((action) => !actual.includes(action));
    reasons.push(reason('undecided', could, open, explanation, test));
  }
  return [...reasons.map((one) => letThrough(one, policies, explanation)), ...decidedAfterAll(undecided, test)];
}

function having({ responses }: Explanation, action: string): readonly ExplainedResponse[] {
  return responses.filter(({ actions }) => (actions as readonly string[]).includes(action));
}

/** Actions with the same responses behind them are told as one. */
function grouped(
  actions: readonly string[], behind: (action: string) => readonly ExplainedResponse[],
): readonly (readonly [readonly string[], readonly ExplainedResponse[]])[] {
  const groups = new Map<string, [string[], readonly ExplainedResponse[]]>();
  for (const action of actions) {
    const responses = behind(action);
    const key = responses.map(({ file, section, index }) => `${file} ${section} ${index}`).join('\n');
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [[action], responses]);
    else known[0].push(action);
  }
  return [...groups.values()];
}

function reason(
  difference: Difference, actions: readonly string[], responses: readonly ExplainedResponse[], explanation: Explanation, test: PolicyTest,
): Reason {
  const selectorsOf = (response: ExplainedResponse): readonly ExplainedSelector[] => explanation.selectors.filter(({ file, section, name }) =>
    file === response.file && section === response.section && [...response.match, ...response.exclude].includes(name));
  const ordered = [...responses].sort((a, b) => nearness(b, selectorsOf(b)) - nearness(a, selectorsOf(a)));
  const left = ordered.length - shownMax;
  const text = [
    headOf(difference, actions, ordered.length),
    ...ordered.slice(0, shownMax).flatMap((response) => responseLines(response, selectorsOf(response), test)),
    ...(left > 0 ? [`  and ${left} more: \`d4c policy explain\` has all`] : []),
  ];
  return { difference, actions, text, responses: ordered, selectors: [...new Set(ordered.flatMap(selectorsOf))] };
}

/** How many conditions of the best selector hold; excluded at last is nearer still. */
function nearness({ match }: ExplainedResponse, selectors: readonly ExplainedSelector[]): number {
  return Math.max(0, ...selectors.filter(({ name }) => match.includes(name)).map((one) => (one.holds === false ? 0 : 1) + shareHolding(one)));
}

function headOf(difference: Difference, actions: readonly string[], count: number): string {
  const words = actions.map((action) => `\`${action}\``).join(' and ');
  const verb = actions.length === 1 ? 'is' : 'are';
  if (difference === 'undecided') return `${words} could still come when the container is known`;
  if (difference === 'unexpected') return `${words} ${verb} not expected`;
  return count === 0 ? `${words} ${verb} missing: no response has ${actions.length === 1 ? 'it' : 'them'}` : `${words} ${verb} missing`;
}

function responseLines(response: ExplainedResponse, selectors: readonly ExplainedSelector[], test: PolicyTest): readonly string[] {
  const { file, line, applies, match, exclude } = response;
  const says = applies === 'undecided' ? 'is undecided' : applies ? 'applies' : 'does not apply';
  const of = (names: readonly string[]): readonly ExplainedSelector[] => selectors.filter(({ name }) => names.includes(name));
  const matching = of(match).filter(({ holds }) => holds !== false);
  const excluding = of(exclude).filter(({ holds }) => holds !== false);
  const telling =
    matching.length === 0 ? nearest(of(match))
    : applies === false ? excluding
    : [...matching, ...(excluding.length === 0 ? nearest(of(exclude)) : excluding)];
  return [
    `  ${file}:${line}: the response ${says}`,
    ...telling.map((selector) => selectorLine(selector, match.includes(selector.name) ? 'match' : 'exclude', test)),
  ];
}

/** Of selectors that do not hold, those that come nearest; others would only be noise. */
function nearest(selectors: readonly ExplainedSelector[]): readonly ExplainedSelector[] {
  return [...selectors].sort((a, b) => shareHolding(b) - shareHolding(a)).slice(0, shownMax);
}

const shareHolding = ({ conditions }: ExplainedSelector): number => conditions.filter(({ holds }) => holds !== false).length / conditions.length;

function selectorLine({ name, line, holds, conditions }: ExplainedSelector, role: string, test: PolicyTest): string {
  const says = holds === 'undecided' ? 'is undecided' : holds ? 'holds' : 'does not hold';
  // of one that holds, the values that did it; else what keeps it from holding
  const telling = conditions.filter((one) => (holds === true ? one.value !== undefined : one.holds === holds));
  const words = telling.map((condition) => conditionWords(condition, holds === true, test));
  return `    ${role} \`${name}\` (line ${line}) ${says}${words.length === 0 ? '' : `: ${words.join('; ')}`}`;
}

function conditionWords({ name, value, line }: ExplainedCondition, holds: boolean, test: PolicyTest): string {
  if (holds) return `\`${name}\` by \`${value}\` (line ${line})`;
  return `\`${name}\` (line ${line}), ${factOf(name, test)}`;
}

/** A block that is missing because of the mode is said to be. */
function letThrough(one: Reason, policies: readonly Policy[], { actions, responses }: Explanation): Reason {
  const would: VerdictAction = 'wouldBlock';
  if (one.difference !== 'missing' || !one.actions.includes('block') || !actions.includes(would)) return one;
  const monitoring = new Set(policies.filter(({ mode }) => mode === 'monitor').map(({ file }) => file));
  const told = responses.filter((response) => response.applies === true && response.actions.includes('block') && monitoring.has(response.file));
  return {
    ...one, responses: told,
    text: [
      `\`block\` is missing: the policy is in mode monitor; \`--mode enforce\` shows what it would be`,
      ...told.map(({ file, line }) => `  ${file}:${line}: the response applies`),
    ],
  };
}

function decidedAfterAll(undecided: boolean, test: PolicyTest): readonly Reason[] {
  if (undecided || !test.undecided) return [];
  const text = ['the outcome is decided, whatever the container turns out to be; the test says `undecided: true`'];
  return [{ difference: 'undecided', actions: [], text, responses: [], selectors: [] }];
}
