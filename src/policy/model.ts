import type { Span } from '#base';

/** Operations in the order of their bits (bpf/include/d4c_operations.h). */
export const operationNames = [
  'createExecutable',
  'modifyExecutable',
  'execMemFd',
  'execDrift',
  'createFile',
  'modifyFile',
  'deleteFile',
  'fork',
  'exec',
] as const;
export type OperationName = (typeof operationNames)[number];

export type ActionName = 'log' | 'alert' | 'block';
export type SectionKind = 'file' | 'process';
export type MountKind = 'image' | 'volume' | 'file';

/** One token of a pattern: a byte (0 to 255), or one of the two wildcards. */
export type Token = number;
/** Any run of bytes but `/`. */
export const STAR: Token = 256;
/** Any run of bytes. In values that are not paths every `*` is this. */
export const DOUBLE_STAR: Token = 257;

/** A value of a policy as a pattern over bytes: neighbouring wildcards are merged. */
export interface Pattern {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly span: Span;
}

/** Static conditions: known as soon as the container is. */
export type StaticText =
  | 'containerImageFullName'
  | 'containerImageName'
  | 'containerImageTag'
  | 'kubernetesClusterId'
  | 'kubernetesClusterName'
  | 'kubernetesNamespace'
  | 'kubernetesPodName';
/** Conditions on bytes that only the operation or the acting process tells. */
export type DynamicText = 'targetFilePath' | 'processExecutable' | 'processName' | 'sessionLeaderName';

interface ConditionBase {
  /** Where the condition's name stands. */
  readonly span: Span;
}

/** One condition of a selector. Values are alternatives; `name` is the canonical name, whatever the text used. */
export type Condition =
  | (ConditionBase & { readonly kind: 'static'; readonly name: StaticText; readonly values: readonly Pattern[] })
  | (ConditionBase & { readonly kind: 'dynamic'; readonly name: DynamicText; readonly values: readonly Pattern[] })
  | (ConditionBase & { readonly kind: 'label'; readonly name: 'kubernetesPodLabel'; readonly values: readonly LabelValue[] })
  | (ConditionBase & { readonly kind: 'orchestrator'; readonly name: 'orchestratorType'; readonly values: readonly Located<'kubernetes'>[] })
  | (ConditionBase & { readonly kind: 'user'; readonly name: 'processUserId'; readonly values: readonly Located<number>[] })
  | (ConditionBase & { readonly kind: 'mount'; readonly name: 'ignoreVolumeMounts' | 'ignoreVolumeFiles' })
  | (ConditionBase & { readonly kind: 'interactive'; readonly name: 'sessionLeaderInteractive'; readonly value: boolean });

export interface Located<T> {
  readonly value: T;
  readonly span: Span;
}

export interface LabelValue {
  readonly key: string;
  readonly pattern: Pattern;
  readonly span: Span;
}

export interface Selector {
  readonly kind: 'selector';
  readonly name: string;
  readonly description: string | undefined;
  /** Already filled in where the text left it out. */
  readonly operations: readonly OperationName[];
  readonly conditions: readonly Condition[];
  readonly span: Span;
}

export interface Response {
  readonly kind: 'response';
  /** Names of selectors of the same section, as written and checked. */
  readonly match: readonly Located<string>[];
  readonly exclude: readonly Located<string>[];
  readonly actions: readonly ActionName[];
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** 1 to 100. */
  readonly severity: number | undefined;
  readonly runbook: string | undefined;
  readonly span: Span;
}

export interface Section {
  readonly kind: SectionKind;
  readonly selectors: readonly Selector[];
  readonly responses: readonly Response[];
}

/** A policy without errors, in the one shape that both dialects come to. Frozen. */
export interface Policy {
  readonly kind: 'policy';
  /** The name of the file as the user gave it. */
  readonly file: string;
  readonly text: string;
  readonly name: string | undefined;
  readonly mode: 'enforce' | 'monitor';
  readonly sections: readonly Section[];
}
