import { maskWords } from '#abi';

/** 256 bits: which groups, or which process atoms. Eight 32-bit words, the lowest first. */
export type Mask = Uint32Array;

export function mask(bits: Iterable<number> = []): Mask {
  const words = new Uint32Array(maskWords);
  for (const bit of bits) words[bit >>> 5]! |= 1 << (bit & 31);
  return words;
}

export function isEmpty(words: Mask): boolean {
  return words.every((word) => word === 0);
}

export function meets(a: Mask, b: Mask): boolean {
  for (let i = 0; i < maskWords; i++) if ((a[i]! & b[i]!) !== 0) return true;
  return false;
}

export function includes(a: Mask, b: Mask): boolean {
  for (let i = 0; i < maskWords; i++) if ((b[i]! & ~a[i]!) !== 0) return false;
  return true;
}

export function union(a: Mask, b: Mask): Mask {
  return a.map((word, i) => word | b[i]!);
}

export function intersection(a: Mask, b: Mask): Mask {
  return a.map((word, i) => word & b[i]!);
}

/** For keys and for an order that is the same everywhere: 16 bits a character, the highest first. */
export function maskText(words: Mask): string {
  let text = '';
  for (let i = maskWords - 1; i >= 0; i--) text += String.fromCharCode(words[i]! >>> 16, words[i]! & 0xffff);
  return text;
}
