import type { KnownPaths, Pattern } from '#policy';
import { oneMatches } from './pattern.ts';

/** A selector is used in `match` or in `exclude`: paths count differently in the two. */
export type Role = 'match' | 'exclude';

/**
 * Section 4: "in a `match` selector one of them must match, in an `exclude` selector all of them".
 * Section 2: what is not known "counts as matching in `match` and as not matching in `exclude`"; "what has
 * no path is matched by no selector with `targetFilePath`".
 */
export function pathsHold(known: KnownPaths, role: Role, holds: (path: Uint8Array) => boolean): boolean {
  if (known.kind === 'none') return false;
  if (known.kind === 'unknown' || isUnknown(known)) return role === 'match';
  return role === 'match' ? known.paths.some(holds) : known.paths.every(holds);
}

export function pathsMatch(values: readonly Pattern[], known: KnownPaths, role: Role): boolean {
  return pathsHold(known, role, (path) => oneMatches(values, path));
}

/** A list without a path says as little as none at all. */
export function isUnknown(known: KnownPaths): boolean {
  return known.kind === 'unknown' || (known.kind === 'paths' && known.paths.length === 0);
}

/** Section 3, `processName`: "basename of the executable". */
export function basename(path: Uint8Array): Uint8Array {
  return path.subarray(path.lastIndexOf(47) + 1);
}
