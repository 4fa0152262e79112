import { quote } from '../finding.ts';
import { allSelectors, keyOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { kindOf } from '../patterns/selector-covers.ts';
import { valuesOf } from './values.ts';
import type { Value } from './values.ts';

/** A list without its brackets. A comma can stand in a file's name, so of a path only `, /` tells. */
export function isCommaList({ text }: Value, kind: 'path' | 'text'): boolean {
  return kind === 'path' ? /,\s*\//.test(text) : /,/.test(text);
}

export const commaInValue: Rule = (draft, report) => {
  for (const selector of allSelectors(draft)) {
    for (const condition of selector.selector.conditions) {
      for (const value of valuesOf(condition)) {
        if (!isCommaList(value, kindOf(condition.name))) continue;
        const list = `[${value.text
          .split(',')
          .map((part) => part.trim())
          .join(', ')}]`;
        report('P6014', value.span, {
          key: quote(keyOf(selector, condition.name)),
          value: quote(value.text),
          list: quote(list),
        });
      }
    }
  }
};
