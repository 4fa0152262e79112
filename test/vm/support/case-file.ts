/**
 * The form of a case: one YAML file that says what a person in a container tries and what must come of it.
 * `test/vm/cases/README.md` describes it for those who write one.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';

export const casesFolder = join(import.meta.dirname, '../cases');

export type KernelName = '6.1' | '6.12';

/** A document that must come, by what tells one from another. */
export interface ExpectedDocument {
  readonly operations: readonly string[];
  /** `null`: it has none. `#N` stands for the number of an unnamed file. */
  readonly path: string | null;
  readonly denied: boolean;
  /** The path within the container's root file system, where it is another one. */
  readonly root?: string;
  /** `none` or `unknown`, for what has no path. */
  readonly status?: string;
  /** Bytes of the path, in base64, where it is no UTF-8. */
  readonly base64?: string;
  /** The kind of mount, where it is not the image's. */
  readonly mount?: string;
  /** What it tells of the process, where the case is about that: its executable, `null` if it has none. */
  readonly program?: string | null;
  /** Its arguments, with spaces between them. */
  readonly arguments?: string;
  /** Its user, as the container sees it. */
  readonly user?: string;
  /** `file`, `process`, `alerts`. */
  readonly stream?: string;
  /** As many documents, the number of each in place of `%`. */
  readonly times?: number;
}

export interface ImageFile {
  readonly mode: string;
  readonly text?: string;
  /** A file of the demo image, copied. */
  readonly copy?: string;
  /** One of the programs of `test/vm/cases/programs`. */
  readonly program?: string;
}

/** How the container differs from one with namespaces of its own and every capability. */
export interface ContainerShape {
  readonly runtime?: 'crun' | 'runc';
  /** Namespaces that it shares with the host. */
  readonly shares?: readonly string[];
  /** Folders that are volume mounts, empty. */
  readonly volumes?: readonly string[];
  /** Folders where the runtime mounts a tmpfs. */
  readonly tmpfs?: readonly string[];
  /** Files that are mounts of their own, each bound from a file of the host. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders that are volume mounts, each bound from one of the host. */
  readonly binds?: readonly string[];
  /** Capabilities in place of all. */
  readonly capabilities?: readonly string[];
  /** A program of build/cases, with arguments, as an OCI hook of this name. */
  readonly hooks?: Readonly<Record<string, readonly string[]>>;
  /** A user namespace: its first id, the host's, how many; for users and groups alike. */
  readonly mappings?: readonly (readonly [number, number, number])[];
  /** The root is a folder of a tmpfs, with volumes beside it on the same file system, and no overlay. */
  readonly plainRoot?: boolean;
  /** `run` comes in by the runtime's exec, while another program is the container's first. */
  readonly exec?: boolean;
}

export interface Case {
  /** Folder and name of the file. */
  readonly name: string;
  readonly title: string;
  readonly why: string;
  readonly kernels: { readonly only: readonly KernelName[]; readonly because: string } | null;
  /** Texts of the policies in force in its container. */
  readonly policies: readonly string[];
  /** Those in force from where `run` says `swap` on, instead; `null`: it never does. */
  readonly later: readonly string[] | null;
  readonly image: Readonly<Record<string, ImageFile>>;
  readonly container: ContainerShape;
  /** For the container's shell, as root in `/`. */
  readonly run: string;
  /** For the same shell, after `run`: succeeds if what was tried has come to be. Sees `$code` and `$out`. */
  readonly deed: string;
  /** Whether the deed is done under the policies. Without them it always is. */
  readonly succeeds: boolean;
  /** What `run` must say under the policies. */
  readonly says: RegExp | null;
  readonly exit: number | null;
  readonly expect: readonly ExpectedDocument[];
}

const keys = new Set([
  'title', 'why', 'kernels', 'policy', 'later', 'image', 'container', 'run', 'deed', 'succeeds', 'says', 'exit', 'expect',
]);

export function readCases(): readonly Case[] {
  const files = readdirSync(casesFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.startsWith('policies/'))
    .sort();
  return files.map((file) => readCase(join(casesFolder, file)));
}

export function readCase(file: string): Case {
  const name = relative(casesFolder, file).replace(/\.yaml$/, '');
  const raw = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const complain = (what: string): never => {
    throw new Error(`${file}: ${what}`);
  };
  for (const key of Object.keys(raw)) if (!keys.has(key)) complain(`there is no \`${key}\``);
  for (const key of ['title', 'why', 'policy', 'run', 'deed'] as const) {
    if (raw[key] === undefined) complain(`\`${key}\` is missing`);
  }
  const expect = ((raw['expect'] ?? []) as Partial<ExpectedDocument>[]).flatMap((entry) => expected(entry, complain));
  const denies = expect.some((document) => document.denied);
  const succeeds = (raw['succeeds'] as boolean | undefined) ?? !denies;
  return {
    name,
    title: raw['title'] as string,
    why: raw['why'] as string,
    kernels: (raw['kernels'] as Case['kernels']) ?? null,
    policies: policyTexts(raw['policy']),
    later: raw['later'] === undefined ? null : policyTexts(raw['later']),
    image: imageFiles((raw['image'] ?? {}) as Record<string, string | Partial<ImageFile>>),
    container: (raw['container'] ?? {}) as ContainerShape,
    run: raw['run'] as string,
    deed: raw['deed'] as string,
    succeeds,
    says: raw['says'] === undefined ? (denies && !succeeds ? /not permitted/i : null) : new RegExp(raw['says'] as string, 'i'),
    exit: (raw['exit'] as number | undefined) ?? null,
    expect,
  };
}

function policyTexts(policies: unknown): string[] {
  return [policies].flat().map((policy) => policyText(String(policy)));
}

/** A single word is the name of a policy that many cases share. */
function policyText(policy: string): string {
  return /^[a-z-]+$/.test(policy) ? readFileSync(join(casesFolder, 'policies', `${policy}.yaml`), 'utf8') : policy;
}

function expected(entry: Partial<ExpectedDocument>, complain: (what: string) => never): ExpectedDocument[] {
  const { operations, path, denied, times, ...more } = entry;
  if (!Array.isArray(operations) || path === undefined || typeof denied !== 'boolean') {
    return complain('a document has `operations` (a list), `path` (or null) and `denied`');
  }
  return Array.from({ length: times ?? 1 }, (_, i) => ({
    operations: operations as readonly string[],
    path: path === null ? null : path.replace('%', String(i)),
    denied,
    ...more,
  }));
}

function imageFiles(raw: Record<string, string | Partial<ImageFile>>): Record<string, ImageFile> {
  return Object.fromEntries(
    Object.entries(raw).map(([path, file]) => [path, typeof file === 'string' ? { mode: '0644', text: file } : { mode: '0755', ...file }]),
  );
}
