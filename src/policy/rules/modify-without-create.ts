import { quote } from '../finding.ts';
import { blockingOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** Changes blocked and creation let through: a program beside the old one is a way round. */
export const modifyWithoutCreate: Rule = (draft, report) => {
  const blocked = blockingOf(draft).flatMap(({ match }) => match);
  if (
    blocked.some(
      ({ selector, whole }) => !whole || selector.operations.includes('createExecutable'),
    )
  )
    return;
  for (const selector of new Set(blocked)) {
    if (!selector.selector.operations.includes('modifyExecutable')) continue;
    const place =
      selector.operations?.find(({ value }) => value === 'modifyExecutable')?.span ??
      selector.place;
    report('P6011', place, { name: quote(selector.selector.name) });
  }
};
