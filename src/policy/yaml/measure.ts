import { Lexer } from 'yaml';
import type { Span } from '#base';
import { limits } from '../limits.ts';

export interface Excess {
  readonly why: 'written' | 'marks' | 'scalar' | 'levels';
  readonly span: Span;
}

/**
 * What makes a text too much to read, found before anything is kept of it: each piece is looked at and let go,
 * which is ten times faster than building trees, and takes no memory.
 */
export function measure(text: string): Excess | null {
  let nodes = 0;
  let built = 0;
  let marks = 0;
  let run = 0;
  let open = 0;
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    const span = { start: offset, end: offset + 1 };
    const first = lexeme.charCodeAt(0);
    if (isScalar || first === quoteOne || first === quoteTwo || first === alias) {
      if (lexeme.length > limits.scalarCharsMax) return { why: 'scalar', span };
      nodes++;
      if (++built > limits.writtenNodesMax) return { why: 'written', span };
      [isScalar, run] = [false, first === alias ? run + 1 : 0];
    } else if (first === scalarMark) isScalar = true;
    else if ((open += opening.has(first) ? 1 : closing.has(first) ? -1 : 0) > limits.levelsMax)
      return { why: 'levels', span };
    else if (++marks > limits.marksMax + limits.marksPerNodeMax * nodes)
      return { why: 'marks', span };
    else if (building.has(first) && ++built > limits.writtenNodesMax) return { why: 'written', span };
    else if (idle.has(first)) run++;
    if (run > limits.marksRunMax && nodes * limits.marksPerNodeMax < run)
      return { why: 'marks', span };
    if (first !== scalarMark && first !== documentMark && first !== flowEnd)
      offset += lexeme.length;
  }
  return null;
}

const documentMark = 0x02;
const flowEnd = 0x18;
const scalarMark = 0x1f;
const quoteTwo = '"'.charCodeAt(0);
const quoteOne = "'".charCodeAt(0);
const alias = '*'.charCodeAt(0);
/** Marks that a tree is made larger by: a list, a mapping, a pair, an anchor or a tag. */
const building = new Set(Array.from('[{?:&!', (mark) => mark.charCodeAt(0)));
const opening = new Set(Array.from('[{', (mark) => mark.charCodeAt(0)));
const closing = new Set(Array.from(']}', (mark) => mark.charCodeAt(0)));
/** Marks that hold no value; what opens a list or a mapping is bounded by the depth. */
const idle = new Set(Array.from(',]}&!%', (mark) => mark.charCodeAt(0)));
