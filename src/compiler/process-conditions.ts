import type { Pattern, Selector, Token } from '#policy';
import { DOUBLE_STAR, STAR } from '#policy';

const slash = 47;

/** What of a process an atom speaks of. */
export type ProcessAtom =
  | { readonly kind: 'executable'; readonly patterns: readonly (readonly Token[])[]; readonly key: string }
  | { readonly kind: 'leader'; readonly patterns: readonly (readonly Token[])[]; readonly key: string }
  | { readonly kind: 'user'; readonly users: readonly number[]; readonly key: string }
  | { readonly kind: 'interactive'; readonly value: boolean; readonly key: string };

/** All atoms must hold. */
export interface ProcessCondition {
  readonly atoms: readonly ProcessAtom[];
  readonly key: string;
}

/** The conditions of a selector on the acting process, `null` if it has none. */
export function processConditionOf(selector: Selector): ProcessCondition | null {
  const atoms: ProcessAtom[] = [];
  for (const condition of selector.conditions) {
    if (condition.kind === 'user') {
      const users = [...new Set(condition.values.map(({ value }) => value))].sort((a, b) => a - b);
      atoms.push({ kind: 'user', users, key: `user ${users.join(',')}` });
    } else if (condition.kind === 'interactive') {
      atoms.push({ kind: 'interactive', value: condition.value, key: `interactive ${condition.value}` });
    } else if (condition.kind === 'dynamic' && condition.name !== 'targetFilePath') {
      atoms.push(textAtom(condition.name, condition.values));
    }
  }
  if (atoms.length === 0) return null;
  return { atoms, key: atoms.map(({ key }) => key).sort().join(';') };
}

function textAtom(
  name: 'processExecutable' | 'processName' | 'sessionLeaderName', values: readonly Pattern[],
): ProcessAtom {
  const texts = values.map(({ tokens }) => tokens);
  const patterns = name === 'processName' ? texts.filter((tokens) => !tokens.includes(slash)).map(onPath) : texts;
  const kind = name === 'sessionLeaderName' ? 'leader' : 'executable';
  const key = [...new Set(patterns.map((tokens) => tokens.join(',')))].sort().join(' ');
  return { kind, patterns, key: `${kind} ${key}` };
}

/** A pattern on a basename as one on the path: it has no slash, and stands behind the last one. */
function onPath(tokens: readonly Token[]): readonly Token[] {
  return [DOUBLE_STAR, slash, ...tokens.map((token) => (token === DOUBLE_STAR ? STAR : token))];
}
