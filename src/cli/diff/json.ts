import type { MeaningChange, MeaningDiff, Verdict } from '#compiler';
import type { KnownPaths } from '#policy';
import { factsJson, pathJson, processJson } from './words.ts';

/** The comparison as users' scripts read it. */
export function diffJson(diff: MeaningDiff): object {
  return {
    same: diff.changes.length === 0, proved: diff.gaps.length === 0, weaker: diff.isWeaker, notProved: diff.gaps,
    containers: { kinds: diff.kinds, combinations: diff.combinations },
    changes: diff.changes.map(changeJson),
  };
}

function changeJson(change: MeaningChange): object {
  const { category, operations, mounts, processes, containers, before, after, example, also } = change;
  const isDirectory = example.case === 'directory';
  return {
    category, operations, mounts,
    containers: containers === null ? 'any' : containers.map(({ words, facts }) => ({ description: words.join(', '), example: factsJson(facts) })),
    processes: processes === null ? 'any' : processes.map((process) => processJson(process.example)),
    before: verdictJson(before), after: verdictJson(after),
    examples: isDirectory ? [{ from: knownJson(example.paths[0]!), to: knownJson(example.paths[1]!) }] : example.paths.map(knownJson),
    ...(also.length > 0 ? { also } : {}),
  };
}

/** In mode monitor there is no `block`: what would be one is said apart. */
function verdictJson({ actions, decided }: Verdict): object {
  const real = actions.filter((action) => action !== 'wouldBlock');
  return { actions: real, decided, ...(real.length < actions.length ? { wouldBlock: true } : {}) };
}

function knownJson(known: KnownPaths): object {
  if (known.kind !== 'paths') return { path: null, because: known.kind === 'none' ? 'it has none' : 'it is not known' };
  return known.paths.length === 1 ? pathJson(known.paths[0]!) : { paths: known.paths.map(pathJson) };
}
