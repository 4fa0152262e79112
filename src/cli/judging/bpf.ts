import { classOfProcess, compile, type Verdict } from '#compiler';
import { type Answer, type AskedPaths, type DecisionCore, openDecisionCore, type Question } from '#kernel';
import type { KnownPaths, PolicyEvent } from '#policy';
import type { Judge } from './engines.ts';
import { mounts, operationBits, verdictOf } from './native-wire.ts';

/** The decision core in the kernel of this machine, by test runs of its program. */
export function openBpf(): Judge {
  const core = openDecisionCore();
  return (policies, facts, event) => askBpf(core, compile(policies, facts).table, [event])[0]!;
}

/** A verdict for each event, in one run. */
export function askBpf(core: DecisionCore, table: Uint8Array, events: readonly PolicyEvent[]): readonly Verdict[] {
  const questions = events.map((event) => questionsOf(table, event));
  core.put(table, questions.flat());
  core.run();
  const answers = core.answers();
  let next = 0;
  return questions.map(({ length }) => joined(answers.slice(next, (next += length))));
}

function questionsOf(table: Uint8Array, event: PolicyEvent): readonly Question[] {
  const processClass = classOfProcess(table, event.process);
  if (event.kind === 'directory') {
    const mount = mounts.indexOf(event.mount);
    return [{ operations: 0, mount, processClass, paths: asked(event.from), newPaths: asked(event.to) }];
  }
  return event.pairs.map(({ operations, paths, mount }) => ({
    operations: operationBits(operations),
    mount: mounts.indexOf(mount),
    processClass,
    paths: asked(paths),
  }));
}

function asked(paths: KnownPaths): AskedPaths {
  if (paths.kind === 'none') return [];
  return paths.kind === 'unknown' || paths.paths.length === 0 ? 'unknown' : paths.paths;
}

function joined(answers: readonly Answer[]): Verdict {
  const all = (part: keyof Answer): number => answers.reduce((bits, answer) => bits | answer[part], 0);
  return verdictOf(all('certain'), all('possible'));
}
