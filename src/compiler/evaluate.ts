import { actionBits, mountKindCount } from '#abi';
import type { ContainerFacts } from '#base';
import { operationNames, type Pattern, type Policy, type Response, type SectionKind, type Selector } from '#policy';
import { selectorTruth } from './static.ts';
import { type ProcessCondition, processConditionOf } from './process-conditions.ts';

/** A selector that is not false for the container: what of it depends on the operation. */
export interface LiveSelector {
  readonly name: string;
  readonly file: string;
  readonly section: SectionKind;
  /** A fact of the container is not known: it may be true or false as a whole. */
  readonly open: boolean;
  /** Bit sets. */
  readonly operations: number;
  readonly mounts: number;
  /** `null`: no condition on the path. */
  readonly paths: readonly Pattern[] | null;
  readonly process: ProcessCondition | null;
  /** All of the above as text: selectors with the same are the same. */
  readonly content: string;
}

export interface LiveResponse {
  readonly actions: number;
  readonly match: readonly LiveSelector[];
  readonly exclude: readonly LiveSelector[];
}

const allMounts = (1 << mountKindCount) - 1;
const offVolumes = 0b001;
const offFiles = 0b011;

/** The policies as one container sees them: static conditions worked out, what is false left out. */
export function evaluate(policies: readonly Policy[], facts: ContainerFacts): readonly LiveResponse[] {
  const live: LiveResponse[] = [];
  for (const policy of policies) {
    for (const section of policy.sections) {
      const selectors = new Map<string, LiveSelector>();
      for (const selector of section.selectors) {
        const truth = selectorTruth(selector, facts);
        if (truth === false) continue;
        selectors.set(selector.name, liveSelector(policy, section.kind, selector, truth === undefined));
      }
      for (const response of section.responses) {
        const seen = liveResponse(response, policy, selectors);
        if (seen !== null) live.push(seen);
      }
    }
  }
  return live;
}

/** Which selectors are true, false or open, as text: equal texts lead to equal tables. */
export function truthKey(policies: readonly Policy[], facts: ContainerFacts): string {
  let key = '';
  for (const { sections } of policies) {
    for (const { selectors } of sections) {
      for (const selector of selectors) {
        const truth = selectorTruth(selector, facts);
        key += truth === undefined ? '?' : truth ? '1' : '0';
      }
    }
  }
  return key;
}

function liveSelector(policy: Policy, section: SectionKind, selector: Selector, open: boolean): LiveSelector {
  let mounts = allMounts;
  let paths: readonly Pattern[] | null = null;
  for (const condition of selector.conditions) {
    if (condition.kind === 'mount') mounts &= condition.name === 'ignoreVolumeMounts' ? offVolumes : offFiles;
    if (condition.kind === 'dynamic' && condition.name === 'targetFilePath') paths = condition.values;
  }
  const operations = selector.operations.reduce((set, name) => set | (1 << operationNames.indexOf(name)), 0);
  const process = processConditionOf(selector);
  const content = JSON.stringify([open, operations, mounts, process?.key ?? null, paths && patternsKey(paths)]);
  return Object.freeze({
    name: selector.name, file: policy.file, section, open, operations, mounts, paths, process, content,
  });
}

/** Of a set of patterns, whatever their order: equal keys match the same. */
export function patternsKey(patterns: readonly Pattern[]): string {
  return [...new Set(patterns.map(({ tokens }) => tokens.join(',')))].sort().join(' ');
}

function liveResponse(
  response: Response, policy: Policy, selectors: ReadonlyMap<string, LiveSelector>,
): LiveResponse | null {
  const named = (names: Response['match']): LiveSelector[] => {
    const found = new Map<string, LiveSelector>();
    for (const { value } of names) {
      const selector = selectors.get(value);
      if (selector !== undefined) found.set(selector.name, selector);
    }
    return [...found.values()];
  };
  const match = named(response.match);
  if (match.length === 0) return null;
  return Object.freeze({ actions: actionsOf(response, policy), match, exclude: named(response.exclude) });
}

function actionsOf(response: Response, policy: Policy): number {
  let actions = 0;
  for (const action of response.actions) {
    const name = action === 'block' && policy.mode === 'monitor' ? 'wouldBlock' : action;
    actions |= actionBits[name];
  }
  return actions;
}
