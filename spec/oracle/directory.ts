import type { KnownPaths, Pattern, PolicyEvent } from '#policy';
import type { Act, PathCondition } from './operation.ts';
import { endsInDoubleStar, matches, nextPlaces, type Places, placesAfter } from './pattern.ts';
import { isUnknown, pathsHold, type Role } from './paths.ts';

/** Section 2, directories. */
export type DirectoryEvent = Extract<PolicyEvent, { kind: 'directory' }>;

const slash = 47;
const combinationsMax = 50_000;

/** "Judged as creation at the name that gains, and as modification and deletion at the one that loses." */
export function actsOf(event: DirectoryEvent): readonly Act[] {
  const { from, to, mount, process } = event;
  return [
    ...(['modifyExecutable', 'modifyFile', 'deleteFile'] as const).map((operation) => ({ operation, paths: from, mount, process })),
    ...(['createExecutable', 'createFile'] as const).map((operation) => ({ operation, paths: to, mount, process })),
  ];
}

/**
 * "There a `match` selector holds if it could match anything below, an `exclude` selector only if one of its
 * patterns ends in `**` and matches the name with a `/` after it."
 */
export function holdsBelow(condition: PathCondition, names: KnownPaths, role: Role): boolean {
  return pathsHold(names, role, (name) =>
    condition.values.some((pattern) =>
      role === 'match'
        ? placesAfter(pattern, withSlash(name)).some((left) => left > 0)
        : endsInDoubleStar(pattern) && matches(pattern.tokens, withSlash(name))));
}

/**
 * "If each path below would be matched by the same selectors under both names, nothing has happened": every
 * text that can follow a name is tried, as far as the patterns can tell texts apart.
 */
export function sameBelow(conditions: readonly PathCondition[], from: KnownPaths, to: KnownPaths): boolean {
  if (isUnknown(from) || isUnknown(to)) return false;
  const patterns = conditions.flatMap(({ values }) => values);
  const bytes = bytesToldApart(patterns);
  const start: Below = { before: placesOf(patterns, from), after: placesOf(patterns, to), last: slash };
  const seen = new Set([keyOf(start)]);
  const queue = [start];
  for (const below of queue) {
    if (below.last !== slash && !sameSelectors(conditions, below)) return false;
    for (const byte of bytes) {
      if (byte === slash && below.last === slash) continue; // no path has two slashes in a row
      const go = (lists: Below['before']): Below['before'] =>
        lists.map((places) => places.map((place, i) => nextPlaces(patterns[i]!, place, byte)));
      const next: Below = { before: go(below.before), after: go(below.after), last: byte };
      if (seen.has(keyOf(next))) continue;
      seen.add(keyOf(next));
      queue.push(next);
      if (queue.length > combinationsMax) throw new Error('too many patterns for the oracle');
    }
  }
  return true;
}

/** "Never [taken for different] where all patterns stand at the same place after both names and a `/`." */
export function samePlaces(conditions: readonly PathCondition[], from: KnownPaths, to: KnownPaths): boolean {
  if (isUnknown(from) || isUnknown(to)) return false;
  const patterns = conditions.flatMap(({ values }) => values);
  const text = (names: KnownPaths): string => [...new Set(placesOf(patterns, names).map((places) => places.join(';')))].sort().join('|');
  return text(from) === text(to);
}

/** Where each pattern stands, for each path of the one name and of the other. */
interface Below {
  readonly before: readonly (readonly Places[])[];
  readonly after: readonly (readonly Places[])[];
  readonly last: number;
}

function placesOf(patterns: readonly Pattern[], names: KnownPaths): readonly (readonly Places[])[] {
  const paths = names.kind === 'paths' ? names.paths : [];
  return paths.map((path) => patterns.map((pattern) => placesAfter(pattern, withSlash(path))));
}

function keyOf({ before, after, last }: Below): string {
  return JSON.stringify([before, after, last === slash]);
}

function sameSelectors(conditions: readonly PathCondition[], below: Below): boolean {
  let first = 0;
  return conditions.every(({ values }) => {
    const mine = (places: readonly Places[]): boolean =>
      places.slice(first, first + values.length).some((place) => place.includes(0));
    const before = below.before.map(mine);
    const after = below.after.map(mine);
    first += values.length;
    return before.some(Boolean) === after.some(Boolean) && all(before) === all(after);
  });
}

function all(truths: readonly boolean[]): boolean {
  return truths.length > 0 && truths.every(Boolean);
}

/** All bytes that stand in a pattern, the slash, and one for all the others. */
function bytesToldApart(patterns: readonly Pattern[]): readonly number[] {
  const named = new Set(patterns.flatMap(({ tokens }) => tokens.filter((token) => token < 256)));
  named.add(slash);
  for (let byte = 1; byte < 256; byte++) {
    if (!named.has(byte)) return [...named, byte];
  }
  return [...named];
}

function withSlash(name: Uint8Array): Uint8Array {
  return Uint8Array.of(...name, slash);
}
