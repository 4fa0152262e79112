import type { Draft } from '../draft.ts';
import { limits } from '../limits.ts';
import type { Report } from '../report.ts';
import { blockAnywhere } from './block-anywhere.ts';
import { blockNeedsAlert } from './block-needs-alert.ts';
import { blockNeedsCondition } from './block-needs-condition.ts';
import { blockNeedsPath } from './block-needs-path.ts';
import { commaInValue } from './comma-in-value.ts';
import { directoryPath } from './directory-path.ts';
import { driftMounts } from './drift-mounts.ts';
import { impossibleValue } from './impossible-value.ts';
import { innerWildcard } from './inner-wildcard.ts';
import { mergedUsr } from './merged-usr.ts';
import { modifyWithoutCreate } from './modify-without-create.ts';
import { needless } from './needless.ts';
import { neverApplies } from './never-applies.ts';
import { pathOnMemory } from './path-on-memory.ts';
import { quotesInValue } from './quotes-in-value.ts';
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
  pathOnMemory,
  quotesInValue,
  commaInValue,
  directoryPath,
  innerWildcard,
  mergedUsr,
  modifyWithoutCreate,
  driftMounts,
  blockAnywhere,
  impossibleValue,
  needless,
  neverApplies,
];

export function checkDraft(draft: Draft, report: Report): void {
  const budget = { steps: limits.comparisonStepsMax };
  for (const rule of rules) rule(draft, report, budget);
}
