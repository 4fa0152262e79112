import { explain } from '#compiler';
import type { ExplainedResponse, Explanation } from '#compiler';
import type { ContainerFacts } from '#base';
import { factsUnknown } from '#base';
import type { Judgement, Rule, Stream } from '#ecs';
import type { EventAction, EventPaths, Operation, OperationEvent } from '#events';
import type { EventPair, KnownPaths, Policy, PolicyEvent, Response } from '#policy';

/** What came of an operation, in the words of documents. */
export interface Outcome {
  readonly actions: readonly EventAction[];
  readonly streams: readonly Stream[];
  readonly judgement: Judgement;
  /** The responses that applied, by file, section and number. */
  readonly responses: readonly string[];
}

/**
 * Which rules were behind what the kernel did. The kernel's own actions stand; where it left something
 * open, the facts that are known now add to them.
 */
export function judge(policies: readonly Policy[], facts: ContainerFacts | undefined, event: OperationEvent): Outcome {
  const given = facts ?? factsUnknown;
  const explanation = explain(policies, given, toPolicyEvents(event));
  const applied = explanation.responses.filter(({ applies }) => applies === true);
  const actions = event.undecided ? union(event.actions, explanation.actions) : event.actions;
  const rule = ruleOf(policies, applied);
  return {
    actions,
    streams: streamsOf(actions, applied, event),
    responses: applied.map(({ file, section, index }) => `${file}:${section}:${index}`),
    judgement: {
      matchedSelectors: matchedSelectors(explanation, applied),
      rule,
      pair: pairOf(policies, given, event, applied.length > 0),
      wouldDeny: !event.denied && (actions.includes('wouldBlock') || isLateBlock(event, actions)),
      late: event.undecided && actions.length > event.actions.length,
    },
  };
}

/** A block that was certain only after the operation had run: it was let through. */
function isLateBlock(event: OperationEvent, actions: readonly EventAction[]): boolean {
  return event.undecided && !event.actions.includes('block') && actions.includes('block');
}

function union(a: readonly EventAction[], b: readonly EventAction[]): readonly EventAction[] {
  return [...new Set([...a, ...b])];
}

function streamsOf(
  actions: readonly EventAction[],
  applied: readonly ExplainedResponse[],
  event: OperationEvent,
): readonly Stream[] {
  const streams = new Set<Stream>();
  if (actions.some((action) => action !== 'log')) streams.add('alerts');
  if (!actions.includes('log')) return [...streams];
  const logging = applied.filter((response) => response.actions.includes('log'));
  for (const { section } of logging) streams.add(section);
  // The policy that asked for it is not in force any more: go by what the operation was.
  const isProcess = event.operations.some((name) => name === 'fork' || name === 'exec');
  if (logging.length === 0) streams.add(isProcess ? 'process' : 'file');
  return [...streams];
}

function matchedSelectors(explanation: Explanation, applied: readonly ExplainedResponse[]): readonly string[] {
  const names = new Set<string>();
  for (const response of applied) {
    for (const selector of explanation.selectors) {
      const isIts = selector.file === response.file && selector.section === response.section;
      if (isIts && selector.holds === true && response.match.includes(selector.name)) names.add(selector.name);
    }
  }
  return [...names];
}

/** Of the response of the highest severity, the first in the order of files among equals. */
function ruleOf(policies: readonly Policy[], applied: readonly ExplainedResponse[]): Rule | undefined {
  let best: { readonly policy: Policy; readonly response: Response; readonly line: number } | undefined;
  for (const { file, section, index, line } of applied) {
    const policy = policies.find((it) => it.file === file);
    const response = policy?.sections.find(({ kind }) => kind === section)?.responses[index];
    if (policy === undefined || response === undefined) continue;
    if (best === undefined || (response.severity ?? 0) > (best.response.severity ?? 0)) best = { policy, response, line };
  }
  if (best === undefined) return undefined;
  const { policy, response, line } = best;
  return {
    name: response.name,
    description: response.description,
    severity: response.severity,
    reference: response.runbook,
    file: policy.file,
    line,
    policy: policy.name,
  };
}

/** The first pair that a response applies to by itself: pairs come in the order delete, modify, create. */
function pairOf(policies: readonly Policy[], facts: ContainerFacts, event: OperationEvent, any: boolean): number {
  if (event.pairs.length < 2) return 0;
  const whole = pairsEvent(event);
  if (any && event.directories === undefined) {
    for (const [index, pair] of whole.pairs.entries()) {
      const alone = explain(policies, facts, { ...whole, pairs: [pair] });
      if (alone.responses.some(({ applies }) => applies === true)) return index;
    }
  }
  return Math.max(0, event.pairs.findIndex(({ actions }) => actions.length > 0));
}

const gained: readonly Operation[] = ['createExecutable', 'createFile'];

/** An event in the words of the policy language: directories that move, and what is done to files. */
export function toPolicyEvents(event: OperationEvent): readonly PolicyEvent[] {
  const files = pairsEvent(event);
  const [first, second] = files.pairs;
  if (event.directories === undefined || first === undefined || second === undefined) return [files];
  const names = { forth: [first, second], back: [second, first] } as const;
  const moved = event.directories.map((way): PolicyEvent => {
    const [{ paths: from, mount }, { paths: to }] = names[way];
    return { kind: 'directory', from, to, mount, process: files.process };
  });
  if (moved.length === 2) return moved;
  // Where a file changes places with a directory, it is the file that comes to the directory's old name.
  const [left, reached] = names[event.directories[0]!];
  const ofFile = (pair: EventPair, comes: boolean): EventPair =>
    ({ ...pair, operations: pair.operations.filter((name) => gained.includes(name) === comes) });
  return [...moved, { ...files, pairs: [ofFile(left, true), ofFile(reached, false)] }];
}

function pairsEvent(event: OperationEvent): Extract<PolicyEvent, { kind: 'pairs' }> {
  const { executablePaths, containerUid, interactive, leaderName } = event.process;
  return {
    kind: 'pairs',
    pairs: event.pairs.map(({ operations, paths, mount }) => ({ operations, paths: toKnownPaths(paths), mount })),
    process: {
      executable: toKnownPaths(executablePaths),
      userId: containerUid,
      interactive,
      sessionLeader: leaderName,
    },
  };
}

function toKnownPaths(paths: EventPaths): KnownPaths {
  if (paths.kind !== 'paths') return paths;
  return { kind: 'paths', paths: [paths.mount, paths.root].filter((path) => path !== undefined) };
}
