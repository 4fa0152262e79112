/** The decision core in the kernel, asked directly: test runs of a program that no hook calls. */
import { join } from 'node:path';
import { Failure } from '#base';
import { addon, buildFolder } from './addon.ts';
import type { Addon, AddonError, MapHandle, ObjectHandle } from './addon.ts';
import { u32Bytes, viewOf } from './bytes.ts';

/** Operations (a set of bits) on a file at a place, by a process of a class that the table tells apart. */
export interface Question {
  readonly operations: number;
  readonly mount: number;
  readonly processClass: number;
  /** None, one, or two of the same file. */
  readonly paths: AskedPaths;
  /** It is a directory that goes from `paths` to these; operations do not matter. */
  readonly newPaths?: AskedPaths;
}

export type AskedPaths = readonly Uint8Array[] | 'unknown';

/** Actions as bits: certain ones, and those that may come on top. */
export interface Answer {
  readonly certain: number;
  readonly possible: number;
}

export interface DecisionCore extends Disposable {
  /** What the next runs are about. */
  put(table: Uint8Array, questions: readonly Question[]): void;
  /** Answers all questions once, in the kernel. */
  run(): void;
  answers(): readonly Answer[];
}

export interface DecisionCoreOptions {
  /** Cells of the largest table. */
  readonly cellsMax?: number;
  readonly questionsMax?: number;
  readonly build?: string;
}

/** Where the table lies: elsewhere than at 0, so that an index that is not relative to it shows. */
const tableBase = 5;
const questionBytes = 80;
const answerBytes = 16;
const bufferBytes = 4096;
const pathsMax = 2;
const unknownPath = 0xffffffff;

export function openDecisionCore(options: DecisionCoreOptions = {}): DecisionCore {
  const { cellsMax = 1 << 20, questionsMax = 256, build = buildFolder } = options;
  const native = addon(build);
  const object = loadCore(native, join(build, 'decide.bpf.o'), cellsMax, questionsMax);
  const map = (name: string): MapHandle => native.mapOf(object, name);
  const maps = { cells: map('d4c_cells'), questions: map('d4c_questions'), answers: map('d4c_answers'), buffers: map('d4c_buffers'), asked: map('d4c_asked') };
  let asked = 0;
  return {
    put(table, questions) {
      if (questions.length > questionsMax) throw new Failure('internal', `${questions.length} questions are more than ${questionsMax}`);
      const { words, buffers } = layOut(questions);
      asked = questions.length;
      native.mapWrite(maps.cells, tableBase, table);
      if (buffers.length > 0) native.mapWrite(maps.buffers, 0, buffers);
      if (asked > 0) native.mapWrite(maps.questions, 0, words);
      native.mapWrite(maps.answers, 0, new Uint8Array(questionsMax * answerBytes));
      native.mapWrite(maps.asked, 0, u32Bytes(asked));
    },
    run: () => void native.runProgram(object, 'd4c_decide'),
    answers: () => readAnswers(native.mapRead(maps.answers, 0, asked)),
    [Symbol.dispose]() {
      for (const handle of [...Object.values(maps), object]) native.close(handle);
    },
  };
}

function loadCore(native: Addon, file: string, cellsMax: number, questionsMax: number): ObjectHandle {
  const object = native.openObject(file);
  try {
    native.setMaxEntries(object, 'd4c_cells', tableBase + cellsMax);
    native.setMaxEntries(object, 'd4c_questions', questionsMax);
    native.setMaxEntries(object, 'd4c_answers', questionsMax);
    // at worst a path and a buffer each
    native.setMaxEntries(object, 'd4c_buffers', questionsMax * pathsMax * 2);
    native.loadObject(object);
    return object;
  } catch (cause) {
    native.close(object);
    const { message, log } = cause as AddonError;
    const last = log?.trim().split('\n').slice(-3).join('; ');
    throw new Failure('host', last === undefined ? message : `${message} (${last})`, {
      help: 'loading BPF programs needs root, or CAP_BPF and CAP_PERFMON',
      cause,
    });
  }
}

/** Questions as the program reads them; paths one behind the other, none across the end of a buffer. */
function layOut(questions: readonly Question[]): { words: Uint8Array; buffers: Uint8Array } {
  const words = new Uint8Array(questions.length * questionBytes);
  const view = viewOf(words);
  const placed: { at: number; path: Uint8Array }[] = [];
  let end = 0;
  const place = (path: Uint8Array): number => {
    if (path.length >= bufferBytes) throw new Failure('limit', `a path of ${path.length} bytes is too long`);
    if (end % bufferBytes + path.length > bufferBytes) end += bufferBytes - end % bufferBytes;
    placed.push({ at: end, path });
    end += path.length;
    return end - path.length;
  };
  const spansOf = (paths: AskedPaths): number[] => {
    const known = paths === 'unknown' ? [] : paths;
    if (known.length > pathsMax) throw new Failure('internal', `a file of ${known.length} paths`);
    const spans = known.flatMap((path) => {
      const at = place(path);
      return [Math.floor(at / bufferBytes), at % bufferBytes, at % bufferBytes + path.length];
    });
    return [...spans, ...new Array<number>(pathsMax * 3 - spans.length).fill(0)];
  };
  const countOf = (paths: AskedPaths): number => (paths === 'unknown' ? unknownPath : paths.length);
  questions.forEach(({ operations, mount, processClass, paths, newPaths }, i) => {
    const to = newPaths ?? [];
    const isDirectory = newPaths === undefined ? 0 : 1;
    [tableBase, operations, mount, processClass, countOf(paths), countOf(to), isDirectory, 0, ...spansOf(paths), ...spansOf(to)]
      .forEach((word, field) => view.setUint32(i * questionBytes + field * 4, word, true));
  });
  const buffers = new Uint8Array(Math.ceil(end / bufferBytes) * bufferBytes);
  for (const { at, path } of placed) buffers.set(path, at);
  return { words, buffers };
}

function readAnswers(bytes: Uint8Array): readonly Answer[] {
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / answerBytes }, (_, i) => {
    const [certain, possible, , answered] = [0, 4, 8, 12].map((field) => view.getUint32(i * answerBytes + field, true));
    if (answered !== 1) throw new Failure('internal', `question ${i} was not answered`);
    return { certain: certain!, possible: possible! };
  });
}
