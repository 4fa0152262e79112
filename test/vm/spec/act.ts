/**
 * How a case of spec/cases is done for real: the files that have to be there, and the steps of `try-spec`. What
 * comes of an act beside the operations of the case (an execution from memory is drift, too) is asked of the
 * oracle: only where it makes no difference is the act the case.
 */
import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from '#abi';
import { compile } from '#compiler';
import { judge } from '#oracle';
import type { EventPair, KnownPaths, PolicyEvent, ProcessFacts } from '#policy';
import { type Case, shown, wanted } from '../../unit/oracle/cases.ts';
import { type Actor, actor, actorOf, hex, pathsOf, programOf } from './process.ts';

/** The program executed from memory; no case has a path there. */
export const payload = '/d4c-spec/try-ran';

/** What the containers' image is made of. */
export const imageFolder = join(import.meta.dirname, '../../../build/demo-image');

export interface Act {
  /** In the image, or in the volume that the path is on. */
  readonly files: readonly { readonly path: Buffer; readonly mode: number; readonly program: string }[];
  readonly directories: readonly Buffer[];
  /** Folders, or single files, that the runtime mounts. */
  readonly mounts: readonly { readonly path: Buffer; readonly isFile: boolean }[];
  readonly steps: readonly string[];
}

/** The act, or why there is none. */
export function actOf(one: Case): Act | string {
  const { container, event } = one.test;
  if (Object.values(container).includes(undefined)) return 'its container is not known';
  const made = event.kind === 'directory' ? directoryAct(event) : pairsAct(event.pairs, event.process);
  if (typeof made === 'string') return made;
  const { act } = made;
  const asks = one.policies.some(({ sections }) => sections.some(({ kind }) => kind === 'process'));
  if (!asks && readTable(compile(one.policies, container).table).processClasses === 1) {
    return outcomeOf(one, made, anyone) === wanted(one.test) ? act : 'the act is more than the case';
  }
  const who = actorOf(event.process, made.program === undefined ? event.process.executable : anyone.executable);
  if (typeof who === 'string') return who;
  const makes = act.steps.at(-2)?.startsWith('create') ? act.steps.at(-1) : null;
  if (who.files.some((file) => hex(file) === makes)) return 'the program is at the path';
  if (outcomeOf(one, made, who.facts) !== wanted(one.test)) return 'the act is more than the case';
  if (who.way.some((step) => judge(one.policies, container, step).actions.includes('block'))) return 'the way to it is denied';
  return actBy(who, act);
}

/** What is executed must do nothing: its process is the one that documents are looked for by. */
function actBy(who: Actor, act: Act): Act {
  const program = 'try-spec';
  const files = [...act.files.map((file) => ({ ...file, program })), ...who.files.map((path) => ({ path, mode: 0o755, program }))];
  const steps = act.steps.map((step) => (step === hex(Buffer.from(payload)) ? hex(Buffer.from(actor)) : step));
  const binds = steps.lastIndexOf('bind');
  const prepared = binds < 0 ? [] : steps.splice(0, binds + 3);
  return { ...act, files, steps: [...prepared, ...who.binds, ...who.steps, ...steps] };
}

interface Made {
  readonly act: Act;
  /** All that the act is. */
  readonly event: PolicyEvent;
  /** Of an execution: the program that is executed then. */
  readonly program?: KnownPaths;
}

const anyone: ProcessFacts = {
  executable: pathsOf(Buffer.from(actor)), userId: 0, interactive: false, sessionLeader: Buffer.from('try-spec'),
};
const nothing: Act = { files: [], directories: [], mounts: [], steps: [] };
const pairsOf = (act: Partial<Act>, pairs: readonly EventPair[], program?: KnownPaths): Made =>
  ({ act: { ...nothing, ...act }, event: { kind: 'pairs', pairs, process: anyone }, ...(program === undefined ? {} : { program }) });

/** What must come of it: an execution speaks of the new program, what it is beside that of the one that asks for it. */
function outcomeOf({ policies, test: { container } }: Case, { event, program }: Made, process: ProcessFacts): string {
  const events: PolicyEvent[] = [{ ...event, process }];
  if (event.kind === 'pairs' && program !== undefined) {
    const without = event.pairs.map((pair) => ({ ...pair, operations: pair.operations.filter((name) => name !== 'exec') }));
    events[0] = { ...event, pairs: without.filter(({ operations }) => operations.length > 0), process };
    events.push({ kind: 'pairs', pairs: [{ operations: ['exec'], paths: { kind: 'none' }, mount: 'image' }], process: { ...process, executable: program } });
  }
  const verdicts = events.map((each) => judge(policies, container, each));
  return shown({ ...verdicts[0]!, actions: [...new Set(verdicts.flatMap(({ actions }) => actions))], decided: verdicts.every(({ decided }) => decided) });
}

function pairsAct(pairs: readonly EventPair[], { executable }: ProcessFacts): Made | string {
  const [first, second] = pairs;
  if (pairs.length > 1) return first !== undefined && second !== undefined ? renameAct(pairs) : 'no act';
  const { operations, paths, mount } = first!;
  const names = operations.toSorted().join(' ');
  if (names === 'fork') return pairsOf({ steps: ['fork', '00'] }, pairs);
  if (names === 'exec') return executeAct(executable);
  if (paths.kind === 'none') return names === 'execMemFd' || names === 'execDrift' ? memoryAct() : `${names} without a path`;
  if (paths.kind === 'unknown') return 'an unknown path';
  const way = ways[names];
  if (way === undefined) return `no act is ${names} alone`;
  const places = placesOf(paths, names);
  if (typeof places === 'string') return places;
  const { path, real, binds } = places;
  if (mount === 'file' && way.mode === null) return 'a name on a mount of a single file';
  if (mount !== 'image' && (paths.paths.length > 1 || parentOf(path).length <= 1)) return 'a volume over the root';
  const mounts = mount === 'image' ? [] : [{ path: mount === 'file' ? path : parentOf(path), isFile: mount === 'file' }];
  if (way.mode === null && isInImage(real)) return 'the image has that name';
  const files = way.mode === null ? [] : [...new Set([real, path])].map((each) => ({ path: each, mode: way.mode!, program: 'try-ran' }));
  const directories = [parentOf(real), parentOf(path)];
  const act = { files, directories, mounts, steps: [...binds, way.step, hex(path)] };
  if (names === 'execDrift') return pairsOf(act, [{ ...first!, operations: ['execDrift', 'exec'] }], paths);
  return pairsOf(act, [first!]);
}

/** Whether the image has it, or something above it that is no folder. */
function isInImage(path: Buffer): boolean {
  const above = parentOf(path);
  const place = (of: Buffer): Buffer => Buffer.concat([Buffer.from(imageFolder), of]);
  if (above.length > 1) {
    if (!isInImage(above)) return false;
    if (statSync(place(above), { throwIfNoEntry: false })?.isDirectory() !== true) return true;
  }
  return lstatSync(place(path), { throwIfNoEntry: false }) !== undefined;
}

/** By operations: what is done to a file of which mode; `null`, to none. */
const ways: Readonly<Record<string, { readonly step: string; readonly mode: number | null }>> = {
  createFile: { step: 'create', mode: null },
  'createExecutable createFile': { step: 'create-executable', mode: null },
  createExecutable: { step: 'make-executable', mode: 0o644 },
  modifyExecutable: { step: 'set-user-id', mode: 0o755 },
  modifyFile: { step: 'write', mode: 0o644 },
  'modifyExecutable modifyFile': { step: 'write', mode: 0o755 },
  deleteFile: { step: 'remove', mode: 0o644 },
  execDrift: { step: 'drift', mode: 0o755 },
};

function memoryAct(): Made {
  const pair: EventPair = { operations: ['execMemFd', 'execDrift', 'exec'], paths: { kind: 'none' }, mount: 'image' };
  return pairsOf({ steps: ['memory', hex(Buffer.from(payload))] }, [pair], pair.paths);
}

function executeAct(executable: KnownPaths): Made | string {
  const program = programOf(executable);
  if (typeof program === 'string') return program;
  if (program.path === null) return memoryAct();
  const files = program.files.map((path) => ({ path, mode: 0o755, program: 'try-ran' }));
  return pairsOf({ files, steps: [...program.binds, 'execute', hex(program.path)] }, [{ operations: ['exec'], paths: { kind: 'none' }, mount: 'image' }], executable);
}

/** A file of two names: one is where it lies, by a mount of its folder the other is the same place. */
function placesOf(paths: KnownPaths & { kind: 'paths' }, names: string): { path: Buffer; real: Buffer; binds: string[] } | string {
  const [first, second] = paths.paths.map((path) => Buffer.from(path)) as [Buffer, Buffer?];
  if (second === undefined) return { path: first, real: first, binds: [] };
  if (names === 'modifyFile') return { path: first, real: second, binds: ['bind', hex(second), hex(first)] };
  const [path, real] = parentOf(first).length > 1 ? [first, second] : [second, first];
  if (!nameOf(path).equals(nameOf(real))) return 'two paths of different names';
  if (parentOf(path).length <= 1 || parentOf(path).equals(parentOf(real))) return 'two paths in one folder';
  return { path, real, binds: ['bind', hex(parentOf(real)), hex(parentOf(path))] };
}

function renameAct(pairs: readonly EventPair[]): Made | string {
  const known = pairs.map(({ paths }) => (paths.kind === 'paths' && paths.paths.length === 1 ? Buffer.from(paths.paths[0]!) : null));
  if (known.includes(null) || pairs.some(({ mount }) => mount !== 'image')) return 'no rename of one file';
  const [from, to, ...more] = known as Buffer[];
  const text = pairs.map(({ operations }) => operations.toSorted().join(' ')).join(', ');
  const isExecutable = text.includes('createExecutable createFile');
  const replaces = text === 'deleteFile, modifyExecutable modifyFile, createExecutable createFile';
  const isRename = text === 'deleteFile, createFile' || text === 'deleteFile, createExecutable createFile';
  if (!isRename && !(replaces && more[0]!.equals(to!))) return `no act is ${text}`;
  const program = 'try-ran';
  const files = [{ path: from!, mode: isExecutable ? 0o755 : 0o644, program }, ...(replaces ? [{ path: to!, mode: 0o755, program }] : [])];
  return pairsOf({ files, directories: [parentOf(to!)], steps: ['rename', hex(from!), hex(to!)] }, pairs);
}

function directoryAct(event: PolicyEvent & { kind: 'directory' }): Made | string {
  if (event.mount !== 'image') return 'a directory of a volume';
  const from = placeOfDirectory(event.from);
  const to = placeOfDirectory(event.to);
  if (from === null || to === null) return 'a directory whose name is not known';
  if (from.binds.length > 0 && to.binds.length === 0) return 'a directory renamed over mounts';
  if (to.binds.length > 0) return 'a directory renamed over mounts';
  // made in the container: overlay renames none that is the image's
  const act: Act = {
    ...nothing, directories: [parentOf(from.path), parentOf(to.path)],
    steps: ['directory', hex(from.path), 'rename', hex(from.path), hex(to.path)],
  };
  return { act, event };
}

function placeOfDirectory(paths: KnownPaths): { path: Buffer; binds: string[] } | null {
  if (paths.kind !== 'paths') return null;
  const [first, second] = paths.paths;
  return { path: Buffer.from(first!), binds: second === undefined ? [] : ['bind'] };
}

export function parentOf(path: Buffer): Buffer {
  return Buffer.from(path.subarray(0, Math.max(1, path.lastIndexOf(47))));
}

function nameOf(path: Buffer): Buffer {
  return Buffer.from(path.subarray(path.lastIndexOf(47) + 1));
}
