/** Quotation marks that word processors and web pages put in place of `'` and `"`; to YAML they are letters. */
const marks = '‘’‚‛“”„‟‹›«»′″´';
const around = new RegExp(`^[${marks}]|[${marks}]$`, 'u');
const pair = new RegExp(`^[${marks}].*[${marks}]$|^[${marks}]`, 'su');
const edge = new RegExp(`^[${marks}]+|[${marks}]+$`, 'gu');

/** A mark at one end of the text. */
export function hasQuoteAtEnd(text: string): boolean {
  return around.test(text);
}

/** A text that begins with such a mark: nobody means a path like that. */
export function isQuoted(text: string): boolean {
  return pair.test(text);
}

export function withoutQuotes(text: string): string {
  return text.replace(edge, '');
}
