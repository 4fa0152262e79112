import { backgroundOf, byteShift, stateMask } from '#abi';

/** Automata of one table that are walked together: its cells, and where each begins. */
export interface Part {
  readonly words: Uint32Array;
  readonly starts: readonly number[];
}

/** The texts that a walk goes over: absolute paths in normal form, or names of files. */
export interface Form {
  readonly first: number;
  /** The next state, or -1 where no such text goes on. */
  step(state: number, byte: number): number;
  isEnd(state: number): boolean;
}

const slash = 47;
const dot = 46;
const componentMax = 255;
const pathMax = 4095;

const begun = 0;
const behindSlash = 1;
const oneDot = 2;
const twoDots = 3;
const inside = 4;

/** No `//`, no `.` or `..` as a component, no `/` at the end, no NUL. */
export const pathForm: Form = {
  first: begun,
  step(state, byte) {
    if (byte === 0) return -1;
    if (state === begun) return byte === slash ? behindSlash : -1;
    if (byte === slash) return state === inside ? behindSlash : -1;
    if (byte === dot && state === behindSlash) return oneDot;
    return byte === dot && state === oneDot ? twoDots : inside;
  },
  isEnd: (state) => state === inside,
};

export const nameForm: Form = {
  first: begun,
  step: (_, byte) => (byte === 0 || byte === slash ? -1 : inside),
  isEnd: (state) => state === inside,
};

/** A place that both policies' automata can be in after one text. */
export interface Place {
  readonly number: number;
  readonly states: Int32Array;
  readonly form: number;
  readonly isEnd: boolean;
  /** The shortest text that leads here. */
  readonly text: () => Uint8Array;
  /** Some texts that lead here, in different ways, the shortest first. */
  readonly texts: (most: number) => readonly Uint8Array[];
}

export interface Visitor {
  /** Each place once, in the order of the length of its shortest text. */
  place(at: Place): void;
  /** A byte that leads from one place to another; of bytes that no pattern tells apart, one. */
  edge?(from: Place, byte: number, to: Place): void;
}

/**
 * All places that the automata of two tables can be in together, by every text of the form whose components
 * and length a kernel allows. Whether all could be visited.
 */
export function explore(parts: readonly Part[], form: Form, placesMax: number, visitor: Visitor): boolean {
  const walk = walkOf(parts);
  const places: Entry[] = [];
  const known = new Map<string, Entry>();
  const reach = (states: Int32Array, state: number, from: Entry | null, byte: number, isNamed: boolean): Entry | null => {
    const component = byte === slash ? 0 : (from?.component ?? -1) + 1;
    const length = (from?.length ?? -1) + 1;
    if (component > componentMax || length > pathMax) return null;
    const key = `${state} ${states.join()}`;
    const before = known.get(key);
    // a place found again with less of its component used up can go on where the first could not
    if (before !== undefined && before.component <= component) {
      if (isNamed && from !== null && before.ways.length < waysMax && before !== from) before.ways.push({ from, byte });
      return before;
    }
    const entry: Entry = {
      number: before?.number ?? known.size, states, form: state, isEnd: form.isEnd(state), component, length, from, byte,
      ways: [], text: () => textOf(entry), texts: (most) => textsOf(entry, most),
    };
    known.set(key, entry);
    places.push(entry);
    if (before === undefined) visitor.place(entry);
    return entry;
  };
  reach(walk.start, form.first, null, 0, false);
  for (let i = 0; i < places.length; i++) {
    if (known.size > placesMax) return false;
    const from = places[i]!;
    const symbols = walk.symbols(from.states);
    for (const byte of bytesToTry(symbols)) {
      const state = form.step(from.form, byte);
      if (state < 0) continue;
      const to = reach(walk.step(from.states, byte), state, from, byte, symbols[byte] === 1);
      if (to !== null) visitor.edge?.(from, byte, to);
    }
  }
  return true;
}

interface Entry extends Place {
  /** Bytes of the component that the text ends in. */
  readonly component: number;
  readonly length: number;
  readonly from: Entry | null;
  readonly byte: number;
  /** Further ways here, by bytes that some pattern names. */
  readonly ways: { readonly from: Entry; readonly byte: number }[];
}

/** Kept for examples alone. */
const waysMax = 8;
const waysTriedMax = 2_000;

function textOf(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(entry.length);
  for (let at: Entry = entry; at.from !== null; at = at.from) bytes[at.length - 1] = at.byte;
  return bytes;
}

function textsOf(entry: Entry, most: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  let tries = waysTriedMax;
  const back = (at: Entry, tail: readonly number[], passed: ReadonlySet<number>): void => {
    if (found.length >= most || tries-- < 0) return;
    if (at.from === null) {
      const bytes = Uint8Array.from(tail).reverse();
      if (isAllowed(bytes)) found.push(bytes);
      return;
    }
    for (const { from, byte } of [{ from: at.from, byte: at.byte }, ...at.ways]) {
      if (!passed.has(from.number)) back(from, [...tail, byte], new Set(passed).add(from.number));
    }
  };
  back(entry, [], new Set([entry.number]));
  return found;
}

function isAllowed(text: Uint8Array): boolean {
  let component = 0;
  for (const byte of text) if ((component = byte === slash ? 0 : component + 1) > componentMax) return false;
  return text.length <= pathMax;
}

interface Walk {
  readonly start: Int32Array;
  step(states: Int32Array, byte: number): Int32Array;
  /** Bytes that some automaton has an edge for, as 256 flags. */
  symbols(states: Int32Array): Uint8Array;
}

function walkOf(parts: readonly Part[]): Walk {
  const owners = parts.flatMap(({ words, starts }) => starts.map(() => words));
  const rows = new Map<Uint32Array, Map<number, Uint8Array>>(parts.map(({ words }) => [words, new Map()]));
  const rowOf = (words: Uint32Array, state: number): Uint8Array => {
    const cache = rows.get(words)!;
    let row = cache.get(state);
    if (row === undefined) cache.set(state, (row = edgesOf(words, state)));
    return row;
  };
  return {
    start: Int32Array.from(parts.flatMap(({ starts }) => starts)),
    step: (states, byte) => states.map((state, i) => stepCell(owners[i]!, state, byte)),
    symbols(states) {
      const flags = new Uint8Array(256);
      states.forEach((state, i) => {
        if (state === 0) return;
        for (const byte of rowOf(owners[i]!, state)) flags[byte] = 1;
      });
      return flags;
    },
  };
}

/** The state behind one byte, as bpf/include/d4c_table.h has it. */
export function stepCell(words: Uint32Array, state: number, byte: number): number {
  if (state === 0) return 0;
  const own = words[state * 2 + 1 + byte]!;
  if (own >>> byteShift === byte) return own & stateMask;
  const background = backgroundOf(words, state);
  if (background === state || background === 0) return background;
  const usual = words[background * 2 + 1 + byte]!;
  return usual >>> byteShift === byte ? usual & stateMask : background;
}

function edgesOf(words: Uint32Array, state: number): Uint8Array {
  const background = backgroundOf(words, state);
  const has = (owner: number, byte: number): boolean => words[owner * 2 + 1 + byte]! >>> byteShift === byte;
  const found: number[] = [];
  for (let byte = 1; byte < 256; byte++) {
    if (has(state, byte) || (background !== 0 && has(background, byte))) found.push(byte);
  }
  return Uint8Array.from(found);
}

/** Bytes that people can read come first, letters before all. */
const preferred: readonly number[] = (() => {
  const letters = [...new TextEncoder().encode('abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ+,:=@%~')];
  const rest = Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => !letters.includes(byte) && byte !== slash && byte !== dot);
  const printable = rest.filter((byte) => byte > 32 && byte < 127);
  return [...letters, ...printable, ...rest.filter((byte) => !printable.includes(byte))];
})();

/** One byte of those without an edge stands for all of them, except that a form tells `/` and `.` apart. */
function bytesToTry(symbols: Uint8Array): readonly number[] {
  const tried: number[] = [];
  let other = -1;
  for (const byte of preferred) {
    if (symbols[byte] === 1) tried.push(byte);
    else if (other < 0) other = byte;
  }
  return [...(other < 0 ? [] : [other]), slash, ...tried, dot];
}
