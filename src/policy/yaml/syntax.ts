import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document, ParsedNode, YAMLParseError } from 'yaml';
import type { Span } from '#base';
import { measure } from './measure.ts';
import type { Excess } from './measure.ts';
import { limits } from '../limits.ts';

/** What a text is as YAML, before aliases are followed. */
export interface Syntax {
  readonly documents: readonly Document.Parsed<ParsedNode>[];
  readonly errors: readonly YAMLParseError[];
  readonly tags: readonly Lexeme[];
  readonly anchors: readonly Lexeme[];
  /** Brackets and quotes that are opened and not closed, with the place up to which that made what follows unreadable. */
  readonly unclosed: readonly (Lexeme & { readonly upTo: number })[];
  /** Where reading stopped because of a limit; then there are no documents. */
  readonly stopped: { readonly why: Excess['why']; readonly span: Span } | null;
  /** Where a second document begins; it is not read. */
  readonly second: Span | null;
}
const nothing: Syntax = {
  documents: [],
  errors: [],
  tags: [],
  anchors: [],
  unclosed: [],
  stopped: null,
  second: null,
};

export interface Lexeme {
  readonly text: string;
  readonly span: Span;
}

/** Reads YAML piece by piece, so that a text made to exhaust us is left before its tree is built. */
export function readSyntax(text: string): Syntax {
  const excess = measure(text);
  if (excess !== null) return { ...nothing, stopped: excess };
  const guard = new Guard();
  const documents: Document.Parsed<ParsedNode>[] = [];
  const composer = new Composer<ParsedNode>({
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const tokens = guard.tokens(text);
  try {
    documents.push(
      ...(composer.compose(tokens, true, text.length) as Iterable<Document.Parsed<ParsedNode>>),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    guard.stop();
  }
  const { stopped, tags, anchors, unclosed, second } = guard;
  const errors = documents.flatMap((document) => document.errors);
  return {
    documents: stopped === null ? documents : [],
    errors,
    tags,
    anchors,
    unclosed,
    stopped,
    second,
  };
}

/** Feeds the parser and watches it. */
class Guard {
  readonly tags: Lexeme[] = [];
  readonly anchors: Lexeme[] = [];
  readonly unclosed: (Lexeme & { readonly upTo: number })[] = [];
  stopped: Syntax['stopped'] = null;
  second: Span | null = null;
  readonly #parser = new Parser();
  #documents = 0;

  *tokens(text: string): Generator<CST.Token> {
    const parser = this.#parser;
    let before = '';
    for (const lexeme of new Lexer().lex(text)) {
      if (lexeme === flowEnd) this.#openBrackets(text);
      if (this.#isSecond(lexeme, before)) break;
      yield* parser.next(lexeme);
      if (this.#watch(lexeme)) return;
      before = lexeme;
    }
    this.#openBrackets(text);
    yield* parser.end();
  }

  stop(): void {
    this.stopped ??= {
      why: 'levels',
      span: { start: this.#parser.offset, end: this.#parser.offset },
    };
  }

  /** A document begins with a mark of the lexer's, or behind another with `---`. */
  #isSecond(lexeme: string, before: string): boolean {
    if (lexeme === documentMark) this.#documents++;
    else if (lexeme === '---' && before !== documentMark && before !== scalarMark)
      this.#documents++;
    if (this.#documents < 2) return false;
    const start = this.#parser.offset;
    this.second = { start, end: start + lexeme.length };
    return true;
  }

  /** Whether a limit is passed. */
  #watch(lexeme: string): boolean {
    const first = lexeme.charCodeAt(0);
    if (first === quoteOne && this.#is('single-quoted-scalar')) this.#quoteOf(lexeme);
    if (first === quoteTwo && this.#is('double-quoted-scalar')) this.#quoteOf(lexeme);
    if (first === tagMark && this.#is('tag')) this.tags.push(this.#lexeme(lexeme));
    if (first === anchorMark && this.#is('anchor')) this.anchors.push(this.#lexeme(lexeme));
    // The document itself is on the stack too, and perhaps a scalar.
    if (this.#parser.stack.length > limits.levelsMax + 2) this.stop();
    return this.stopped !== null;
  }

  /** The parser is about to give up what is still open. */
  #openBrackets(text: string): void {
    const open = this.#parser.stack.find(
      (token): token is CST.FlowCollection =>
        token.type === 'flow-collection' && token.end.length === 0,
    );
    if (open === undefined) return;
    const { offset } = open.start;
    const line = text.indexOf('\n', this.#parser.offset);
    const upTo = line < 0 ? text.length : line;
    this.unclosed.push({ text: open.start.source, span: { start: offset, end: offset + 1 }, upTo });
  }

  #quoteOf(lexeme: string): void {
    const isClosed = lexeme.length > 1 && lexeme.endsWith(lexeme[0]!);
    const { start, end } = this.#lexeme(lexeme).span;
    if (!isClosed)
      this.unclosed.push({ text: lexeme[0]!, span: { start, end: start + 1 }, upTo: end });
  }

  #is(type: string): boolean {
    return (this.#parser as unknown as { type: string }).type === type;
  }

  #lexeme(text: string): Lexeme {
    const end = this.#parser.offset;
    return { text, span: { start: end - text.length, end } };
  }
}

/** What the lexer tells when brackets end before they are closed. */
const flowEnd = '\x18';
const documentMark = '\x02';
/** The next piece is a scalar. */
const scalarMark = '\x1f';
const quoteOne = "'".charCodeAt(0);
const quoteTwo = '"'.charCodeAt(0);
const tagMark = '!'.charCodeAt(0);
const anchorMark = '&'.charCodeAt(0);
