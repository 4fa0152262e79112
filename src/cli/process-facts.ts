import { Failure, nearest } from '#base';
import { type KnownPaths, normalForm, type ProcessFacts } from '#policy';

const keys = ['executable', 'userId', 'interactive', 'sessionLeader'] as const;
type Key = (typeof keys)[number];
const utf8 = new TextEncoder();

/** What the option `--process` says of itself. */
export const processOptionHelp =
  `a fact of the acting process: ${keys.map((key) => `${key}=…`).join(', ')} (what is not given it lacks; interactive: false)`;

/** A user id that no selector can ask for: none was given. */
const noUser = 4294967295;
export const noProcess: ProcessFacts = Object.freeze({
  executable: Object.freeze({ kind: 'none' }), userId: noUser, interactive: false, sessionLeader: new Uint8Array(),
});

export interface GivenProcess {
  readonly executable?: KnownPaths;
  readonly userId?: string;
  readonly interactive?: string;
  readonly sessionLeader?: string;
}

/** Texts as users give them, checked. */
export function processFacts(given: GivenProcess): ProcessFacts {
  return Object.freeze({
    executable: given.executable ?? noProcess.executable,
    userId: given.userId === undefined ? noUser : userId(given.userId),
    interactive: given.interactive === undefined ? false : truth(given.interactive),
    sessionLeader: utf8.encode(given.sessionLeader ?? ''),
  });
}

/** The facts of `--process KEY=VALUE…`; `executable` may be given twice: a file can have two paths. */
export function parseProcessFacts(options: readonly string[]): ProcessFacts {
  const executables: Uint8Array[] = [];
  const given = new Map<Key, string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    const key = knownProcessKey(equals < 0 ? option : option.slice(0, equals));
    if (equals < 0) throw new Failure('usage', `\`${key}\` has no value`, { help: `write \`${key}=VALUE\`` });
    const value = option.slice(equals + 1);
    if (key === 'executable') executables.push(utf8.encode(kernelPath(value)));
    else if (given.has(key)) throw new Failure('usage', `\`${key}\` is given twice`, { help: 'give it once' });
    given.set(key, value);
  }
  const { executable: _, ...rest } = Object.fromEntries(given) as Record<Key, string>;
  return processFacts(executables.length > 0 ? { ...rest, executable: { kind: 'paths', paths: executables } } : rest);
}

export function knownProcessKey(key: string): Key {
  const known = keys.find((one) => one === key);
  if (known !== undefined) return known;
  const meant = nearest(key, keys);
  throw new Failure('usage', `\`${key}\` is no fact of a process`, {
    help: meant === undefined ? `known are ${keys.map((one) => `\`${one}\``).join(', ')}` : `did you mean \`${meant}\`?`,
  });
}

/** A path as the kernel tells it: one in another form would match nothing, and the answer would mislead. */
export function kernelPath(path: string): string {
  if (!path.startsWith('/')) {
    throw new Failure('usage', `the path \`${path}\` is not absolute`, { help: 'write it from `/` on, as the container sees it' });
  }
  const normal = normalForm(path);
  if (normal === path) return path;
  throw new Failure('usage', `the path \`${path}\` is not one that the kernel tells: it has \`//\`, \`.\`, \`..\` or a \`/\` at its end`, {
    help: normal === null ? 'give the path of a file' : `write \`${normal}\``,
  });
}

function userId(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : noUser;
  if (id < noUser) return id;
  throw new Failure('usage', `\`${text}\` is no user id`, { help: 'give a number from 0 to 4294967294' });
}

function truth(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Failure('usage', `\`interactive\` is \`${text}\``, { help: 'give `true` or `false`' });
}
