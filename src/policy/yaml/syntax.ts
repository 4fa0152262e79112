import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document, ParsedNode, YAMLParseError } from 'yaml';
import type { Span } from '#base';
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
  readonly stopped: { readonly why: 'nodes' | 'levels'; readonly span: Span } | null;
}
export interface Lexeme {
  readonly text: string;
  readonly span: Span;
}

/**
 * Reads YAML piece by piece, so that a text made to exhaust us is left before trees are built: the number of
 * nodes and the depth of nesting are known from the pieces.
 */
export function readSyntax(text: string): Syntax {
  const guard = new Guard();
  const documents: Document.Parsed<ParsedNode>[] = [];
  const composer = new Composer<ParsedNode>({ schema: 'failsafe', uniqueKeys: false, merge: false, logLevel: 'silent' });
  const tokens = guard.tokens(text);
  try {
    documents.push(...(composer.compose(tokens, true, text.length) as Iterable<Document.Parsed<ParsedNode>>));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    guard.stop('levels');
  }
  const { stopped, tags, anchors, unclosed } = guard;
  const errors = documents.flatMap((document) => document.errors);
  return { documents: stopped === null ? documents : [], errors, tags, anchors, unclosed, stopped };
}

/** Feeds the parser and watches it. */
class Guard {
  readonly tags: Lexeme[] = [];
  readonly anchors: Lexeme[] = [];
  readonly unclosed: (Lexeme & { readonly upTo: number })[] = [];
  stopped: Syntax['stopped'] = null;
  readonly #parser = new Parser();
  #nodes = 0;

  *tokens(text: string): Generator<CST.Token> {
    const parser = this.#parser;
    for (const lexeme of new Lexer().lex(text)) {
      if (lexeme === flowEnd) this.#openBrackets(text);
      yield* parser.next(lexeme);
      if (this.#watch(lexeme)) return;
    }
    this.#openBrackets(text);
    yield* parser.end();
  }

  stop(why: 'nodes' | 'levels'): void {
    this.stopped ??= { why, span: { start: this.#parser.offset, end: this.#parser.offset } };
  }

  /** Whether a limit is passed. */
  #watch(lexeme: string): boolean {
    const first = lexeme.charCodeAt(0);
    if (first === scalarMark || first === openList || first === openMap || first === quoteOne || first === quoteTwo) {
      if (++this.#nodes > limits.nodesMax) this.stop('nodes');
    }
    if (first === quoteOne && this.#is('single-quoted-scalar')) this.#quoteOf(lexeme);
    if (first === quoteTwo && this.#is('double-quoted-scalar')) this.#quoteOf(lexeme);
    if (first === tagMark && this.#is('tag')) this.tags.push(this.#lexeme(lexeme));
    if (first === anchorMark && this.#is('anchor')) this.anchors.push(this.#lexeme(lexeme));
    // The document itself is on the stack too, and perhaps a scalar.
    if (this.#parser.stack.length > limits.levelsMax + 2) this.stop('levels');
    return this.stopped !== null;
  }

  /** The parser is about to give up what is still open. */
  #openBrackets(text: string): void {
    const open = this.#parser.stack.find((token) => token.type === 'flow-collection');
    if (open === undefined) return;
    const { offset } = open.start;
    const line = text.indexOf('\n', this.#parser.offset);
    const upTo = line < 0 ? text.length : line;
    this.unclosed.push({ text: open.start.source, span: { start: offset, end: offset + 1 }, upTo });
  }

  #quoteOf(lexeme: string): void {
    const isClosed = lexeme.length > 1 && lexeme.endsWith(lexeme[0]!);
    const { start, end } = this.#lexeme(lexeme).span;
    if (!isClosed) this.unclosed.push({ text: lexeme[0]!, span: { start, end: start + 1 }, upTo: end });
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
const scalarMark = 0x1f;
const openList = '['.charCodeAt(0);
const openMap = '{'.charCodeAt(0);
const quoteOne = "'".charCodeAt(0);
const quoteTwo = '"'.charCodeAt(0);
const tagMark = '!'.charCodeAt(0);
const anchorMark = '&'.charCodeAt(0);
