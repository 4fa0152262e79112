import type { ContainerFacts, Span } from '#base';
import type { Condition, KnownPaths, MountKind, OperationName, Pattern, ProcessFacts } from '#policy';
import { matchesBelow, matchesBytes, matchesText } from './match-text.ts';
import { holdsLabel, staticTruth, textFact, type Truth } from './static.ts';

/** As one that is matched, or as one that is excluded: files of two paths count differently. */
export type Role = 'match' | 'exclude';

/** One operation at one place by one process, in one container. */
export interface Act {
  readonly operation: OperationName;
  readonly paths: KnownPaths;
  /** The path is a directory's, and what is asked is what lies below it. */
  readonly below: boolean;
  readonly mount: MountKind;
  readonly process: ProcessFacts;
  readonly facts: ContainerFacts;
}

/** Whether a condition holds, and by which of its values. */
export interface Finding {
  readonly holds: Truth;
  readonly value: string | undefined;
  readonly span: Span;
}

export function conditionHolds(condition: Condition, act: Act, role: Role): Finding {
  const of = (holds: Truth, value?: string, span: Span = condition.span): Finding => ({ holds, value, span });
  const first = <T extends { span: Span }>(values: readonly T[], matches: (value: T) => boolean, text: (value: T) => string): Finding => {
    const found = values.find(matches);
    return found === undefined ? of(false) : of(true, text(found), found.span);
  };
  switch (condition.kind) {
    case 'static': {
      const fact = textFact(condition.name, act.facts);
      if (fact === undefined || fact === null) return of(fact === null ? false : undefined);
      return first(condition.values, (value) => matchesText(value, fact), ({ text }) => text);
    }
    case 'label': {
      const holds = staticTruth(condition, act.facts);
      const labels = act.facts.labels;
      if (holds !== true || !labels) return of(holds);
      return first(condition.values, (value) => holdsLabel(value, labels), ({ key, pattern }) => `${key}:${pattern.text}`);
    }
    case 'orchestrator': {
      const holds = staticTruth(condition, act.facts);
      return holds === true ? of(holds, 'kubernetes', condition.values[0]!.span) : of(holds);
    }
    case 'user':
      return first(condition.values, ({ value }) => value === act.process.userId, ({ value }) => String(value));
    case 'interactive':
      return of(condition.value === act.process.interactive, String(condition.value));
    case 'mount':
      return of(condition.name === 'ignoreVolumeMounts' ? act.mount === 'image' : act.mount !== 'file', 'true');
    case 'dynamic':
      return dynamicHolds(condition, act, role);
  }
}

type Dynamic = Extract<Condition, { kind: 'dynamic' }>;

function dynamicHolds(condition: Dynamic, act: Act, role: Role): Finding {
  const { values, span, name } = condition;
  const { executable, sessionLeader } = act.process;
  const on = (paths: KnownPaths, matches: (value: Pattern, path: Uint8Array) => boolean): Finding => {
    const known = paths.kind === 'paths' && paths.paths.length > 0 ? paths.paths : null;
    if (known === null) return { holds: paths.kind !== 'none' && role === 'match', value: undefined, span };
    const hits = known.map((path) => values.find((value) => matches(value, path)));
    const hit = hits.find((value) => value !== undefined);
    const holds = role === 'match' ? hit !== undefined : !hits.includes(undefined);
    return holds ? { holds, value: hit!.text, span: hit!.span } : { holds, value: undefined, span };
  };
  switch (name) {
    case 'targetFilePath':
      return on(act.paths, (value, path) => (act.below ? matchesBelow(value, path, role) : matchesBytes(value, path)));
    case 'processExecutable':
      return on(executable, matchesBytes);
    case 'processName':
      return on(executable, (value, path) => matchesBytes(value, path.subarray(path.lastIndexOf(0x2f) + 1)));
    case 'sessionLeaderName':
      return on({ kind: 'paths', paths: [sessionLeader] }, matchesBytes);
  }
}
