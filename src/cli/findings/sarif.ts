import { catalogue, codes, locate } from '#policy';
import type { CheckedFile, Code, LineSpan } from '#policy';

/** All findings as one log in SARIF 2.1.0, the form that code scanning services take. */
export function renderSarif(files: readonly CheckedFile[], version: string): string {
  const used = codes.filter((code) =>
    files.some(({ findings }) => findings.some((finding) => finding.code === code)),
  );
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'd4c', version, rules: used.map(ruleOf) } },
        columnKind: 'unicodeCodePoints',
        artifacts: files.map(({ file }) => ({ location: { uri: uriOf(file) } })),
        results: files.flatMap((checked) => resultsOf(checked, used)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(code: Code): object {
  const { title, why, severity } = catalogue[code];
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: why },
    defaultConfiguration: { level: severity },
  };
}

function resultsOf(checked: CheckedFile, used: readonly Code[]): object[] {
  const place = (span: LineSpan): object => ({
    artifactLocation: { uri: uriOf(checked.file) },
    region: {
      startLine: span.line,
      startColumn: span.column,
      endLine: span.endLine,
      endColumn: span.endColumn,
    },
  });
  return locate(checked).map(({ code, severity, message, help, span, related }) => ({
    ruleId: code,
    ruleIndex: used.indexOf(code as Code),
    level: severity,
    message: { text: help === '' ? message : `${message}; ${help}` },
    locations: [{ physicalLocation: place(span) }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((one, id) => ({
            id,
            message: { text: one.message },
            physicalLocation: place(one.span),
          })),
        }),
  }));
}

/** A path as a relative reference: each component escaped, its slashes kept. */
function uriOf(file: string): string {
  const escaped = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${escaped}` : escaped;
}
