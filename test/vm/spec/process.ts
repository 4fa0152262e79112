/**
 * Who acts: a process with the executable, the user and the session that a case of spec/cases gives it. The steps of
 * `try-spec` that lead to it are operations too, of other processes; they must be let through.
 */
import type { EventPair, KnownPaths, PolicyEvent, ProcessFacts } from '#policy';
import { noProcess } from '../../../src/cli/process-facts.ts';

/** The program that acts, where a case names none of its own; no case has a path there. */
export const actor = '/d4c-spec/try-spec';

/** A user that no case asks for. */
const anybody = 54321;

export interface Actor {
  readonly facts: ProcessFacts;
  readonly files: readonly Buffer[];
  readonly binds: readonly string[];
  readonly steps: readonly string[];
  /** What is done on the way. */
  readonly way: readonly PolicyEvent[];
}

export const pathsOf = (...paths: readonly Uint8Array[]): KnownPaths => ({ kind: 'paths', paths });
export const hex = (path: Uint8Array): string => Buffer.from(path).toString('hex');

/** A program of the case's paths: where it is put, and the binds by which it has both; `null`: it is in memory. */
export function programOf(executable: KnownPaths): { path: Buffer | null; files: Buffer[]; binds: string[] } | string {
  if (executable.kind === 'unknown') return 'an executable whose path is not known';
  if (executable.kind === 'none') return { path: null, files: [], binds: [] };
  const [path, real] = executable.paths.map((each) => Buffer.from(each)) as [Buffer, Buffer?];
  if (real === undefined) return { path, files: [path], binds: [] };
  return { path, files: [path, real], binds: ['bind', hex(real), hex(path)] };
}

/** The process; `executable`: of the program that acts, which of an execution is not the case's. */
export function actorOf(given: ProcessFacts, executable: KnownPaths): Actor | string {
  const program = programOf(executable);
  if (typeof program === 'string') return program;
  const name = given.sessionLeader.length === 0 ? Buffer.from('try-spec') : Buffer.from(given.sessionLeader);
  const leader = Buffer.concat([Buffer.from('/d4c-spec/leader/'), name]);
  const userId = given.userId === noProcess.userId ? anybody : given.userId;
  const facts = { executable, userId, interactive: given.interactive, sessionLeader: name };
  const leading = { ...facts, executable: pathsOf(leader), userId: 0 };
  const starting = { executable: pathsOf(Buffer.from(actor)), userId: 0, interactive: false, sessionLeader: Buffer.from('try-spec') };
  const one = (operation: EventPair['operations'][number], process: ProcessFacts): PolicyEvent =>
    ({ kind: 'pairs', pairs: [{ operations: [operation], paths: { kind: 'none' }, mount: 'image' }], process });
  return {
    facts,
    files: [...program.files, leader],
    binds: program.binds,
    steps: ['as', hex(leader), given.interactive ? '1' : '0', String(userId), program.path === null ? '-' : hex(program.path)],
    way: [one('exec', starting), one('fork', starting), one('exec', leading), one('fork', leading), one('exec', facts), one('fork', facts)],
  };
}
