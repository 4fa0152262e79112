import type { Mutant } from './mutants.ts';

/** As in the oracle, for what the language's page says and the reader of policies, or of image references, decides. */
const mutant = (sentence: string, file: string, from: string, to: string): Mutant => ({ sentence, file: `src/${file}.ts`, from, to });

const image = 'base/image-reference';
const scan = 'policy/patterns/scan';
const selector = 'policy/read/selector';
const conditions = 'policy/read/conditions';
const tree = 'policy/yaml/tree';

export const readerMutants: readonly Mutant[] = [
  mutant('1: a value may be a single scalar', 'policy/read/values', ': [node];', ': [];'),
  mutant('1: a sectioned policy has both sections', 'policy/read/document', "else if (key.text === 'file' || key.text === 'process')", "else if (key.text === 'file')"),
  mutant('1: aliases are resolved', tree, 'if (raw.target === null) {', 'if (raw.target !== null) {'),
  mutant('1: merge keys are resolved', tree, "key.kind === 'scalar' && key.plain && key.text === '<<'", 'key.span.start < 0'),
  mutant('1: merge keys: what stands in the mapping itself wins', tree, 'if (!own.has(entry.key.text)) own.set', 'own.set'),
  mutant('1: merge keys: of merged mappings the first wins', tree, 'for (const source of sources) {', 'for (const source of sources.reverse()) {'),
  mutant('1: a scalar is its text, without types', 'policy/yaml/syntax', "schema: 'failsafe'", "schema: 'core'"),
  mutant('3: operations left out, flat: the seed’s three', selector, 'context.flat ? seedOperations : operationsOf(context.section)', 'operationsOf(context.section)'),
  mutant('3: operations left out, sectioned: every one of the section', selector, 'context.flat ? seedOperations : operationsOf(context.section)', 'seedOperations'),
  mutant('3: both names of a condition', 'policy/vocabulary', '[entry.name, ...entry.otherNames].map', '[entry.name].map'),
  mutant('3: process conditions on file selectors too', 'policy/vocabulary', "both: readonly SectionKind[] = ['file', 'process']", "both: readonly SectionKind[] = ['process']"),
  mutant('3: `false` for an `ignore…` is no condition', conditions, 'if (!value) return { condition: undefined, whole: true, isNone: true };', ''),
  mutant('3: a label is split at the first colon', conditions, "text.indexOf(':')", "text.lastIndexOf(':')"),
  mutant('3, images: the registry is docker.io', image, ": 'docker.io';", ": 'index.docker.io';"),
  mutant('3, images: the namespace is library', image, '${registry}/library/', '${registry}/'),
  mutant('3, images: the tag is latest if there is neither tag nor digest', image, "(digest === null ? 'latest' : null)", 'null'),
  mutant('3, images: pinned by digest alone there is no tag', image, "(digest === null ? 'latest' : null)", "'latest'"),
  mutant('3, images: an id alone is no reference', image, "if (text === '' || idForm.test(text)) return null;", "if (text === '') return null;"),
  mutant('4: in values that are not paths `*` matches `/` too', scan, "kind === 'text' || end - at > 1", 'end - at > 1'),
  mutant('4: `**` or longer', scan, 'end - at > 1', 'end - at === 2'),
  mutant('4: an escape is the literal character', scan, 'tokens.push(next.charCodeAt(0));', 'tokens.push(92, next.charCodeAt(0));'),
  mutant('4: matching is on the bytes of UTF-8', scan, 'encoder.encode(text.slice(at, end))', 'Array.from(text.slice(at, end), (one) => one.charCodeAt(0) & 255)'),
  mutant('4: matching is case-sensitive', scan, 'encoder.encode(text.slice(at, end))', 'encoder.encode(text.slice(at, end).toLowerCase())'),
  mutant('5: mode enforce is the default', 'policy/read/document', "mode: Draft['mode'] = 'enforce'", "mode: Draft['mode'] = 'monitor'"),
];
