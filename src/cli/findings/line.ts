import { locate } from '#policy';
import type { CheckedFile } from '#policy';

/** One line for each finding, for editors and `grep`. */
export function renderLine(checked: CheckedFile): string {
  return locate(checked)
    .map(({ severity, code, message, help, span }) => {
      const what = help === '' ? message : `${message}; ${help}`;
      return `${checked.file}:${span.line}:${span.column}: ${severity} ${code}: ${what}\n`;
    })
    .join('');
}
