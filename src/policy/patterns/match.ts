import { DOUBLE_STAR, STAR } from '../model.ts';
import type { Token } from '../model.ts';

const slash = 0x2f;

/**
 * Whether a pattern matches all of `bytes`. The set of places in the pattern that can have been reached is kept
 * in `reached`, one byte of input at a time: simple, and never slower than tokens times bytes.
 */
export function matchPattern(tokens: readonly Token[], bytes: Uint8Array): boolean {
  let reached = closure(tokens, new Set([0]));
  for (const byte of bytes) {
    const next = new Set<number>();
    for (const at of reached) {
      const token = tokens[at];
      if (token === DOUBLE_STAR || (token === STAR && byte !== slash)) next.add(at);
      else if (token === byte) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reached = closure(tokens, next);
  }
  return reached.has(tokens.length);
}

/** Wildcards match nothing too: places behind those that are reached are reached. */
function closure(tokens: readonly Token[], reached: Set<number>): Set<number> {
  for (const at of reached)
    if (tokens[at] === STAR || tokens[at] === DOUBLE_STAR) reached.add(at + 1);
  return reached;
}
