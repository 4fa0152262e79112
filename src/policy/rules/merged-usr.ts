import { quote } from '../finding.ts';
import { scan } from '../patterns/scan.ts';
import { allSelectors, isListed, pathsOf } from './rule.ts';
import type { Rule } from './rule.ts';

const linked = /^\/(?:bin|sbin|lib|lib64)(?=\/)/;

/** A path through a directory that most distributions have made a symbolic link into `/usr`. */
export const mergedUsr: Rule = (draft, report, budget) => {
  for (const selector of allSelectors(draft)) {
    for (const { key, values } of pathsOf(selector)) {
      const texts = new Set(values.map(({ text }) => text));
      for (const { text, span } of values) {
        const directory = linked.exec(text)?.[0];
        if (directory === undefined || texts.has(`/usr${text}`)) continue;
        const target = scan(`/usr${text}`, 'path');
        if (!target.ok || isListed(values, target.tokens, budget) !== false) continue;
        report('P6010', span, {
          value: quote(text),
          key: quote(key),
          directory: quote(directory),
          target: quote(`/usr${text}`),
        });
      }
    }
  }
};
