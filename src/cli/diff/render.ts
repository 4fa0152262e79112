import { basename } from 'node:path';
import {
  type ContainerKind, diffCategories, type DiffCategory, explain, type Explanation, type MeaningChange, type MeaningDiff, type ProcessPair,
  type Verdict,
} from '#compiler';
import type { Paint, Policy } from '#policy';
import { knownText, mountsText, pathText } from './words.ts';

export interface Compared {
  readonly name: string;
  readonly policies: readonly Policy[];
}

/** Changes past this are counted: a person reads no more. */
const shownMax = 40;
const kindsShown = 3;

const headings: Readonly<Record<DiffCategory, string>> = {
  allowed: 'NOW ALLOWED, was blocked',
  blocked: 'now blocked, was allowed',
  quieter: 'alerted or recorded no more',
  wouldBlock: 'blocks that mode monitor holds back',
  louder: 'newly alerted or recorded',
  moved: 'directories whose two names are now guarded alike, and may be moved',
  other: 'other changes',
};

export function renderDiff(diff: MeaningDiff, before: Compared, after: Compared, paint: Paint): string {
  const late = diff.changes.filter(isLate);
  const known = diff.changes.filter((change) => !isLate(change));
  const lines = [summary(diff, known.length, before, after, paint)];
  let left = shownMax;
  const add = (heading: string, changes: readonly MeaningChange[]): void => {
    if (changes.length === 0 || left <= 0) return;
    const ordered = [...changes].sort((a, b) => Number(isDirectory(a)) - Number(isDirectory(b)));
    lines.push('', heading, ...ordered.slice(0, left).flatMap((change) => changeLines(change, before, after, paint)));
    left -= changes.length;
  };
  for (const category of diffCategories) {
    add(paint(category === 'allowed' ? 'error' : 'place', headings[category]), known.filter((change) => change.category === category));
  }
  add(paint('place', 'only until a container is known'), late.filter(({ category }) => category !== 'other'));
  const open = late.filter(({ category }) => category === 'other').length;
  // it says nothing that is not said of containers that are known
  if (open > 0) lines.push('', `until a container is known, ${open === 1 ? 'one thing more is' : `${open} things more are`} left undecided in another way; \`--json\` has ${open === 1 ? 'it' : 'them'}`);
  if (left < 0) lines.push('', `and ${-left} more changes; \`--json\` has all`);
  for (const gap of diff.gaps) lines.push('', `${paint('warning', 'not proved:')} ${gap}`);
  return `${lines.join('\n')}\n`;
}

function isLate({ containers }: MeaningChange): boolean {
  return containers !== null && containers.every(isUnknown);
}

function isUnknown({ facts }: ContainerKind): boolean {
  return Object.values(facts).every((fact) => fact === undefined);
}

function summary({ changes, kinds, gaps }: MeaningDiff, known: number, before: Compared, after: Compared, paint: Paint): string {
  const what = `${before.name} → ${after.name}`;
  const compared = kinds === 1 ? 'every container is the same to both' : `${kinds} kinds of containers compared`;
  if (changes.length > 0) return paint('place', `${what}: ${known} ${known === 1 ? 'change' : 'changes'} in meaning${known === 0 ? ' once a container is known' : ''} (${compared})`);
  return gaps.length === 0
    ? `${what}: no change in meaning (proved: ${compared})`
    : `${what}: no change in meaning was found, which is no proof (${compared})`;
}

function isDirectory({ operations }: MeaningChange): boolean {
  return operations.includes('renameDirectory');
}

function changeLines(change: MeaningChange, before: Compared, after: Compared, paint: Paint): readonly string[] {
  const { example, containers, processes, mounts } = change;
  const [first, ...others] = example.paths;
  const isPathless = example.case === 'none' && change.operations.every((name) => ['execMemFd', 'fork', 'exec'].includes(name));
  const head = isDirectory(change)
    ? `a directory renamed  ${knownText(first!)} → ${knownText(others[0]!)}`
    : `${change.operations.join(', ')}${isPathless ? '' : `  ${knownText(first!)}`}`;
  const lines = [`  ${paint('place', head)}`];
  const add = (label: string, text: string): void => void lines.push(`    ${label.padEnd(6)}${text}`);
  if (!isDirectory(change) && others.length > 0) add('also', others.map(knownText).join(', '));
  if (example.case === 'twoPaths') add('note', 'a file that has both paths: by the mounts used, and from the root of the container');
  if (containers !== null && !isLate(change)) add('in', containerText(containers));
  const at = mountsText(mounts);
  if (at !== null && !isPathless) add('at', at);
  if (processes !== null) add('by', processesText(processes));
  const width = Math.max(verdictText(change.before).length, verdictText(change.after).length);
  add('was', outcomeText(change, 0, before.policies, width));
  add('now', outcomeText(change, 1, after.policies, width));
  return lines;
}

/** `at`: before or after. */
function outcomeText(change: MeaningChange, at: 0 | 1, policies: readonly Policy[], width: number): string {
  const verdict = at === 0 ? change.before : change.after;
  const { container, event } = change.where;
  const isNothing = verdict.actions.length === 0 && verdict.decided;
  const isSame = change.example.sameBelow?.[at] === true;
  const none = isSame ? 'the same selectors match below both names' : isDirectory(change) ? 'no selector matches below' : 'no selector matches';
  const why = reason(explain(policies, container.facts, event), verdict);
  const text = why === '' && isNothing ? none : why;
  return text === '' ? verdictText(verdict) : `${verdictText(verdict).padEnd(width)}  ${text}`;
}

function verdictText({ actions, decided }: Verdict): string {
  const words = actions.map((action) => (action === 'wouldBlock' ? 'would block' : action));
  const text = words.length === 0 ? (decided ? 'nothing' : 'nothing yet') : words.join(', ');
  return decided ? text : `${text} (undecided)`;
}

/** The responses behind an outcome; if there are none, what keeps those that are nearest from applying. */
function reason({ responses, selectors }: Explanation, { actions, decided }: Verdict): string {
  const holding = (names: readonly string[], file: string, section: string) =>
    selectors.filter((one) => one.file === file && one.section === section && names.includes(one.name) && one.holds !== false);
  const parts: string[] = [];
  const isNothing = actions.length === 0 && decided;
  for (const { file, line, section, applies, match, exclude } of responses) {
    const matched = holding(match, file, section).map(({ name }) => `\`${name}\``);
    const freed = holding(exclude, file, section).map(({ name }) => `\`${name}\``);
    if (applies !== false) parts.push(`${basename(file)}:${line}, selector ${matched.join(', ')}${applies === true ? '' : ' (undecided)'}`);
    else if (isNothing && matched.length > 0 && freed.length > 0) parts.push(`${basename(file)}:${line} excludes it by ${freed.join(', ')}`);
  }
  return parts.slice(0, 3).join('; ') + (parts.length > 3 ? `; ${parts.length - 3} more` : '');
}

function containerText(containers: readonly ContainerKind[]): string {
  const texts = containers.map((kind) => (isUnknown(kind) ? 'containers not yet known' : kind.words.length === 0 ? 'all other containers' : `containers with ${kind.words.join(', ')}`));
  const more = texts.length > kindsShown ? `; and ${texts.length - kindsShown} more kinds` : '';
  return texts.slice(0, kindsShown).map((text, i) => (i === 0 ? text : text.replace(/^containers /, ''))).join('; ') + more;
}

function processesText(processes: readonly ProcessPair[]): string {
  const texts = processes.slice(0, kindsShown).map(({ example, telling }) => {
    const facts = telling.map((fact) => {
      if (fact === 'executable') return example.executable.kind === 'paths' ? example.executable.paths.map(pathText).join(' = ') : `an executable ${example.executable.kind === 'none' ? 'without a path' : 'of which the path is not known'}`;
      if (fact === 'userId') return `user ${example.userId}`;
      if (fact === 'interactive') return 'with a terminal';
      return `in a session of ${pathText(example.sessionLeader)}`;
    });
    return facts.length === 0 ? 'processes that no selector names' : facts.join(', ');
  });
  return texts.join('; ') + (processes.length > kindsShown ? `; and ${processes.length - kindsShown} more kinds of processes` : '');
}
