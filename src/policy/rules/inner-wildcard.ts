import { quote } from '../finding.ts';
import { scan } from '../patterns/scan.ts';
import { allSelectors, isListed, pathsOf } from './rule.ts';
import type { Rule } from './rule.ts';

const inner = /\/\*{2,}\/(?!$)/;

// `/a/**/b` is not `/a/b`, which is seldom known.
export const innerWildcard: Rule = (draft, report, budget) => {
  for (const selector of allSelectors(draft)) {
    for (const { key, values } of pathsOf(selector)) {
      for (const { text, span } of values) {
        if (!inner.test(text)) continue;
        const direct = text.replace(inner, '/');
        const scanned = scan(direct, 'path');
        if (!scanned.ok || isListed(values, scanned.tokens, budget) !== false) continue;
        report('P6009', span, { value: quote(text), key: quote(key), direct: quote(direct) });
      }
    }
  }
};
