import { lineStarts } from '#base';
import type { Span } from '#base';
import type { YAMLParseError } from 'yaml';
import { catalogue } from './catalogue/index.ts';
import type { Code } from './catalogue/index.ts';
import type { Draft } from './draft.ts';
import type { Finding } from './finding.ts';
import { quote } from './finding.ts';
import { limits } from './limits.ts';
import type { Policy } from './model.ts';
import { readDocument } from './read/document.ts';
import { lineAt } from './render/located.ts';
import { reporter } from './report.ts';
import type { Report } from './report.ts';
import { checkDraft } from './rules/index.ts';
import { compose } from './yaml/compose.ts';
import { decode } from './yaml/decode.ts';
import { onePerLine, unclosedWords, yamlWords } from './yaml/messages.ts';
import { readSyntax } from './yaml/syntax.ts';
import type { Syntax } from './yaml/syntax.ts';
import { view } from './yaml/tree.ts';
import type { Node } from './yaml/tree.ts';

export interface Parsed {
  /** `null` if there is any error. */
  readonly policy: Policy | null;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
  /** What spans count in: the file as text, without byte order mark. */
  readonly text: string;
}

/** Reads a policy and everything that is to be said of it. Never throws, whatever the text. */
export function parsePolicy(file: string, input: Uint8Array | string): Parsed {
  const bytes = typeof input === 'string' ? null : input;
  const { report, findings, hasErrors } = reporter();
  if ((bytes?.length ?? (input as string).length) > limits.fileBytesMax) {
    report('P1007', { start: 0, end: 0 });
    return Object.freeze({ policy: null, findings: Object.freeze(findings()), text: '' });
  }
  const text =
    bytes === null ? (input as string).replace(/^\ufeff/, '') : decodeBytes(bytes, report);
  if (text === '' && hasErrors())
    return Object.freeze({ policy: null, findings: Object.freeze(findings()), text });
  const root = readYaml(text, report);
  const before = findings();
  const draft = root === null ? null : readDocument(report, root);
  if (draft !== null) checkDraft(draft, report);
  const found = findings();
  const futile = new Set(
    found.filter(({ code }) => code === 'P6003' || code === 'P6005').map(({ span }) => span.start),
  );
  const told = found.filter(
    (finding) =>
      isToBeTold(finding, before, text) &&
      !(finding.code === 'P6004' && futile.has(finding.span.start)),
  );
  const policy = draft === null || hasErrors() ? null : makePolicy(file, text, draft);
  return Object.freeze({ policy, findings: Object.freeze(told), text });
}

/** Findings after which a part of the text is unread. */
const tearing: readonly Code[] = ['P1001', 'P1012', 'P1014'];

/** What a reader makes of the keys and values of a line that is no YAML. */
const nearChars = 1_000;
const shaped: readonly string[] = ['P1014', 'P2005', 'P2006', 'P2010', 'P2015'];

/** Not what follows from a part that is unread: that something is missing, or is of the wrong kind beside an error of YAML. */
function isToBeTold(finding: Finding, before: readonly Finding[], text: string): boolean {
  const { code, span } = finding;
  if (code === 'P1001') return true;
  const torn = before.filter((other) => tearing.includes(other.code as Code) && other !== finding);
  if (catalogue[code as Code].needsWhole === true && torn.length > 0) return false;
  return !torn.some((other) => {
    if (other.code !== 'P1001') return false;
    const touches = span.start <= other.span.end && span.end >= other.span.start;
    const [first, last] =
      span.start < other.span.start
        ? [span.start, other.span.start]
        : [other.span.start, span.start];
    return (
      touches ||
      (shaped.includes(code) && last - first < nearChars && !text.slice(first, last).includes('\n'))
    );
  });
}

/** What is no text and large is not looked into further. */
const lenientBytesMax = 1024 * 1024;

function decodeBytes(bytes: Uint8Array, report: Report): string {
  const { text, bad } = decode(bytes);
  if (bad === null) return text;
  const hex = `\`0x${bad.byte.toString(16).padStart(2, '0')}\``;
  const isWide =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const advice = isWide ? 'it is UTF-16: save it as UTF-8' : 'save the file as UTF-8';
  const told = isWide || bytes.length > lenientBytesMax ? '' : text;
  report('P1002', within([bad.offset, bad.offset + 1], told), {
    byte: hex,
    offset: String(bad.offsetBytes),
    advice,
  });
  return told;
}

/** The root of the one document, as far as it can be read. */
function readYaml(text: string, report: Report): Node | null {
  const nul = text.indexOf('\0');
  if (nul >= 0) report('P1010', { start: nul, end: nul + 1 }, { key: 'the file' });
  if (nul >= 0 && text.length > lenientBytesMax) return null;
  const syntax = readSyntax(nul >= 0 ? text.replaceAll('\0', '\ufffd') : text);
  if (syntax.stopped !== null) {
    const { why, span } = syntax.stopped;
    if (why === 'scalar') report('P2019', span, tooLong);
    else if (why === 'written') report('P1008', span, tooManyWritten());
    else report(why === 'marks' ? 'P1017' : 'P1009', span);
    return null;
  }
  reportSyntax(syntax, text, report);
  const contents = syntax.documents[0]?.contents ?? null;
  if (contents === null) {
    report('P1004', { start: 0, end: 0 }, { found: 'empty' });
    return null;
  }
  const tooMuch = { yes: false };
  const watch: Report = (code, place, words, related) => {
    if (code === 'P1008' || code === 'P1009') tooMuch.yes = true;
    report(code, place, words, related);
  };
  const root = compose(contents, syntax.anchors, watch);
  return tooMuch.yes ? null : view(root);
}

const tooManyWritten = () => ({ what: 'the file', most: limits.writtenNodesMax.toLocaleString('en') });

const tooLong = {
  key: 'the file',
  bytes: `more than ${limits.scalarCharsMax}`,
  most: String(limits.valueBytesMax),
};

function reportSyntax(
  { errors, tags, unclosed, second }: Syntax,
  text: string,
  report: Report,
): void {
  const starts = lineStarts(text);
  const lineOf = (offset: number): number => lineAt(starts, offset);
  for (const mark of unclosed) report('P1001', mark.span, unclosedWords(mark.text));
  const isNew = ({ code, pos }: YAMLParseError): boolean =>
    code !== 'MULTIPLE_DOCS' &&
    !unclosed.some(({ span, upTo }) => pos[0] >= span.start && pos[0] <= upTo);
  for (const error of onePerLine(errors.filter(isNew), lineOf)) {
    const rest = text.slice(error.pos[0], starts[lineOf(error.pos[0])]);
    report('P1001', within(error.pos, text), yamlWords(error, rest));
  }
  if (second !== null) report('P1003', second);
  for (const tag of tags) {
    if (tag.text !== '!!str' && tag.text !== '!<tag:yaml.org,2002:str>')
      report('P1013', tag.span, { tag: quote(tag.text) });
  }
}

function within([start, end]: readonly [number, number], text: string): Span {
  const first = Math.min(Math.max(0, start), text.length);
  return { start: first, end: Math.min(Math.max(first, end), text.length) };
}

function makePolicy(file: string, text: string, draft: Draft): Policy {
  const sections = draft.sections.map(({ kind, selectors, responses }) =>
    Object.freeze({
      kind,
      selectors: Object.freeze(selectors.map(({ selector }) => selector)),
      responses: Object.freeze(responses.map(({ response }) => response)),
    }),
  );
  const { name, mode } = draft;
  return Object.freeze({
    kind: 'policy',
    file,
    text,
    name,
    mode,
    sections: Object.freeze(sections),
  });
}
