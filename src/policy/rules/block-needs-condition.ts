import { anyOf, quote } from '../finding.ts';
import { processOperations } from '../vocabulary.ts';
import { blockPlace, blockingOf, operationsIn } from './rule.ts';
import type { Rule } from './rule.ts';

/** A block over processes needs more than the operation, or nothing could run on the node. */
export const blockNeedsCondition: Rule = (draft, report) => {
  for (const { response, match } of blockingOf(draft)) {
    for (const selector of match) {
      const operations = operationsIn(selector, processOperations);
      if (operations.length === 0 || selector.written.size > 0) continue;
      const words = { operations: anyOf(operations, 'and'), name: quote(selector.selector.name) };
      report('P4005', blockPlace(response), words, [
        { message: 'the selector is here', span: selector.place },
      ]);
    }
  }
};
