/**
 * Tables as bytes: the mirror of bpf/include/d4c_table.h that engines in TypeScript read and write by.
 * A cell is two 32-bit words, low half first; `words` below always counts those.
 */
import { Failure } from '#base';

export const tableMagic = 0x54433444;
export const tableVersion = 2;
export const stateMark = 0x800000;
export const stateMask = stateMark - 1;
export const byteShift = 24;
export const groupAny = 0;
export const tableUndecided = 1;
export const tableCoarse = 2;
export const tableMounts = 4;
export const tableGroupedShift = 16;
export const rulePossible = 1;
export const automataMax = 8;
export const rulesMax = 512;
export const operationCount = 9;
export const mountKindCount = 3;
export const actionBits = { log: 1, alert: 2, block: 4, wouldBlock: 8 } as const;

/** 32-bit words of a mask of groups, and the groups that it has room for, D4C_GROUP_ANY included. */
export const maskWords = 8;
export const maskGroups = 256;

/** Sizes in cells. */
export const headCells = 10;
export const ruleCells = 9;
export const classCells = 12;
export const processCells = 18;
export const processUserCells = 5;
export const processConditionCells = 4;
export const processNodeCells = 2;
/** Cells after a state's own that a walk may look at: two bytes each. */
export const rowReach = 128;

export const processLeaf = 0x80000000;

/** A table whose every index has been checked, so that a walk needs no checks. */
export interface Table {
  readonly words: Uint32Array;
  readonly flags: number;
  readonly operations: number;
  readonly processClasses: number;
  readonly dispatch: number;
  readonly process: number;
  readonly classes: number;
  readonly states: number;
  readonly starts: readonly number[];
}

const fields = {
  magic: 0, version: 1, cells: 2, flags: 3, operations: 4, automata: 5, processClasses: 6, dispatch: 7, process: 8,
  classes: 9, states: 10, serial: 11, start: 12,
} as const;

export interface HeadFields {
  readonly flags: number;
  readonly operations: number;
  readonly processClasses: number;
  readonly dispatch: number;
  readonly process: number;
  readonly classes: number;
  readonly states: number;
  readonly starts: readonly number[];
}

export function writeHead(words: Uint32Array, head: HeadFields): void {
  words[fields.magic] = tableMagic;
  words[fields.version] = tableVersion;
  words[fields.cells] = words.length / 2;
  words[fields.flags] = head.flags;
  words[fields.operations] = head.operations;
  words[fields.automata] = head.starts.length;
  words[fields.processClasses] = head.processClasses;
  words[fields.dispatch] = head.dispatch;
  words[fields.process] = head.process;
  words[fields.classes] = head.classes;
  words[fields.states] = head.states;
  head.starts.forEach((start, i) => (words[fields.start + i] = start));
}

/** The table as it is given to the kernel, under a number of its own. */
export function numberTable(table: Uint8Array, serial: number): Uint8Array {
  const copy = table.slice();
  new DataView(copy.buffer).setUint32(fields.serial * 4, serial, true);
  return copy;
}

/** Checks every index of a table once; a table that could lead a walk astray is refused. */
export function readTable(bytes: Uint8Array): Table {
  const words = wordsOf(bytes);
  const cells = words.length / 2;
  must(cells >= headCells, 'it is shorter than its head');
  must(words[fields.magic] === tableMagic, 'it does not begin with the mark of a table');
  must(words[fields.version] === tableVersion, `its version is ${words[fields.version]}, not ${tableVersion}`);
  must(words[fields.cells] === cells, `its head says ${words[fields.cells]} cells, it has ${cells}`);
  const automata = words[fields.automata]!;
  must(automata <= automataMax, `it has ${automata} automata, at most ${automataMax} are allowed`);
  const table: Table = Object.freeze({
    words,
    flags: words[fields.flags]!,
    operations: words[fields.operations]!,
    processClasses: words[fields.processClasses]!,
    dispatch: words[fields.dispatch]!,
    process: words[fields.process]!,
    classes: words[fields.classes]!,
    states: words[fields.states]!,
    starts: Object.freeze([...words.subarray(fields.start, fields.start + automata)]),
  });
  must(table.classes >= headCells && table.classes <= table.states && table.states <= cells, 'its parts overlap');
  checkDispatch(table, cells);
  for (const start of table.starts) must(isState(table, start), 'an automaton starts outside of the table');
  checkStates(table, cells);
  if (table.process !== 0) checkProcess(table, cells);
  return table;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  must(bytes.byteLength % 8 === 0, `its length of ${bytes.byteLength} bytes is no multiple of 8`);
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return new Uint32Array(bytes.slice().buffer);
}

function checkDispatch(table: Table, cells: number): void {
  const { words, dispatch, processClasses } = table;
  const entries = operationCount * mountKindCount * processClasses;
  must(processClasses >= 1 && inside(dispatch, entries, cells), 'its dispatch table lies outside of it');
  for (let i = 0; i < entries; i++) {
    const first = words[(dispatch + i) * 2]!;
    const count = words[(dispatch + i) * 2 + 1]!;
    must(count <= rulesMax, `an operation has ${count} rules, at most ${rulesMax} are allowed`);
    must(count === 0 || inside(first, count * ruleCells, cells), 'a rule lies outside of it');
  }
}

function checkStates(table: Table, cells: number): void {
  const { words, states, classes } = table;
  for (let cell = states; cell < cells; cell++) {
    if (isHeader(words[cell * 2]!)) {
      const background = backgroundOf(words, cell);
      const classAt = classOf(words, cell);
      must(background === 0 || isState(table, background), 'the background of a state is none');
      must(classAt >= classes && classAt + classCells <= states, 'the class of a state lies outside of the classes');
    } else {
      checkTransition(table, cell * 2);
      checkTransition(table, cell * 2 + 1);
    }
  }
}

/** Of a state that is there, to one that is; or nothing. */
function checkTransition(table: Table, half: number): void {
  const word = table.words[half]!;
  if (word === 0) return;
  const byte = word >>> byteShift;
  const owner = half - 1 - byte;
  const next = word & (stateMask | stateMark);
  must(byte !== 0 && owner % 2 === 0 && isState(table, owner / 2), 'a transition is of no state');
  must(next === 0 || isState(table, next), 'a transition leads to no state');
}

/** The state that decides for bytes on which a state has no transition; itself, or 0, if none does. */
export function backgroundOf(words: Uint32Array, state: number): number {
  return words[state * 2 + 1]!;
}

/** The cell of what the end of a path in a state means. */
export function classOf(words: Uint32Array, state: number): number {
  return words[state * 2]! - stateMark;
}

function checkProcess(table: Table, cells: number): void {
  const { words, process, processClasses } = table;
  must(inside(process, processCells, cells), 'its process section lies outside of it');
  const section = readProcess(table);
  for (const start of [section.executable, section.leader]) {
    must(start === 0 || isState(table, start), 'an automaton of processes starts outside of the table');
  }
  must(inside(section.users, section.userCount * processUserCells, cells), 'its users lie outside of it');
  must(inside(section.conditions, section.conditionCount * processConditionCells, cells), 'its conditions lie outside');
  must(inside(section.nodes, section.nodeCount * processNodeCells, cells), 'its process nodes lie outside of it');
  const target = (from: number, to: number): void => {
    if (to >= processLeaf) must(to - processLeaf < processClasses, 'a process class is none');
    else must(to > from && to < section.nodeCount, 'a process node leads back or nowhere');
  };
  target(-1, section.first);
  for (let i = 0; i < section.nodeCount; i++) {
    const at = (section.nodes + i * processNodeCells) * 2;
    must(words[at]! >>> 1 < section.conditionCount, 'a process node tests no condition');
    target(i, words[at + 1]!);
    target(i, words[at + 2]!);
  }
}

/** The head of the process section; its masks are offsets of 32-bit words. */
export interface ProcessHead {
  readonly executable: number;
  readonly leader: number;
  readonly users: number;
  readonly userCount: number;
  readonly conditions: number;
  readonly conditionCount: number;
  readonly nodes: number;
  readonly nodeCount: number;
  readonly first: number;
  readonly every: number;
  readonly terminal: number;
  readonly noTerminal: number;
}

export function readProcess(table: Table): ProcessHead {
  const word = (i: number): number => table.words[table.process * 2 + i]!;
  return {
    executable: word(0), leader: word(1), users: word(2), userCount: word(3), conditions: word(4),
    conditionCount: word(5), nodes: word(6), nodeCount: word(7), first: word(8),
    every: table.process * 2 + 12, terminal: table.process * 2 + 20, noTerminal: table.process * 2 + 28,
  };
}

function isState(table: Table, cell: number): boolean {
  const { words, states } = table;
  return cell >= states && (cell + rowReach) * 2 + 1 < words.length && isHeader(words[cell * 2]!);
}

function isHeader(half: number): boolean {
  return half >>> byteShift === 0 && half >= stateMark;
}

function inside(first: number, length: number, cells: number): boolean {
  return first >= headCells && first + length <= cells;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Failure('input', `the table is damaged: ${what}`, { help: 'compile the policy again' });
}
