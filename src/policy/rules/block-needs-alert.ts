import { blockPlace, blockingOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** `block` requires `alert`. */
export const blockNeedsAlert: Rule = (draft, report) => {
  for (const { response } of blockingOf(draft)) {
    if (response.whole && !response.response.actions.includes('alert'))
      report('P4003', blockPlace(response));
  }
};
