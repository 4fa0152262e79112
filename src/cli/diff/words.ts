import type { ContainerFacts } from '#base';
import type { KnownPaths, MountKind, ProcessFacts } from '#policy';

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder();

/** A path for people: what would not show is written as `\xNN`. */
export function pathText(path: Uint8Array): string {
  const text = toText(path);
  const plain = text ?? [...path].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
  return plain.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) => `\\x${one.codePointAt(0)!.toString(16).padStart(2, '0')}`);
}

export function knownText(known: KnownPaths): string {
  if (known.kind === 'none') return '(a file without a path)';
  if (known.kind === 'unknown' || known.paths.length === 0) return '(a path that is not known, or too long)';
  return known.paths.map(pathText).join(' = ');
}

function toText(path: Uint8Array): string | null {
  try {
    return strict.decode(path);
  } catch {
    return null; // that is the answer
  }
}

/** A path as JSON: beside text that says not all, the bytes in base 64. */
export function pathJson(path: Uint8Array): object {
  const isWhole = toText(path) !== null;
  return { path: lenient.decode(path), ...(isWhole ? {} : { pathBase64: Buffer.from(path).toString('base64') }) };
}

/** Known facts as `container` of a policy test has them. */
export function factsJson(facts: ContainerFacts): object | 'unknown' {
  if (Object.values(facts).every((fact) => fact === undefined)) return 'unknown';
  const { image, labels } = facts;
  const version = image ? `${image.tag === null ? '' : `:${image.tag}`}${image.digest === null ? '' : `@${image.digest}`}` : '';
  const texts = (['namespace', 'pod', 'clusterId', 'clusterName', 'orchestrator'] as const).filter((key) => typeof facts[key] === 'string');
  return {
    ...(image ? { image: `${image.fullName}${version}` } : {}),
    ...Object.fromEntries(texts.map((key) => [key, facts[key]])),
    ...(labels && labels.size > 0 ? { labels: Object.fromEntries(labels) } : {}),
  };
}

export function processJson({ executable, userId, interactive, sessionLeader }: ProcessFacts): object {
  const paths = executable.kind === 'paths' ? executable.paths.map((path) => lenient.decode(path)) : [];
  const known = executable.kind === 'none' ? {} : { executable: paths.length === 1 ? paths[0] : paths };
  return { ...known, userId, interactive, sessionLeader: lenient.decode(sessionLeader) };
}

/** Which mounts, `null` for all. */
export function mountsText(mounts: readonly MountKind[]): string | null {
  const has = (kind: MountKind): boolean => mounts.includes(kind);
  if (has('image') && has('volume') && has('file')) return null;
  if (has('image') && has('volume')) return 'except on single-file mounts';
  if (has('volume') && has('file')) return 'on volume mounts, single files included';
  if (has('image') && has('file')) return 'off volumes, and on single-file mounts';
  if (has('image')) return 'off volume mounts';
  return has('volume') ? 'on volume mounts of folders' : 'on single-file mounts';
}
