import { DOUBLE_STAR, type Pattern, STAR } from '#policy';

const slash = 47;
const encoder = new TextEncoder();

let lastText = '';
let lastBytes: Uint8Array = new Uint8Array();

/** Whether a pattern matches the whole of a text. */
export function matchesText(pattern: Pattern, text: string): boolean {
  if (text !== lastText) {
    lastText = text;
    lastBytes = encoder.encode(text);
  }
  return matchesBytes(pattern, lastBytes);
}

/** Whether a pattern matches all of the bytes. What stands before its first wildcard decides most. */
export function matchesBytes(pattern: Pattern, bytes: Uint8Array): boolean {
  const { tokens } = pattern;
  let first = 0;
  while (first < tokens.length && tokens[first]! < STAR) {
    if (tokens[first] !== bytes[first]) return false;
    first++;
  }
  if (first === tokens.length) return bytes.length === first;
  return placesAfter(pattern, bytes)?.[tokens.length] === 1;
}

/**
 * What a pattern says of all that lies below a directory: as one that is matched, whether it could match
 * any of it; as one that is excluded, whether it ends in a double star that has been reached.
 */
export function matchesBelow(pattern: Pattern, name: Uint8Array, role: 'match' | 'exclude'): boolean {
  const places = placesAfter(pattern, Uint8Array.of(...name, slash));
  if (places === null) return false;
  const end = pattern.tokens.length;
  return role === 'match' ? places.subarray(0, end).includes(1) : pattern.tokens[end - 1] === DOUBLE_STAR && places[end] === 1;
}

/**
 * At which places of the pattern the bytes can leave off, byte by byte: linear in the product of both
 * lengths whatever the pattern. `null`: at none.
 */
export function placesAfter({ tokens }: Pattern, bytes: Uint8Array): Uint8Array | null {
  let now = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  now[0] = 1;
  passWildcards(tokens, now);
  for (const byte of bytes) {
    next.fill(0);
    let alive = false;
    for (let at = 0; at < tokens.length; at++) {
      if (now[at] === 0) continue;
      const token = tokens[at]!;
      const to = token === byte ? at + 1 : stays(token, byte) ? at : -1;
      if (to < 0) continue;
      next[to] = 1;
      alive = true;
    }
    if (!alive) return null;
    passWildcards(tokens, next);
    [now, next] = [next, now];
  }
  return now;
}

function stays(token: number, byte: number): boolean {
  return token === DOUBLE_STAR || (token === STAR && byte !== slash);
}

/** A wildcard matches nothing as well. */
function passWildcards(tokens: readonly number[], places: Uint8Array): void {
  for (let at = 0; at < tokens.length; at++) {
    if (places[at] === 1 && tokens[at]! >= STAR) places[at + 1] = 1;
  }
}
