import type { Expectation } from './builtin.ts';
import type { DemoDocument } from './stream.ts';

/** A field of a document by its dotted name, nested or not. */
export function field(document: DemoDocument, name: string): unknown {
  let at: unknown = document;
  for (const part of name.split('.')) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined;
  return at;
}

export function isDenied(document: DemoDocument): boolean {
  const types = field(document, 'event.type');
  return Array.isArray(types) && types.includes('denied');
}

/** What is not as it must be after an attempt, in a sentence; `null` if all is. */
export function complaintOf(expected: Expectation, exitCode: number, output: string, documents: readonly DemoDocument[]): string | null {
  if (expected.denied && exitCode === 0) return 'the kernel let it through';
  if (expected.denied && !/not permitted/i.test(output)) return `it failed, but not by the kernel's EPERM: ${output}`;
  if (!expected.denied && exitCode !== 0) return `it failed, though nothing forbids it: ${output}`;
  const seen = documents.map((document) => ({
    operations: field(document, 'd4c.operations'),
    path: field(document, 'file.path') ?? null,
    denied: isDenied(document),
  }));
  const wanted = expected.documents.map((document) => ({ ...document, denied: expected.denied }));
  if (JSON.stringify(seen) === JSON.stringify(wanted)) return null;
  return `documents expected: ${JSON.stringify(wanted)}, seen: ${JSON.stringify(seen)}`;
}
