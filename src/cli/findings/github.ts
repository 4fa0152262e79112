import { locate } from '#policy';
import type { CheckedFile } from '#policy';

/** Workflow commands of GitHub Actions, which show each finding at its line of a pull request. */
export function renderGithub(checked: CheckedFile): string {
  return locate(checked)
    .map(({ severity, code, message, help, span }) => {
      const properties = {
        file: checked.file,
        line: span.line,
        endLine: span.endLine,
        // Columns are only taken when the finding lies in one line.
        ...(span.line === span.endLine ? { col: span.column, endColumn: span.endColumn } : {}),
        title: code,
      };
      const list = Object.entries(properties).map(
        ([key, value]) => `${key}=${escapeProperty(String(value))}`,
      );
      return `::${severity} ${list.join(',')}::${escapeData(`${message}\n${help}`)}\n`;
    })
    .join('');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
