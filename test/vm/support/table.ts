/** The table of cases: verdict, documents, and the verdict with enforcement off. */
import type { Case } from './case-file.ts';
import { complaints, summary } from './compare.ts';
import type { CaseResult, Observation } from './compare.ts';

export function tableOf(kernel: string, cases: readonly Case[], results: readonly CaseResult[]): string {
  const rows = results.map((result) => row(cases, result));
  const head = ['', `case on ${kernel}`, 'verdict', 'off', 'documents', 'ms'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd();
  const good = rows.filter(([mark]) => mark === '✓').length;
  return `\n${[head, ...rows].map(line).join('\n')}\n\n${good} of ${cases.length} cases hold on ${kernel}\n`;
}

function row(cases: readonly Case[], result: CaseResult): string[] {
  const wanted = cases.find(({ name }) => name === result.name);
  const good = wanted !== undefined && complaints(wanted, result).length === 0;
  return [
    good ? '✓' : '✗', result.name, verdict(result.on), offVerdict(result.off), documents(result.on), String(result.ms),
  ];
}

function verdict(run: Observation): string {
  if (run.done === null) return 'broken';
  return run.done ? 'done' : 'denied';
}

function offVerdict(off: CaseResult['off']): string {
  if (off === null) return '';
  return off === 'left out' ? off : verdict(off);
}

function documents(run: Observation): string {
  if (run.documents.length === 0) return '-';
  const shown = run.documents.slice(0, 3).map(summary).map(({ operations, path, denied, status }) =>
    `${(operations as string[]).join('+')} ${JSON.stringify(path ?? status ?? '-')}${denied === true ? ' denied' : ''}`);
  return JSON.stringify(shown.join('; ')).slice(1, -1).slice(0, 110) + (run.documents.length > 3 ? ` and ${run.documents.length - 3} more` : '');
}
