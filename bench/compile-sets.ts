/** Sets of path patterns for benchmarks, made from one seed: the same on every machine. */

export interface Random {
  (below: number): number;
}

/** A small generator of numbers (xorshift): good enough to spread, and the same everywhere. */
export function random(seed: number): Random {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const syllables = ['al', 'ber', 'con', 'de', 'en', 'fil', 'gra', 'hi', 'in', 'ker', 'lo', 'man', 'net', 'or', 'pro', 're', 'ser', 'tor', 'un', 'xml'];
const packages = ['perl', 'python3', 'x86_64-linux-gnu', 'systemd', 'gcc', 'git-core', 'locale', 'doc', 'man', 'zoneinfo', 'icons', 'node_modules'];

function pick<T>(next: Random, list: readonly T[]): T {
  return list[next(list.length)]!;
}

export function word(next: Random): string {
  let text = '';
  for (let i = 1 + next(3); i > 0; i--) text += pick(next, syllables);
  return text;
}

/** A tree of directories and files such as a distribution has. */
export function fileNames(count: number, next: Random): readonly string[] {
  const directories = ['/usr/bin', '/usr/sbin', '/usr/libexec', '/etc', '/opt'];
  for (const name of packages) directories.push(`/usr/lib/${name}`, `/usr/share/${name}`);
  while (directories.length < count / 12) directories.push(`${pick(next, directories)}/${word(next)}`);
  const files = new Set<string>();
  while (files.size < count) {
    const name = word(next);
    const end = pick(next, ['', '', `.so.${next(9)}`, `.so.${next(9)}.${next(20)}`, '.py', '.js', '.h', '.conf', `-${next(30)}`]);
    files.add(`${pick(next, directories)}/${end.startsWith('.so') ? 'lib' : ''}${name}${end}`);
  }
  return [...files];
}

const directoryOf = (file: string): string => file.slice(0, file.lastIndexOf('/'));
const baseOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function library(file: string, next: Random): string {
  const parts = file.split('/');
  const at = 2 + next(Math.max(1, parts.length - 3));
  const base = baseOf(file);
  const dot = base.indexOf('.', 1);
  if (at < parts.length - 1) parts[at] = '*';
  parts[parts.length - 1] = dot > 0 ? `${base.slice(0, Math.max(1, dot - 2))}*${base.slice(dot, dot + 3)}*` : `${base.slice(0, 4)}*`;
  return parts.join('/');
}

function inner(file: string, next: Random): string {
  const top = directoryOf(file).split('/').slice(0, 3).join('/');
  return pick(next, [`${top}/**/${baseOf(file)}`, `/**/${baseOf(file)}`, `/home/**/.${word(next)}/**`, `/var/lib/${word(next)}/**/${word(next)}*`]);
}

function many(count: number, make: (i: number) => string): readonly string[] {
  const set = new Set<string>();
  for (let i = 0; set.size < count && i < count * 40; i++) set.add(make(i));
  return [...set];
}

export type PatternSet = (count: number, files: readonly string[], next: Random) => readonly string[];

const literal: PatternSet = (count, files) => many(count, (i) => (i < files.length ? files[i]! : `${files[i % files.length]!}.${i}`));

/** 70 % file names, 20 % `dir/**`, the rest `/usr/lib/X/x*.so*` and a share with an inner `**`. */
function mixed(innerShare: number): PatternSet {
  return (count, files, next) => many(count, (i) => {
    const draw = next(1000) / 1000;
    const file = files[i % files.length]!;
    if (draw < innerShare) return inner(file, next);
    if (draw < innerShare + 0.2) return `${directoryOf(file)}/**`;
    if (draw < innerShare + 0.3) return library(file, next);
    return file;
  });
}

export const patternSets: Readonly<Record<string, PatternSet>> = {
  literal,
  mix0: mixed(0),
  mix1: mixed(0.01),
  mix5: mixed(0.05),
  library: (count, files, next) => many(count, (i) => library(files[i % files.length]!, next)),
  anyDirectory: (count, _files, next) => many(count, () => `/**/${word(next)}*`),
  secret: (count, _files, next) => many(count, () => `**${word(next)}${word(next)}**`),
  tail: (count, _files, next) => many(count, () => `**.${word(next)}${word(next)}`),
};

/** Sets that make automata explode: a refusal is an answer, silence is none. */
export const adversarialSets: Readonly<Record<string, () => readonly string[]>> = {
  twoDoubleStars: () => many(50, (i) => `/srv/**/${word(random(i + 7))}${i}/**/x${i}`),
  threeStars: () => {
    const next = random(11);
    return many(50, () => `/usr/bin/*${word(next)}*${word(next)}*${word(next)}*`);
  },
  letters: () => many(50, (i) => `/srv/**/${String.fromCharCode(97 + i % 26)}/**/${i}`),
  starLetters: () => many(50, (i) => `/usr/bin/*${[0, 1, 2].map((k) => String.fromCharCode(97 + (i * (k + 3) + k * 7) % 26)).join('*')}*`),
  components: () => many(20, (i) => `/**/a${'/*'.repeat(i + 1)}/b`),
  secret: () => patternSets['secret']!(10_000, [], random(5)),
};
