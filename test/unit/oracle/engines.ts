import { type ContainerFacts, isFailure } from '#base';
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
  {
    // as large policies are compiled: groups instead of selectors, and several automata
    name: 'coarse tables',
    judge: (policies, facts, event) => decide(coarseTableOf(policies, facts), event),
    cannot: (event) => (event.kind === 'directory' ? 'it may take directories for moved that are not' : null),
  },
  { name: 'explain', judge: explain },
];

const small = { fineTokensMax: 0, statesPerToken: 0, statesPerTokenWhole: 0, statesAlways: 30, excludedApart: 0 };

function coarseTableOf(policies: readonly Policy[], facts: ContainerFacts): Uint8Array {
  if (lastCoarse?.policies !== policies || lastCoarse.facts !== facts) {
    lastCoarse = { policies, facts, table: makeCoarse(policies, facts) };
  }
  return lastCoarse.table;
}

let lastCoarse: { policies: readonly Policy[]; facts: ContainerFacts; table: Uint8Array } | undefined;

function makeCoarse(policies: readonly Policy[], facts: ContainerFacts): Uint8Array {
  try {
    const { table } = compile(policies, facts, small);
    coarseTables.automata = Math.max(coarseTables.automata, table[20]!);
    coarseTables.coarse += table[12]! >> 1 & 1;
    return table;
  } catch (error) {
    if (isFailure(error) && error.code === 'limit') return tableOf(policies, facts);
    throw error;
  }
}

/** What came up, so that a test can tell whether it tested anything. */
export const coarseTables = { automata: 0, coarse: 0 };

let last: { policies: readonly Policy[]; facts: ContainerFacts; table: Uint8Array } | undefined;

/** The table of policies and facts; those of the event before are often the same. */
export function tableOf(policies: readonly Policy[], facts: ContainerFacts): Uint8Array {
  if (last?.policies !== policies || last.facts !== facts) last = { policies, facts, table: compile(policies, facts).table };
  return last.table;
}
