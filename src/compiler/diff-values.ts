import { Failure } from '#base';
import { DOUBLE_STAR, type Pattern, STAR, type Token } from '#policy';
import { type Built, buildAutomata, type OwnedPattern, sortPatterns } from './automata.ts';
import type { Automaton } from './determinise.ts';
import { limits } from './limits.ts';

/** Which texts a fact can be, character by character. A state is a text of its own. */
export interface Syntax {
  readonly first: string;
  /** The next state, `null` where no such text goes on. */
  step(state: string, character: string): string | null;
  isEnd(state: string): boolean;
  /** Characters that it tells apart, beside those of the patterns. */
  readonly characters: string;
  readonly charactersMax: number;
}

/** A pattern, and which condition it is of. */
export interface ValuePattern {
  readonly tokens: readonly Token[];
  readonly atom: number;
}

const bytesOf = new TextEncoder();

/** A shortest value for each way in which conditions can hold of the texts of a syntax; `null`: they are too many. */
export function valueClasses(patterns: readonly ValuePattern[], syntax: Syntax): readonly string[] | null {
  const owned = patterns.map(({ tokens, atom }): OwnedPattern => ({ tokens, atom, owner: '', text: '' }));
  const built = buildAutomata(sortPatterns(owned), { steps: limits.stepsMax / 20 });
  if (built === null) throw new Failure('limit', 'the conditions on containers are too many to tell apart', { help: 'use fewer wildcards in them' });
  const characters = alphabet(patterns, syntax);
  const found = new Map<string, string>();
  const places: Place[] = [{ states: built.map(({ automaton }) => automaton.start), syntax: syntax.first, text: '' }];
  const known = new Set([placeKey(places[0]!)]);
  for (let i = 0; i < places.length; i++) {
    const from = places[i]!;
    if (syntax.isEnd(from.syntax)) {
      const key = built.map(({ automaton, atomsOf }, a) => matching(automaton, atomsOf, from.states[a]!)).join(' ');
      if (!found.has(key)) found.set(key, from.text);
    }
    if (from.text.length >= syntax.charactersMax) continue;
    for (const { text, bytes } of characters) {
      const next = syntax.step(from.syntax, text);
      if (next === null) continue;
      const states = from.states.map((state, a) => bytes.reduce((at, byte) => step(built[a]!.automaton, at, byte), state));
      const to = { states, syntax: next, text: from.text + text };
      const key = placeKey(to);
      if (known.has(key)) continue;
      known.add(key);
      places.push(to);
    }
    if (known.size > limits.diffPlacesMax / 10) return null;
  }
  return [...found.values()];
}

interface Place {
  readonly states: readonly number[];
  readonly syntax: string;
  readonly text: string;
}

function placeKey({ states, syntax }: Place): string {
  return `${states.join()} ${syntax}`;
}

function matching(automaton: Automaton, atomsOf: Built['atomsOf'], state: number): string {
  return [...atomsOf(automaton.meanings[automaton.meaning[state]!]!.accept)].join();
}

function step(automaton: Automaton, state: number, byte: number): number {
  const own = edge(automaton, state, byte);
  if (own >= 0) return own;
  const background = automaton.background[state]!;
  const usual = background === state ? -1 : edge(automaton, background, byte);
  return usual >= 0 ? usual : background;
}

function edge({ rowStart, rowEnd, symbols, targets }: Automaton, state: number, byte: number): number {
  for (let i = rowStart[state]!; i < rowEnd[state]!; i++) if (symbols[i] === byte) return targets[i]!;
  return -1;
}

interface Character {
  readonly text: string;
  readonly bytes: readonly number[];
}

/** Of characters that neither patterns nor syntax name, one small letter and one capital stand for all. */
function alphabet(patterns: readonly ValuePattern[], syntax: Syntax): readonly Character[] {
  const named = new Set(syntax.characters);
  for (const { tokens } of patterns) for (const character of literals(tokens)) named.add(character);
  const others = ['abcdefghijklmnopqrstuvwxyz0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((letters) => {
    const free = Array.from(letters).find((letter) => !named.has(letter));
    return free === undefined ? [] : [free];
  });
  if (others.length === 0) others.push(...['_', '-', '~', '\u00e9'].filter((one) => !named.has(one)).slice(0, 1));
  return [...others, ...[...named].sort()].map((text) => ({ text, bytes: [...bytesOf.encode(text)] }));
}

function literals(tokens: readonly Token[]): readonly string[] {
  const decoder = new TextDecoder();
  const runs: number[][] = [[]];
  for (const token of tokens) {
    if (token >= STAR) runs.push([]);
    else runs.at(-1)!.push(token);
  }
  return runs.flatMap((run) => Array.from(decoder.decode(Uint8Array.from(run))));
}

/** Any text; `empty`: the empty one too. */
export function anyText(empty: boolean): Syntax {
  const isControl = (character: string): boolean => character < ' ';
  return {
    first: '', characters: '', charactersMax: 4_095,
    step: (_, character) => (isControl(character) ? null : 'x'),
    isEnd: (state) => empty || state !== '',
  };
}

export const tagSyntax: Syntax = {
  first: '', characters: '', charactersMax: 128,
  step: (state, character) => ((state === '' ? /[A-Za-z0-9_]/ : /[A-Za-z0-9_.-]/).test(character) ? 'x' : null),
  isEnd: (state) => state !== '',
};

const registries = ['docker.io', 'index.docker.io', 'localhost'];

/**
 * Registry and repository as base/image-reference.ts makes them: the registry has a dot, a colon or a capital
 * letter, or is `localhost`; `index.docker.io` is never one, and what is at `docker.io` has a further component.
 */
export const imageSyntax: Syntax = {
  first: 'registry ', characters: '/.:-docker.ioindexlocalhost', charactersMax: 4_095,
  step(state, character) {
    if (character === '@' || character <= ' ') return null;
    const [phase, text] = state.split(' ') as [string, string];
    if (phase !== 'registry') {
      if (character === ':') return null;
      if (character !== '/') return `${phase} x`;
      return text === '' ? null : 'rest ';
    }
    if (character !== '/') return `registry ${registryText(text, character)}`;
    if (text === 'docker.io') return 'docker ';
    return text === 'localhost' || (text.includes('!') && text !== '') || isSpecial(text) ? 'rest ' : null;
  },
  isEnd: (state) => state === 'rest x',
};

/** As much of the registry as can still become one that is told apart; else whether it can be one at all. */
function registryText(text: string, character: string): string {
  const longer = text + character;
  if (!/^[!?]/.test(text) && registries.some((name) => name.startsWith(longer))) return longer;
  return text.startsWith('!') || isSpecial(longer) ? '!' : '?';
}

function isSpecial(text: string): boolean {
  return text !== 'index.docker.io' && (text.startsWith('!') || /[.:]/.test(text) || text !== text.toLowerCase());
}

/** Tokens of a pattern on the last component, as one on the whole name; none if it can match no component. */
export function onWholeName({ tokens }: Pattern): readonly Token[] | null {
  return tokens.includes(47) ? null : [DOUBLE_STAR, 47, ...tokens.map((token) => (token === DOUBLE_STAR ? STAR : token))];
}
