import { anyOf } from '../finding.ts';
import { anyFileOperations } from './block-needs-path.ts';
import { blockPlace, blockingOf, operationsIn, pathsOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** A block over files of any kind whose every path, the excluded ones too, begins with a wildcard. */
export const blockAnywhere: Rule = (draft, report) => {
  for (const { response, match, exclude } of blockingOf(draft)) {
    const concerned = match.filter(
      (selector) => operationsIn(selector, anyFileOperations).length > 0,
    );
    const paths = [...concerned, ...exclude]
      .flatMap(pathsOf)
      .filter(({ key }) => key === 'targetFilePath');
    const texts = paths.flatMap(({ values }) => values.map(({ text }) => text));
    if (texts.length === 0 || !texts.every((text) => /^\/?\*/.test(text))) continue;
    const operations = new Set(
      concerned.flatMap((selector) => operationsIn(selector, anyFileOperations)),
    );
    if (operations.size > 0)
      report('P6013', blockPlace(response), { operations: anyOf([...operations], 'and') });
  }
};
