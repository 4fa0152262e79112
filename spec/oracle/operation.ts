import type { Condition, KnownPaths, MountKind, OperationName, ProcessFacts, Selector } from '#policy';
import { oneMatches } from './pattern.ts';
import { basename, pathsHold, pathsMatch, type Role } from './paths.ts';

/** One operation at one place, by one process. */
export interface Act {
  readonly operation: OperationName;
  readonly paths: KnownPaths;
  readonly mount: MountKind;
  readonly process: ProcessFacts;
}

/** Section 3: whether the conditions of a selector that speak of the operation hold; `pathHolds` on request else. */
export function holdsForAct(
  selector: Selector, act: Act, role: Role,
  pathHolds: (condition: PathCondition) => boolean = ({ values }) => pathsMatch(values, act.paths, role),
): boolean {
  return selector.operations.includes(act.operation) &&
    selector.conditions.every((condition) =>
      isPathCondition(condition) ? pathHolds(condition) : conditionHolds(condition, act, role));
}

export type PathCondition = Extract<Condition, { kind: 'dynamic' }> & { readonly name: 'targetFilePath' };

export function isPathCondition(condition: Condition): condition is PathCondition {
  return condition.kind === 'dynamic' && condition.name === 'targetFilePath';
}

function conditionHolds(condition: Condition, act: Act, role: Role): boolean {
  const { process, mount } = act;
  switch (condition.kind) {
    case 'mount':
      // "holds only off volume mounts, single-file ones included"; "holds only off single-file mounts"
      return condition.name === 'ignoreVolumeMounts' ? mount === 'image' : mount !== 'file';
    case 'user':
      return condition.values.some(({ value }) => value === process.userId);
    case 'interactive':
      return condition.value === process.interactive;
    case 'dynamic':
      return processTextHolds(condition, process, role);
    default:
      return true; // of the container: judged there
  }
}

function processTextHolds(
  condition: Extract<Condition, { kind: 'dynamic' }>, process: ProcessFacts, role: Role,
): boolean {
  const { executable, sessionLeader } = process;
  switch (condition.name) {
    case 'processExecutable':
      return pathsMatch(condition.values, executable, role);
    case 'processName':
      return pathsHold(executable, role, (path) => oneMatches(condition.values, basename(path)));
    case 'sessionLeaderName':
      return oneMatches(condition.values, sessionLeader);
    case 'targetFilePath':
      throw new Error('the path of the file is not the process’s');
  }
}
