import { basename } from 'node:path';
import type { SimulatedGroup, SimulatedOutcome, SimulationSummary } from '#compiler';
import type { Paint } from '#policy';

/** What was read, beside what came of it. */
export interface Reading {
  readonly documents: number;
  readonly events: number;
  readonly duplicates: number;
  /** By reason: what could not be judged. */
  readonly unusable: ReadonlyMap<string, { readonly count: number; readonly place: string }>;
  /** By what documents lack. */
  readonly undecided: ReadonlyMap<string, number>;
}

const groupsShown = 30;

const headings: Readonly<Record<Exclude<SimulatedOutcome, 'nothing'>, string>> = {
  block: 'would have been blocked',
  wouldBlock: 'would have been blocked in mode enforce (now: let through)',
  alert: 'would have been alerted, and let through',
  log: 'would have been logged, and let through',
  undecided: 'cannot be told: the documents do not say enough',
};

export function renderSimulation(summary: SimulationSummary, reading: Reading, source: string, paint: Paint): string {
  const { outcomes, groups, newlyAllowed, newlyBlocked } = summary;
  const lines = [paint('place', `${plural(reading.events, 'operation')} in ${source}${readingText(reading)}`)];
  for (const name of ['block', 'wouldBlock', 'alert', 'log', 'undecided'] as const) {
    if (outcomes[name] > 0) lines.push(`  ${String(outcomes[name]).padStart(8)}  ${headings[name]}`);
  }
  lines.push(`  ${String(outcomes.nothing).padStart(8)}  would have been let through, nothing recorded`);
  if (newlyBlocked > 0 && newlyBlocked < outcomes.block) lines.push(`            of those blocked, ${plural(newlyBlocked, 'was', 'were')} let through when recorded`);
  if (newlyAllowed > 0) lines.push(paint('warning', `            ${plural(newlyAllowed, 'was', 'were')} blocked when recorded, and would now be let through`));
  let outcome: SimulatedOutcome | null = null;
  for (const group of groups.slice(0, groupsShown)) {
    if (group.outcome !== outcome) lines.push('', paint(group.outcome === 'block' ? 'error' : 'place', headings[group.outcome as keyof typeof headings]));
    outcome = group.outcome;
    lines.push(...groupLines(group));
  }
  if (groups.length > groupsShown) lines.push('', `and ${groups.length - groupsShown} more groups; \`--json\` has all`);
  lines.push(...remarks(reading, paint), '');
  return lines.join('\n');
}

function groupLines({ count, containers, workload, kinds, first, last }: SimulatedGroup): readonly string[] {
  const lines = [`  ${plural(count, 'operation')} in ${plural(containers, 'container')} of ${workload}  (${when(first, last)})`];
  for (const { operations, count: own, paths, hasMorePaths, responses } of kinds) {
    const isOne = paths.length === 1 && !hasMorePaths;
    const examples = paths.map((one) => (isOne ? printable(one.path) : `${printable(one.path)} (${one.count})`)).join(', ');
    const by = responses.map(({ file, line, selectors }) => `${basename(file)}:${line} ${selectors.map((name) => `\`${name}\``).join(', ')}`).join('; ');
    lines.push(`    ${String(own).padStart(6)}  ${operations.join(', ')}: ${examples}${hasMorePaths ? ', …' : ''}`);
    if (by !== '') lines.push(`            by ${by}`);
  }
  return lines;
}

function when(first: string, last: string): string {
  const short = (time: string): string => time.replace(/\.\d+Z$/, 'Z');
  return short(first) === short(last) ? short(first) : `${short(first)} to ${short(last)}`;
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) => `\\x${one.codePointAt(0)!.toString(16).padStart(2, '0')}`);
}

function readingText({ documents, events, duplicates }: Reading): string {
  const parts = [
    ...(documents !== events ? [plural(documents, 'document')] : []),
    ...(duplicates > 0 ? [`${plural(duplicates, 'document')} of an operation that another one has told of`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function remarks({ unusable, undecided }: Reading, paint: Paint): readonly string[] {
  const lines: string[] = [];
  if (undecided.size > 0) {
    const reasons = [...undecided].map(([what, count]) => `${what} (${count})`).join(', ');
    lines.push('', `${paint('warning', 'undecided:')} not told by the documents: ${reasons}`);
  }
  for (const [why, { count, place }] of unusable) {
    lines.push('', `${paint('warning', 'not judged:')} ${count === 1 ? `${place} ${why}` : `${count} that the first of, ${place}, ${why}`}`);
  }
  lines.push('', `${paint('help', 'note:')} a recording holds what the policies of its time recorded: of other operations this says nothing`);
  return lines;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
