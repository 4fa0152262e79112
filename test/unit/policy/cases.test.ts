import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { catalogue, codes } from '#policy';
import { caseSets, inputsOf } from '../../../tools/bless.ts';
import { findingsFolder, generateFindings } from '../../../tools/gen/findings.ts';

const root = new URL('../../..', import.meta.url).pathname;
const findings = caseSets.find(({ name }) => name === 'findings')!;
const inputs = inputsOf(findings);

test('there are cases', () => assert.ok(inputs.length >= 50));

for (const file of inputs) {
  test(`findings of ${basename(file)}: code, place, words and help`, () => {
    const { file: expected, text } = findings.output(file);
    assert.equal(
      text,
      readFileSync(expected, 'utf8'),
      'if it is better now: npm run bless findings',
    );
  });
}

test('every finding is in a case or on a page with what the check says', () => {
  const said = [
    ...generateFindings().values(),
    ...inputs.map((file) => findings.output(file).text),
  ].join('\n');
  /** Their examples cannot be shown; the test of the catalogue makes them. P5001 is the compiler's. */
  const made = codes.filter((code) => typeof catalogue[code].bad !== 'string');
  const missing = codes.filter((code) => !said.includes(`[${code}]\n`) && !made.includes(code));
  assert.deepEqual(missing, []);
});

test('the pages are those that the catalogue makes', () => {
  const pages = generateFindings();
  const onDisk = readdirSync(join(root, findingsFolder))
    .map((name) => `${findingsFolder}/${name}`)
    .sort();
  assert.deepEqual(onDisk, [...pages.keys()].sort());
  for (const [file, text] of pages)
    assert.equal(readFileSync(join(root, file), 'utf8'), text, `${file}: npm run gen`);
});
