import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { catalogue, codes, makeFinding, parsePolicy, renderText } from '#policy';
import { renderGithub } from '../../../src/cli/findings/github.ts';
import { limitFindings } from '../../../src/cli/findings/limits.ts';
import { renderLine } from '../../../src/cli/findings/line.ts';
import { renderSarif } from '../../../src/cli/findings/sarif.ts';

const files = codes.flatMap((code) => {
  const { bad } = catalogue[code];
  return typeof bad === 'string'
    ? [{ file: `policies/${code}, 100%:x.yaml`, ...parsePolicy(code, bad) }]
    : [];
});

/** What consumers of SARIF 2.1.0 rely on, from the standard's sections 3.13 to 3.30. */
const sarifShape = {
  type: 'object',
  required: ['version', 'runs', '$schema'],
  properties: {
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['tool', 'results', 'columnKind'],
        properties: {
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          tool: {
            required: ['driver'],
            properties: {
              driver: {
                required: ['name', 'version', 'rules'],
                properties: {
                  rules: {
                    type: 'array',
                    items: { required: ['id', 'shortDescription', 'defaultConfiguration'] },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['ruleId', 'ruleIndex', 'level', 'message', 'locations'],
              properties: {
                level: { enum: ['error', 'warning', 'note', 'none'] },
                message: {
                  required: ['text'],
                  properties: { text: { type: 'string', minLength: 1 } },
                },
                locations: {
                  type: 'array',
                  minItems: 1,
                  items: { $ref: '#/definitions/location' },
                },
                relatedLocations: { type: 'array', items: { $ref: '#/definitions/location' } },
              },
            },
          },
        },
      },
    },
  },
  definitions: {
    location: {
      required: ['physicalLocation'],
      properties: {
        physicalLocation: {
          required: ['artifactLocation', 'region'],
          properties: {
            artifactLocation: {
              required: ['uri'],
              properties: { uri: { type: 'string', pattern: "^[A-Za-z0-9._~:/%()'!*-]+$" } },
            },
            region: {
              required: ['startLine', 'startColumn'],
              additionalProperties: false,
              properties: Object.fromEntries(
                ['startLine', 'startColumn', 'endLine', 'endColumn'].map((key) => [
                  key,
                  { type: 'integer', minimum: 1 },
                ]),
              ),
            },
          },
        },
      },
    },
  },
};

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { driver: { rules: { id: string }[] } };
      readonly results: { ruleId: string; ruleIndex: number }[];
    },
  ];
}

test('SARIF has the shape of the standard, and every finding', () => {
  const log = JSON.parse(renderSarif(files, '1.2.3')) as Sarif;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(sarifShape);
  assert.ok(validate(log), JSON.stringify(validate.errors));
  const [{ tool, results }] = log.runs;
  assert.equal(results.length, files.flatMap(({ findings }) => findings).length);
  for (const { ruleId, ruleIndex } of results)
    assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
});

test('workflow commands of GitHub are escaped, one line each', () => {
  const lines = files.flatMap((file) => renderGithub(file).trimEnd().split('\n'));
  assert.equal(lines.length, files.flatMap(({ findings }) => findings).length);
  for (const line of lines) {
    assert.match(
      line,
      /^::(?:error|warning) file=policies\/P\d{4}%2C 100%25%3Ax\.yaml,line=\d+,endLine=\d+(?:,col=\d+,endColumn=\d+)?,title=P\d{4}::[a-z`]/,
    );
    assert.match(line, /%0A/);
  }
});

test('one line for each finding', () => {
  const text = files.map(renderLine).join('');
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^policies\/.*:\d+:\d+: (?:error|warning) P\d{4}: .+; .+$/);
});

test('nothing of a file can steer a terminal, and the marker stands below what it marks', () => {
  const text = 'selectors:\n  - name: "\u001b[31m漢字"\n    operation: [“漢字”, \u001b]\n';
  const { findings } = parsePolicy('x', text);
  const rendered = renderText({ file: '\u001b]0;x\u0007', text, findings });
  assert.doesNotMatch(rendered, /(?!\n)\p{Cc}/u);
  const lines = rendered.split('\n');
  const marked = lines.findIndex((line) => line.includes('“漢字”') && line.includes('    3 |'));
  assert.equal(lines[marked + 1], '      |                 ^^^^^^');
});

test('a policy that the compiler refuses has a finding at the selectors that cost most', () => {
  const { bad, good } = catalogue.P5001;
  assert.ok(typeof bad !== 'string');
  const made = bad.make() as string;
  const text = made
    .replace('selectors:\n', 'selectors:\n  - name: cheap\n    operation: execMemFd\n')
    .replace('[example]', '[cheap, example]');
  const { policy } = parsePolicy('x', text);
  const [finding] = limitFindings(policy!);
  assert.equal(finding?.code, 'P5001');
  assert.equal(text.slice(finding.span.start, finding.span.end), 'example');
  assert.match(finding.help, /\S/);
  assert.deepEqual(limitFindings(parsePolicy('x', good).policy!), []);
});

test('findings are data: making one with a word left out is a defect', () => {
  assert.throws(() => makeFinding('P2005', { start: 0, end: 0 }), /the word key/);
});
