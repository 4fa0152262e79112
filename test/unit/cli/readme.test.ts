import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePolicy } from '#policy';
import { commands, policyCommands } from '../../../src/cli/commands.ts';

const root = join(import.meta.dirname, '../../..');
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/threat-model.md'].map((name) => [name, readFileSync(join(root, name), 'utf8')] as const);
const readme = pages[0]![1];

test("the readme's policy has no errors", () => {
  const [, text] = /```yaml\n([^]*?)```/.exec(readme) ?? [];
  assert.ok(text);
  const { policy, findings } = parsePolicy('README.md', text);
  assert.deepEqual(findings.filter(({ severity }) => severity === 'error'), []);
  assert.equal(policy?.sections[0]?.selectors[0]?.name, 'newBinary');
});

test("the readme's commands are commands", () => {
  const known = new Set([...commands.map(({ name }) => name), ...policyCommands.map(({ name }) => `policy ${name}`)]);
  const named = [...readme.matchAll(/\bd4c ((?:policy )?[a-z]+)/g)].map(([, name]) => name!);
  assert.ok(named.length > 8);
  assert.deepEqual(named.filter((name) => !known.has(name)), []);
});

for (const [page, text] of pages) {
  test(`the files that ${page} names are there`, () => {
    const named = [...text.matchAll(/`((?:src|bpf|native|tools|test|spec|bin|docs|\.ci)\/[\w./-]+)`|\]\(([\w./-]+)\)/g)].map(([, code, link]) => code ?? link!);
    assert.ok(named.length > 0);
    assert.deepEqual(named.filter((file) => !existsSync(join(root, file))), []);
  });
}

test('the cases that the threat model names are there', () => {
  const [, text] = pages.find(([name]) => name === 'docs/threat-model.md')!;
  const folders = readdirSync(join(root, 'test/vm/cases')).join('|');
  const named = [...text.matchAll(new RegExp(`\`((?:${folders})/[a-z0-9-]+)\``, 'g'))].map(([, name]) => name!);
  assert.ok(named.length > 4);
  assert.deepEqual(named.filter((name) => !existsSync(join(root, `test/vm/cases/${name}.yaml`))), []);
});
