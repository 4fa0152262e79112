import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import { nearest } from '#base';
import type { Span } from '#base';
import type { Finding } from '#policy';

/** Collects findings while a configuration is read; reading goes on with defaults. */
export interface Reader {
  readonly findings: Finding[];
  readonly document: Document;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const codes = {
  syntax: 'C1001',
  shape: 'C1002',
  unknownKey: 'C1003',
  missing: 'C1004',
  value: 'C1005',
  unsupported: 'C1006',
  environment: 'C1007',
  policies: 'C1008',
} as const;

export function find(reader: Reader, code: string, span: Span, message: string, help: string): void {
  reader.findings.push({ code, severity: 'error', message, help, span, related: [] });
}

export function spanOf(node: unknown): Span {
  const range = (node as Node | null)?.range;
  return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 };
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: unknown;
}

/** The entries of a mapping whose keys are all of `accepted`; anything else is a finding. */
export function entriesOf(
  reader: Reader,
  node: unknown,
  what: string,
  accepted: readonly string[],
): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const target = resolve(reader, node);
  if (target === null || (isScalar(target) && target.value === null)) return entries;
  const list = accepted.length === 0 ? 'none' : accepted.map((key) => `\`${key}\``).join(', ');
  if (!isMap(target)) {
    find(reader, codes.shape, spanOf(node), `${what} is no mapping`, `write its keys as \`key: value\`; accepted are ${list}`);
    return entries;
  }
  for (const { key: keyNode, value } of target.items as Pair[]) {
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    const keySpan = spanOf(keyNode);
    if (accepted.includes(key)) {
      entries.set(key, { key, keySpan, value });
      continue;
    }
    const near = nearest(key, accepted);
    const help = near === undefined ? `accepted are ${list}` : `did you mean \`${near}\`? accepted are ${list}`;
    find(reader, codes.unknownKey, keySpan, `unknown key \`${key}\` in ${what}`, help);
  }
  return entries;
}

export function itemsOf(reader: Reader, node: unknown): readonly unknown[] {
  const target = resolve(reader, node);
  if (target === null || target === undefined) return [];
  return isSeq(target) ? target.items : [target];
}

export function resolve(reader: Reader, node: unknown): unknown {
  return isAlias(node) ? node.resolve(reader.document) : node;
}

/** Text of a scalar, with `${NAME}` taken from the environment. Findings never show what was filled in. */
export function textOf(reader: Reader, node: unknown, what: string): string | undefined {
  const target = resolve(reader, node);
  const value = isScalar(target) ? target.value : undefined;
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isScalar(target) || !isPlain) {
    find(reader, codes.value, spanOf(node), `${what} is no text`, 'write one value here');
    return undefined;
  }
  const raw = target.source ?? String(value);
  return raw.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
    const filled = reader.environment[name];
    if (filled !== undefined) return filled;
    find(reader, codes.environment, spanOf(node), `\`${whole}\` is not set in the environment`, `set ${name}, or write the value itself`);
    return '';
  });
}

/** A value as the file has it, for findings: what the environment holds may be a secret. */
export function shown(reader: Reader, node: unknown): string {
  const target = resolve(reader, node);
  return isScalar(target) ? (target.source ?? String(target.toJSON())) : '';
}

const units: Readonly<Record<string, number>> = {
  '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12,
};

/** A number of bytes: `1GiB`, `500MB`, `4096`. */
export function bytesOf(reader: Reader, node: unknown, what: string, least: number): number | undefined {
  const text = textOf(reader, node, what);
  const match = text === undefined ? null : /^(\d+(?:\.\d+)?) ?([KMGT]i?B|B|)$/.exec(text);
  const bytes = match === null ? Number.NaN : Number(match[1]) * units[match[2]!]!;
  if (bytes >= least && Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  if (text === undefined) return undefined;
  find(reader, codes.value, spanOf(node), `${what} is \`${shown(reader, node)}\``, `write a size of at least ${least} bytes, as \`100MiB\` or \`1GiB\``);
  return undefined;
}

const durations: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

/** Milliseconds of `30d`, `12h`, `10m`, `5s`. */
export function durationOf(reader: Reader, node: unknown, what: string): number | undefined {
  const text = textOf(reader, node, what);
  const match = text === undefined ? null : /^(\d+) ?([smhd])$/.exec(text);
  if (match !== null) return Number(match[1]) * durations[match[2]!]!;
  if (text !== undefined) {
    find(reader, codes.value, spanOf(node), `${what} is \`${shown(reader, node)}\``, 'write a duration, as `30d`, `12h`, `10m` or `5s`');
  }
  return undefined;
}

export function integerOf(reader: Reader, node: unknown, what: string, least: number, most: number): number | undefined {
  const text = textOf(reader, node, what);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  find(reader, codes.value, spanOf(node), `${what} is \`${shown(reader, node)}\``, `write a whole number from ${least} to ${most}`);
  return undefined;
}

export function booleanOf(reader: Reader, node: unknown, what: string): boolean | undefined {
  const text = textOf(reader, node, what);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text !== undefined) find(reader, codes.value, spanOf(node), `${what} is \`${shown(reader, node)}\``, 'write `true` or `false`');
  return undefined;
}
