import type { Draft } from '../draft.ts';
import type { Report } from '../report.ts';
import { blockNeedsAlert } from './block-needs-alert.ts';
import { blockNeedsCondition } from './block-needs-condition.ts';
import { blockNeedsPath } from './block-needs-path.ts';
import { repeated } from './repeated.ts';
import type { Rule } from './rule.ts';
import { undefinedSelector } from './undefined-selector.ts';
import { unusedSelector } from './unused-selector.ts';

/** All that is looked for in a policy as a whole; one rule, one file. */
const rules: readonly Rule[] = [
  undefinedSelector,
  blockNeedsAlert,
  blockNeedsPath,
  blockNeedsCondition,
  unusedSelector,
  repeated,
];

export function checkDraft(draft: Draft, report: Report): void {
  for (const rule of rules) rule(draft, report);
}
