import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./RESULTS.md', import.meta.url));

export interface Row {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export function row(what: string, target: string, measured: string, isMet: boolean): Row {
  return { what, target, measured, isMet };
}

/** Rows against their targets, in Markdown. */
export function targetTable(rows: readonly Row[]): string {
  return table(['work', 'target', 'measured', ''], rows.map(({ what, target, measured, isMet }) => [what, target, measured, isMet ? 'met' : 'MISSED']));
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

/** Puts a section of RESULTS.md in place of the one of that title, or at the end. */
export function writeSection(title: string, text: string): void {
  const [intro, ...sections] = readFileSync(file, 'utf8').trimEnd().split(/\n\n(?=## )/);
  const made = `## ${title}\n\n${text.trimEnd()}`;
  const at = sections.findIndex((section) => section.startsWith(`## ${title}\n`));
  if (at < 0) sections.push(made);
  else sections[at] = made;
  writeFileSync(file, `${[intro, ...sections].join('\n\n')}\n`);
}
