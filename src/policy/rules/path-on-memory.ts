import { quote } from '../finding.ts';
import { allSelectors } from './rule.ts';
import type { Rule } from './rule.ts';

/** What is executed from memory has no path. */
export const pathOnMemory: Rule = (draft, report) => {
  for (const { selector, written, whole } of allSelectors(draft)) {
    const path = written.get('targetFilePath');
    if (
      path === undefined ||
      !whole ||
      selector.operations.some((operation) => operation !== 'execMemFd')
    )
      continue;
    report('P6006', path.place, { name: quote(selector.name) });
  }
};
