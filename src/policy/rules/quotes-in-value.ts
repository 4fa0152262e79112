import { quote } from '../finding.ts';
import { hasQuoteAtEnd, withoutQuotes } from '../patterns/quotes.ts';
import { allSelectors, keyOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { valuesOf } from './values.ts';
import type { Value } from './values.ts';

/** Whether a value, or one half of a label, begins or ends with a typographic quote. */
export function isTypographic({ text, label, pattern }: Value): boolean {
  return (
    hasQuoteAtEnd(text) ||
    (label !== undefined && (hasQuoteAtEnd(label) || hasQuoteAtEnd(pattern?.text ?? '')))
  );
}

/** Typographic quotes where they are possible, and still were not meant. */
export const quotesInValue: Rule = (draft, report) => {
  for (const selector of allSelectors(draft)) {
    for (const condition of selector.selector.conditions) {
      for (const value of valuesOf(condition)) {
        if (!isTypographic(value)) continue;
        const bare =
          value.label === undefined
            ? withoutQuotes(value.text)
            : value.text.split(':').map(withoutQuotes).join(':');
        const advice = bare === '' ? 'write the text without them' : `write ${quote(`'${bare}'`)}`;
        report('P6007', value.span, {
          key: quote(keyOf(selector, condition.name)),
          value: quote(value.text),
          advice,
        });
      }
    }
  }
};
