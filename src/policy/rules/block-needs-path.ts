import { anyOf, quote } from '../finding.ts';
import type { OperationName } from '../model.ts';
import { blockPlace, blockingOf, operationsIn } from './rule.ts';
import type { Rule } from './rule.ts';

export const anyFileOperations: readonly OperationName[] = [
  'createFile',
  'modifyFile',
  'deleteFile',
];

/** A block over files of any kind needs a path: on every selector that is about them, or on an exclusion. */
export const blockNeedsPath: Rule = (draft, report) => {
  for (const { response, match, exclude } of blockingOf(draft)) {
    if (exclude.some((selector) => selector.written.has('targetFilePath'))) continue;
    for (const selector of match) {
      const operations = operationsIn(selector, anyFileOperations);
      if (operations.length === 0 || selector.written.has('targetFilePath')) continue;
      const words = { operations: anyOf(operations, 'and'), name: quote(selector.selector.name) };
      report('P4004', blockPlace(response), words, [
        { message: 'the selector is here', span: selector.place },
      ]);
    }
  }
};
