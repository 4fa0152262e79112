import { DOUBLE_STAR, type Pattern, STAR } from '#policy';

const slash = 47;
const encoder = new TextEncoder();

/** Whether a pattern matches the whole of a text. */
export function matchesText(pattern: Pattern, text: string): boolean {
  return matchesBytes(pattern, encoder.encode(text));
}

/**
 * Whether a pattern matches all of the bytes: which positions of the pattern the bytes so far lead to,
 * byte by byte. Linear in both lengths' product whatever the pattern.
 */
export function matchesBytes(pattern: Pattern, bytes: Uint8Array): boolean {
  const { tokens } = pattern;
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
    if (!alive) return false;
    passWildcards(tokens, next);
    [now, next] = [next, now];
  }
  return now[tokens.length] === 1;
}

function stays(token: number, byte: number): boolean {
  return token === DOUBLE_STAR || (token === STAR && byte !== slash);
}

/** A wildcard matches nothing as well. */
function passWildcards(tokens: readonly number[], positions: Uint8Array): void {
  for (let at = 0; at < tokens.length; at++) {
    if (positions[at] === 1 && tokens[at]! >= STAR) positions[at + 1] = 1;
  }
}
