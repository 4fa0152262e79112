import { DOUBLE_STAR, STAR } from '../model.ts';
import type { Token } from '../model.ts';

/** A value as tokens, or the piece of it that is no escape. */
export type Scan =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly escape: string; readonly at: number };

/** Whether a lone `*` stops at `/`: in paths it does, elsewhere every `*` matches anything. */
export type PatternKind = 'path' | 'text';

const encoder = new TextEncoder();

/** `*`, `**`, `\*` and `\\`; all else is itself, byte by byte. Neighbouring wildcards become one. */
export function scan(text: string, kind: PatternKind): Scan {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '*') {
      let end = at;
      while (text[end] === '*') end++;
      tokens.push(kind === 'text' || end - at > 1 ? DOUBLE_STAR : STAR);
      at = end;
    } else if (char === '\\') {
      const next = text[at + 1];
      if (next !== '*' && next !== '\\')
        return { ok: false, escape: `\\${Array.from(text.slice(at + 1, at + 3))[0] ?? ''}`, at };
      tokens.push(next.charCodeAt(0));
      at += 2;
    } else {
      let end = at;
      while (end < text.length && text[end] !== '*' && text[end] !== '\\') end++;
      for (const byte of encoder.encode(text.slice(at, end))) tokens.push(byte);
      at = end;
    }
  }
  return { ok: true, tokens };
}

export function isWildcard(token: Token): boolean {
  return token === STAR || token === DOUBLE_STAR;
}
export function hasWildcard(tokens: readonly Token[]): boolean {
  return tokens.some(isWildcard);
}

/** Tokens as a policy would write them. */
export function writeTokens(tokens: readonly Token[], kind: PatternKind): string {
  let text = '';
  let bytes: number[] = [];
  const flush = (): void => {
    text += new TextDecoder().decode(Uint8Array.from(bytes)).replaceAll(/[\\*]/g, '\\$&');
    bytes = [];
  };
  for (const token of tokens) {
    if (!isWildcard(token)) bytes.push(token);
    else {
      flush();
      text += token === STAR || kind === 'text' ? '*' : '**';
    }
  }
  flush();
  return text;
}
