import { DOUBLE_STAR, type Pattern, STAR, type Token } from '#policy';

const slash = 47;

/**
 * Section 4, patterns: "matching is on bytes"; a byte is itself, `*` any run of bytes but `/`, `**` any run.
 * (In values that are not paths the model has `**` for every `*`.)
 */
export function matches(tokens: readonly Token[], bytes: Uint8Array): boolean {
  const first = tokens[0];
  if (first === undefined) return bytes.length === 0;
  if (first < STAR) return bytes[0] === first && matches(tokens.slice(1), bytes.subarray(1));
  for (let run = 0; ; run++) {
    if (matches(tokens.slice(1), bytes.subarray(run))) return true;
    if (run === bytes.length || (first === STAR && bytes[run] === slash)) return false;
  }
}

/** Section 3: "a condition holds if one of its values matches (OR)". */
export function oneMatches(values: readonly Pattern[], bytes: Uint8Array): boolean {
  return values.some(({ tokens }) => matches(tokens, bytes));
}

/** Whether a pattern "ends in `**`". */
export function endsInDoubleStar({ tokens }: Pattern): boolean {
  return tokens.at(-1) === DOUBLE_STAR;
}

/**
 * Where a pattern can stand after some bytes: the numbers of tokens that are left over. What it matches of
 * longer texts depends on this alone.
 */
export type Places = readonly number[];

export function startPlaces(pattern: Pattern): Places {
  return withEmptyWildcards(pattern, [pattern.tokens.length]);
}

export function nextPlaces(pattern: Pattern, places: Places, byte: number): Places {
  const next: number[] = [];
  for (const left of places) {
    const token = pattern.tokens[pattern.tokens.length - left];
    if (token === byte) next.push(left - 1);
    if (token === DOUBLE_STAR || (token === STAR && byte !== slash)) next.push(left);
  }
  return withEmptyWildcards(pattern, next);
}

export function placesAfter(pattern: Pattern, bytes: Uint8Array): Places {
  let places = startPlaces(pattern);
  for (const byte of bytes) places = nextPlaces(pattern, places, byte);
  return places;
}

function withEmptyWildcards(pattern: Pattern, places: readonly number[]): Places {
  const all = new Set(places);
  for (const left of all) if (pattern.tokens[pattern.tokens.length - left]! >= STAR) all.add(left - 1);
  return [...all].sort((a, b) => a - b);
}
