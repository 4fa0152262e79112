import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { catalogue, codes, parsePolicy } from '#policy';
import { caseSets, inputsOf } from '../../../tools/bless.ts';
import { generateSchema, schemaFile } from '../../../tools/gen/schema.ts';

const root = new URL('../../..', import.meta.url).pathname;
const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(generateSchema()) as object,
);

/** What a JSON Schema cannot say: what YAML itself forbids, and what one part says of another. */
const beyond = /^P1|^P2011|^P400[1245]|^P5/;

/** As an editor sees a file: types resolved, aliases and merge keys followed; `undefined` if it is no YAML. */
function asEditor(text: string): unknown {
  try {
    return parse(text, { merge: true, uniqueKeys: false, logLevel: 'silent' });
  } catch {
    return undefined;
  }
}

function check(name: string, text: string): void {
  const { findings } = parsePolicy(name, text);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const document = asEditor(text);
  if (document === undefined || errors.some(({ code }) => code.startsWith('P1'))) return;
  const isValid = validate(document);
  if (errors.length === 0) assert.ok(isValid, JSON.stringify(validate.errors));
  else if (errors.some(({ code }) => !beyond.test(code)))
    assert.ok(!isValid, `accepted, with ${errors.map(({ code }) => code).join()}`);
}

test('the schema is the one that is checked in', () => {
  assert.equal(readFileSync(join(root, schemaFile), 'utf8'), generateSchema(), 'npm run gen');
});

for (const code of codes) {
  const { bad, good } = catalogue[code];
  test(`the schema on the examples of ${code}`, () => {
    check('good', good);
    if (typeof bad === 'string') check('bad', bad);
  });
}

for (const file of inputsOf(caseSets.find(({ name }) => name === 'findings')!)) {
  test(`the schema on ${basename(file)}`, () => check(file, readFileSync(file, 'utf8')));
}

test('the schema refuses each thing alone', () => {
  const fine = {
    selectors: [{ name: 'a', operation: 'execMemFd' }],
    responses: [{ match: 'a', actions: 'alert' }],
  };
  assert.ok(validate(fine));
  const bad: readonly object[] = [
    { ...fine, mode: 'x' },
    { ...fine, file: fine },
    { selectors: fine.selectors },
    { ...fine, selectors: [{ name: 'a', ignoreVolumeMounts: false }] },
    { ...fine, selectors: [{ name: 'a', targetFilePath: '/a//b' }] },
    { ...fine, selectors: [{ name: 'a', targetFilePath: ['/a/..'] }] },
    { ...fine, selectors: [{ name: 'a', containerImageName: 'x', containerImageFullName: 'y' }] },
    { ...fine, responses: [{ match: 'a', actions: ['block'] }] },
    { ...fine, responses: [{ match: 'a', actions: ['log', 'alert'] }] },
  ];
  for (const document of bad) assert.ok(!validate(document), JSON.stringify(document));
});
