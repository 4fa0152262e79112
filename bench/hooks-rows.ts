/** Rows of the hooks' benchmark against their targets. */
import { type Measured, operationNames } from './hooks-measured.ts';
import type { OperationName, Setting } from './hooks-measured.ts';
import { manyPatterns, workFolder } from './hooks-policies.ts';
import type { PolicyName } from './hooks-policies.ts';
import { type Row, row, table } from './results.ts';

export interface HookRow extends Row {
  /** Of empty programs on the same hooks. */
  readonly empty: string;
}

const many = manyPatterns.toLocaleString('en');

/** Operations against themselves without programs, under a policy, in a container. */
const ratios: readonly (readonly [what: string, operation: OperationName, under: PolicyName, target: number])[] = [
  ['open and close for reading', 'openRead', 'paths', 1.04],
  ['create, write, close, unlink of plain files; policy on executables only', 'makePlain', 'one', 1.05],
  ['the same and chmod 0755; that policy, 1 pattern', 'makeExecutable', 'one', 1.10],
  [`the same, ${many} patterns`, 'makeExecutable', 'many', 1.10],
  ['the same, every step judged by path', 'makeExecutable', 'paths', 1.20],
  ['open for writing and close, judged by path', 'openWrite', 'paths', 1.5],
  ['fork + exec + wait, `fork` and `exec` logged, `execDrift` judged', 'forkExecWait', 'processes', 1.03],
];
/** The same whatever the policy: the worst counts. */
const untouched: readonly (readonly [what: string, operation: OperationName])[] = [
  ['any other system call (`getppid`)', 'anyCall'],
  ['a write of one byte', 'writeByte'],
];
const untouchedTarget = 1;
const outsideTarget = 1.03;
const manyTarget = 1.3;
const verifiedTarget = 100_000;

export function rowsOf(measured: Measured): readonly HookRow[] {
  checkJudged(measured);
  return [
    ...ratios.map(([what, operation, under, target]) => ratioRow(measured, what, operation, under, target)),
    ...untouched.map(([what, operation]) => untouchedRow(measured, what, operation)),
    outsideRow(measured),
    manyRow(measured),
    verifiedRow(measured),
  ];
}

/** A figure of what was not judged would be another thing's. */
function checkJudged(measured: Measured): void {
  for (const under of ['one', 'many', 'paths'] as const) {
    const { times, judged, recorded } = settingOf(measured, under);
    const executables = times.makeExecutable + 2 * times.changeMode;
    // A file is made and deleted: its making is judged once, though two hooks see it.
    const steps = times.openWrite + 2 * (times.makePlain + times.makeExecutable);
    const expected = executables + (under === 'paths' ? steps : 0);
    if (judged < expected) throw new Error(`${under}: ${judged} operations were judged, not ${expected}`);
    if (recorded > 0) throw new Error(`${under}: ${recorded} operations were recorded, and none was to match`);
  }
}

export function hookTable(rows: readonly HookRow[]): string {
  const cells = rows.map(({ what, target, measured, empty, isMet }) => [what, target, measured, empty, isMet ? 'met' : 'MISSED']);
  return table(['÷ no program loaded', 'at most', 'measured', 'empty programs', ''], cells);
}

/** Targets have two decimals, and so have the ratios that are held against them. */
const holds = (ratio: number, target: number): boolean => Math.round(ratio * 100) <= Math.round(target * 100);

function settingOf({ settings }: Measured, name: string): Setting {
  const setting = settings.get(name);
  if (setting === undefined) throw new Error(`\`${name}\` was not measured`);
  return setting;
}

function ratioOf(measured: Measured, operation: OperationName, setting: string, place = 'container'): number {
  return settingOf(measured, setting).cost[operation] / settingOf(measured, `none-${place}`).cost[operation];
}

function ratioRow(measured: Measured, what: string, operation: OperationName, under: PolicyName, target: number): HookRow {
  const ratio = ratioOf(measured, operation, under);
  const lacking = under === 'processes' ? lackingRecords(settingOf(measured, under)) : '';
  const empty = ratioOf(measured, operation, 'empty-container').toFixed(3);
  return { ...row(what, target.toFixed(2), `${ratio.toFixed(3)}${lacking}`, holds(ratio, target) && lacking === ''), empty };
}

/** A fork and an execution each are to be recorded; a figure without that is another thing's. */
function lackingRecords({ times, recorded }: Setting): string {
  const expected = 2 * times.forkExecWait;
  return recorded >= expected ? '' : `, with ${recorded} of ${expected} records`;
}

function untouchedRow(measured: Measured, what: string, operation: OperationName): HookRow {
  const worst = Math.max(...containerSettings.map((setting) => ratioOf(measured, operation, setting)));
  const empty = ratioOf(measured, operation, 'empty-container').toFixed(3);
  return { ...row(what, untouchedTarget.toFixed(2), worst.toFixed(3), holds(worst, untouchedTarget)), empty };
}

const containerSettings: readonly PolicyName[] = ['one', 'many', 'paths', 'processes'];

function outsideRow(measured: Measured): HookRow {
  const worst = worstOf((operation) => ratioOf(measured, operation, 'product-host', 'host'));
  const empty = ratioOf(measured, worst.operation, 'empty-host', 'host').toFixed(3);
  const what = `the same outside containers, the worst of them (\`${worst.operation}\`)`;
  return { ...row(what, outsideTarget.toFixed(2), worst.ratio.toFixed(3), holds(worst.ratio, outsideTarget)), empty };
}

/** Of the operations that have a row of their own above. */
function worstOf(ratio: (operation: OperationName) => number): { readonly operation: OperationName; readonly ratio: number } {
  const names = operationNames.filter((name) => name !== 'changeMode');
  return names.map((operation) => ({ operation, ratio: ratio(operation) })).reduce((a, b) => (b.ratio > a.ratio ? b : a));
}

/** What the hook adds to being attached, under each of the two policies. */
function manyRow(measured: Measured): HookRow {
  const added = (under: PolicyName): number =>
    settingOf(measured, under).cost.changeMode - settingOf(measured, 'empty-container').cost.changeMode;
  const ratio = added('many') / added('one');
  return { ...row(`chmod's hook, ${many} patterns ÷ one that lives to the path's end`, manyTarget.toFixed(2), ratio.toFixed(3), holds(ratio, manyTarget)), empty: '' };
}

function verifiedRow({ verified }: Measured): HookRow {
  const [name, most] = Object.entries(verified).reduce((a, b) => (b[1] > a[1] ? b : a));
  const what = `verifier's instructions, worst program (\`${name}\`)`;
  return { ...row(what, verifiedTarget.toLocaleString('en'), most.toLocaleString('en'), most <= verifiedTarget), empty: '' };
}

/** What was measured, on what, and how far two measurements of the same are apart. */
export function notes(measured: Measured): string {
  const { release, attached } = measured;
  const apart = Math.max(...(['container', 'host'] as const).flatMap((place) =>
    operationNames.map((operation) => Math.abs(ratioOf(measured, operation, `again-${place}`, place) - 1))));
  return `Kernel ${release}, ${attached.length} programs attached. Instructions counted; a container on an overlay, files in \`${workFolder}\`; ` +
    `programs pinned, no agent. Without programs before and after differ by at most ${(apart * 100).toFixed(2)} %.`;
}

/** Instructions of each operation: without programs, and what is added by each setting. */
export function costTable(measured: Measured): string {
  const columns = ['empty-container', 'one', 'many', 'paths', 'processes'];
  const rows = operationNames.map((operation) => {
    const none = settingOf(measured, 'none-container').cost[operation];
    const added = columns.map((name) => signed(settingOf(measured, name).cost[operation] - none));
    const host = settingOf(measured, 'product-host').cost[operation] - settingOf(measured, 'none-host').cost[operation];
    return [operation, none.toFixed(0), ...added, signed(host)];
  });
  const judged = columns.map((name) => `${settingOf(measured, name).judged}`);
  const head = ['instructions', 'none', 'empty', 'one pattern', `${many} patterns`, 'every path', 'processes', 'outside'];
  return table(head, [...rows, ['judged in all', '0', ...judged, `${settingOf(measured, 'product-host').judged}`]]);
}

function signed(value: number): string {
  const whole = Math.round(value);
  return whole > 0 ? `+${whole}` : `${whole}`;
}
