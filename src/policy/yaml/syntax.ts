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
  const { stopped, tags, anchors } = guard;
  const errors = documents.flatMap((document) => document.errors);
  return { documents: stopped === null ? documents : [], errors, tags, anchors, stopped };
}

/** Feeds the parser and watches it. */
class Guard {
  readonly tags: Lexeme[] = [];
  readonly anchors: Lexeme[] = [];
  stopped: Syntax['stopped'] = null;
  readonly #parser = new Parser();
  #nodes = 0;

  *tokens(text: string): Generator<CST.Token> {
    const parser = this.#parser;
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      if (this.#watch(lexeme)) return;
    }
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
    if (first === tagMark && this.#is('tag')) this.tags.push(this.#lexeme(lexeme));
    if (first === anchorMark && this.#is('anchor')) this.anchors.push(this.#lexeme(lexeme));
    // The document itself is on the stack too, and perhaps a scalar.
    if (this.#parser.stack.length > limits.levelsMax + 2) this.stop('levels');
    return this.stopped !== null;
  }

  #is(type: string): boolean {
    return (this.#parser as unknown as { type: string }).type === type;
  }

  #lexeme(text: string): Lexeme {
    const end = this.#parser.offset;
    return { text, span: { start: end - text.length, end } };
  }
}

const scalarMark = 0x1f;
const openList = '['.charCodeAt(0);
const openMap = '{'.charCodeAt(0);
const quoteOne = "'".charCodeAt(0);
const quoteTwo = '"'.charCodeAt(0);
const tagMark = '!'.charCodeAt(0);
const anchorMark = '&'.charCodeAt(0);
