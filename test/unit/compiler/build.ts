import { factsUnknown } from '#base';
import {
  type ActionName, type Condition, DOUBLE_STAR, type KnownPaths, type MountKind, operationNames, type OperationName,
  type Pattern, type Policy, type PolicyEvent, type ProcessFacts, type Response, type Section, type SectionKind, type Selector,
  STAR, type Token,
} from '#policy';

/** Models made by hand, without the parser: what the tests of engines need, in few words. */
const nowhere = Object.freeze({ start: 0, end: 0 });
const bytes = new TextEncoder();

export function pattern(text: string, kind: 'path' | 'text'): Pattern {
  const tokens: Token[] = [];
  const raw = bytes.encode(text);
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === 0x5c) {
      tokens.push(raw[++i]!);
    } else if (raw[i] === 0x2a) {
      let run = 1;
      while (raw[i + 1] === 0x2a) [run, i] = [run + 1, i + 1];
      tokens.push(kind === 'text' || run > 1 ? DOUBLE_STAR : STAR);
    } else {
      tokens.push(raw[i]!);
    }
  }
  return { text, tokens, span: nowhere };
}

/** Conditions by canonical name; texts for patterns, `key:value` for labels. */
export interface SelectorText {
  readonly operation?: readonly OperationName[];
  readonly targetFilePath?: readonly string[];
  readonly processExecutable?: readonly string[];
  readonly processName?: readonly string[];
  readonly sessionLeaderName?: readonly string[];
  readonly containerImageName?: readonly string[];
  readonly containerImageTag?: readonly string[];
  readonly containerImageFullName?: readonly string[];
  readonly kubernetesNamespace?: readonly string[];
  readonly kubernetesPodName?: readonly string[];
  readonly kubernetesPodLabel?: readonly string[];
  readonly kubernetesClusterId?: readonly string[];
  readonly kubernetesClusterName?: readonly string[];
  readonly orchestratorType?: readonly 'kubernetes'[];
  readonly processUserId?: readonly number[];
  readonly sessionLeaderInteractive?: boolean;
  readonly ignoreVolumeMounts?: boolean;
  readonly ignoreVolumeFiles?: boolean;
}

export interface ResponseText {
  readonly match: readonly string[];
  readonly exclude?: readonly string[];
  readonly actions: readonly ActionName[];
}

const pathNames = ['targetFilePath', 'processExecutable'];

export function selector(name: string, text: SelectorText, kind: SectionKind = 'file'): Selector {
  const conditions: Condition[] = [];
  for (const [key, value] of Object.entries(text)) {
    const condition = conditionOf(key, value);
    if (condition !== null) conditions.push(condition);
  }
  const usual = operationNames.filter((operation) => (kind === 'process') === ['fork', 'exec'].includes(operation));
  return {
    kind: 'selector', name, description: undefined, operations: text.operation ?? usual, conditions, span: nowhere,
  };
}

function conditionOf(name: string, value: unknown): Condition | null {
  const texts = value as readonly string[];
  switch (name) {
    case 'operation':
      return null;
    case 'targetFilePath':
    case 'processExecutable':
    case 'processName':
    case 'sessionLeaderName':
      return {
        kind: 'dynamic', name, span: nowhere,
        values: texts.map((text) => pattern(text, pathNames.includes(name) ? 'path' : 'text')),
      };
    case 'kubernetesPodLabel':
      return {
        kind: 'label', name, span: nowhere,
        values: texts.map((text) => ({
          key: text.slice(0, text.indexOf(':')),
          pattern: pattern(text.slice(text.indexOf(':') + 1), 'text'),
          span: nowhere,
        })),
      };
    case 'orchestratorType':
      return { kind: 'orchestrator', name, span: nowhere, values: [{ value: 'kubernetes', span: nowhere }] };
    case 'processUserId':
      return {
        kind: 'user', name, span: nowhere,
        values: (value as readonly number[]).map((id) => ({ value: id, span: nowhere })),
      };
    case 'sessionLeaderInteractive':
      return { kind: 'interactive', name, span: nowhere, value: value as boolean };
    case 'ignoreVolumeMounts':
    case 'ignoreVolumeFiles':
      return value === true ? { kind: 'mount', name, span: nowhere } : null;
    default:
      return {
        kind: 'static', name: name as Extract<Condition, { kind: 'static' }>['name'], span: nowhere,
        values: texts.map((text) => pattern(text, 'text')),
      };
  }
}

export function section(
  kind: SectionKind, selectors: Readonly<Record<string, SelectorText>>, responses: readonly ResponseText[],
): Section {
  return {
    kind,
    selectors: Object.entries(selectors).map(([name, text]) => selector(name, text, kind)),
    responses: responses.map(response),
  };
}

function response(text: ResponseText): Response {
  const located = (names: readonly string[]): Response['match'] => names.map((value) => ({ value, span: nowhere }));
  return {
    kind: 'response', match: located(text.match), exclude: located(text.exclude ?? []), actions: text.actions,
    name: undefined, description: undefined, severity: undefined, runbook: undefined, span: nowhere,
  };
}

export function policy(sections: readonly Section[], mode: Policy['mode'] = 'enforce'): Policy {
  return { kind: 'policy', file: 'p.yaml', text: '', name: undefined, mode, sections };
}

export function paths(...texts: readonly string[]): KnownPaths {
  return { kind: 'paths', paths: texts.map((text) => bytes.encode(text)) };
}

export const someProcess: ProcessFacts = {
  executable: paths('/usr/bin/sh'), userId: 0, interactive: false, sessionLeader: bytes.encode('sh'),
};

/** An event of one file. */
export function fileEvent(
  operations: OperationName | readonly OperationName[], at: string | KnownPaths, mount: MountKind = 'image',
  process: ProcessFacts = someProcess,
): PolicyEvent {
  const list = typeof operations === 'string' ? [operations] : operations;
  return { kind: 'pairs', pairs: [{ operations: list, paths: typeof at === 'string' ? paths(at) : at, mount }], process };
}

export { factsUnknown };
