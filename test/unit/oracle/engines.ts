import type { ContainerFacts } from '#base';
import { compile, decide, explain, type Verdict } from '#compiler';
import { judge } from '#oracle';
import type { Policy, PolicyEvent } from '#policy';

/** Whatever says what policies decide. A new engine is one more entry. */
export interface Engine {
  readonly name: string;
  judge(policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent): Verdict;
  /** What it cannot judge yet, as a reason; `null`: nothing. */
  cannot?(event: PolicyEvent): string | null;
}

export const engines: readonly Engine[] = [
  { name: 'oracle', judge },
  { name: 'tables', judge: (policies, facts, event) => decide(tableOf(policies, facts), event) },
  { name: 'explain', judge: explain },
];

let last: { policies: readonly Policy[]; facts: ContainerFacts; table: Uint8Array } | undefined;

/** The table of policies and facts; those of the event before are often the same. */
export function tableOf(policies: readonly Policy[], facts: ContainerFacts): Uint8Array {
  if (last?.policies !== policies || last.facts !== facts) last = { policies, facts, table: compile(policies, facts).table };
  return last.table;
}
