/** Whether what was seen of a case is what its file says. Pure. */
import type { Case, ExpectedDocument } from './case-file.ts';

/** One run of a case's container. */
export interface Observation {
  readonly exit: number;
  readonly output: string;
  /** Whether the case's `deed` was found done; `null` if the container never got there. */
  readonly done: boolean | null;
  readonly documents: readonly Readonly<Record<string, unknown>>[];
}

/** A case, run under its policies and, where they forbid its deed, in a container that nobody knows. */
export interface CaseResult {
  readonly name: string;
  readonly on: Observation;
  /** `left out`: by the run's own order, to be fast. */
  readonly off: Observation | 'left out' | null;
  readonly ms: number;
}

/** Everything that is not as it must be; empty if the case holds. */
export function complaints(wanted: Case, { on, off }: CaseResult): string[] {
  const found: string[] = [];
  if (off === null) {
    if (!wanted.succeeds) found.push('it was not tried with enforcement off');
  } else if (off !== 'left out' && off.done !== true) found.push(`with enforcement off it was not done either: ${tell(off)}`);
  if (off !== null && off !== 'left out' && off.documents.length > 0) found.push(`with enforcement off there were documents: ${JSON.stringify(off.documents.map(summary))}`);
  if (on.done !== wanted.succeeds) found.push(`${wanted.succeeds ? 'it was not done, though nothing forbids it' : 'it was done'}: ${tell(on)}`);
  if (wanted.says && !wanted.says.test(on.output)) found.push(`it did not say ${wanted.says}: ${tell(on)}`);
  if (wanted.exit !== null && wanted.exit !== on.exit) found.push(`exit status ${on.exit}, not ${wanted.exit}`);
  const seen = on.documents.map((document, i) => ({ ...summary(document), ...asked(document, wanted.expect[i]) }));
  const must = wanted.expect.map(ordered);
  if (JSON.stringify(seen) !== JSON.stringify(must)) {
    found.push(`documents\n    expected ${JSON.stringify(must)}\n    seen     ${JSON.stringify(seen)}`);
  }
  return found;
}

function tell(run: Observation): string {
  return `exit status ${run.exit}, ${run.done === null ? 'never came to its end' : run.done ? 'done' : 'not done'}, said ${JSON.stringify(run.output.trim())}`;
}

/** Keys in one order, what is left out left out. */
function ordered(document: ExpectedDocument): Record<string, unknown> {
  const { operations, path, denied, root, status, base64, mount, times: _, ...more } = document;
  return {
    operations, path, denied,
    ...(root === undefined ? {} : { root }),
    ...(status === undefined ? {} : { status }),
    ...(base64 === undefined ? {} : { base64 }),
    ...(mount === undefined ? {} : { mount }),
    ...inOrder(more),
  };
}

/** What a case asks of a document beyond what all do. */
function asked(document: Readonly<Record<string, unknown>>, wanted: ExpectedDocument | undefined): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = {
    program: field(document, 'process.executable') ?? null,
    arguments: field(document, 'process.command_line') ?? null,
    user: field(document, 'd4c.process.container_user'),
    stream: String(field(document, 'data_stream.dataset')).replace('cloud_defend.', ''),
  };
  return inOrder(Object.fromEntries(Object.entries(all).filter(([key]) => wanted !== undefined && key in wanted)));
}

function inOrder(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => a.localeCompare(b)));
}

/** A document by what cases compare. */
export function summary(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const text = (name: string): string | undefined => field(document, name) as string | undefined;
  const root = text('d4c.file.root_path');
  const status = text('d4c.file.path_status');
  const base64 = text('d4c.file.path_base64');
  const mount = text('d4c.file.mount');
  return {
    operations: field(document, 'd4c.operations'),
    path: text('file.path')?.replace(/#\d+$/, '#N') ?? null,
    denied: (field(document, 'event.type') as string[]).includes('denied'),
    ...(root === undefined ? {} : { root: root.replace(/#\d+$/, '#N') }),
    ...(status === undefined ? {} : { status }),
    ...(base64 === undefined ? {} : { base64 }),
    ...(mount === undefined || mount === 'image' ? {} : { mount }),
  };
}

function field(document: Readonly<Record<string, unknown>>, name: string): unknown {
  let at: unknown = document;
  for (const part of name.split('.')) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined;
  return at;
}
