import { createHash } from 'node:crypto';
import type { EventPaths, OperationEvent } from '#events';
import type { Outcome } from './judge.ts';

/**
 * Equal for alerts that tell the same: in one container one executable did the same to the same files, by the
 * same hook, and the same came of it by the same responses. Who the process was, and when, may differ.
 */
export function alikeOf(event: OperationEvent, outcome: Outcome): string {
  const facts = [
    event.container.toString(),
    event.hook,
    event.denied,
    event.directories ?? [],
    event.pairs.map(({ operations, actions, paths, mount }) => [operations, actions, toJson(paths), mount]),
    event.operations,
    toJson(event.process.executablePaths),
    outcome.actions,
    outcome.judgement.wouldDeny,
    outcome.judgement.late,
    outcome.responses,
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64');
}

function toJson(paths: EventPaths): unknown {
  if (paths.kind !== 'paths') return paths.kind;
  return [paths.mount, paths.root].map((path) => path?.toHex() ?? null);
}
