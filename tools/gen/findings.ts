import { catalogue, codes, parsePolicy, renderText } from '#policy';
import type { Code } from '#policy';

export const findingsFolder = 'docs/findings';

/** A page for each finding, and one that lists them; by path. */
export function generateFindings(): ReadonlyMap<string, string> {
  const pages = codes.map((code) => [`${findingsFolder}/${code}.md`, page(code)] as const);
  return new Map([...pages, [`${findingsFolder}/README.md`, list()]]);
}

const note = '<!-- made by `npm run gen` from src/policy/catalogue; do not edit -->';

const groups: readonly (readonly [string, string])[] = [
  ['P1', 'The file and its YAML'],
  ['P2', 'Keys and values'],
  ['P3', 'Patterns'],
  ['P4', 'Meaning'],
  ['P5', 'Limits of the compiler'],
  ['P6', 'Warnings: allowed, and probably not what was meant'],
];

function list(): string {
  const parts = groups.map(([prefix, title]) => {
    const rows = codes
      .filter((code) => code.startsWith(prefix))
      .map((code) => `| [${code}](${code}.md) | ${catalogue[code].title} |`);
    return `## ${title}\n\n| code | about |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  return `${note}\n\n# Findings\n\nWhat \`d4c policy check\` can say of a policy.\n\n${parts.join('\n')}`;
}

function page(code: Code): string {
  const { title, severity, why, bad, good } = catalogue[code];
  const shown = typeof bad === 'string' ? bad : `${bad.shown}\n`;
  const parts = [
    note,
    `# ${code}: ${title}`,
    severity === 'error'
      ? 'An error: the policy is not put in force.'
      : 'A warning: the policy is put in force; with `--strict` the check fails.',
    why,
    '## With this finding',
    fenced('yaml', shown),
    ...(typeof bad === 'string' ? [fenced('text', said(code, bad))] : []),
    '## Without',
    fenced('yaml', good),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What the check says of the bad example. */
function said(code: Code, text: string): string {
  const checked = parsePolicy('policy.yaml', text);
  const findings = checked.findings.filter((finding) => finding.code === code);
  return renderText({ file: 'policy.yaml', text: checked.text, findings });
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\n+$/, '')}\n\`\`\``;
}
