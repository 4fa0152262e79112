import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '#policy';
import { readCases } from '../../vm/support/case-file.ts';
import { complaints } from '../../vm/support/compare.ts';
import type { CaseResult, Observation } from '../../vm/support/compare.ts';
import { confine } from '../../vm/support/confine.ts';

const cases = readCases();
const denied = cases.find(({ name }) => name === 'create/open-creat')!;
const control = cases.find(({ name }) => name === 'control/image-runs')!;

function document(path: string, isDenied = true): Record<string, unknown> {
  return {
    file: { path },
    event: { type: isDenied ? ['creation', 'denied'] : ['creation'] },
    d4c: { operations: ['createExecutable'], file: { mount: 'image' } },
  };
}

const on: Observation = { exit: 1, output: 'open: Operation not permitted\n', done: false, documents: [document('/usr/bin/new')] };
const off: Observation = { exit: 0, output: '', done: true, documents: [] };
const good: CaseResult = { name: denied.name, on, off, ms: 1 };

test('a case that went as it must has no complaint', () => {
  assert.deepEqual(complaints(denied, good), []);
  assert.deepEqual(complaints(control, { name: control.name, on: off, off: null, ms: 1 }), []);
});

const wrong: readonly [string, CaseResult, RegExp][] = [
  ['the deed was done', { ...good, on: { ...on, done: true } }, /it was done/],
  ['the container never came to its end', { ...good, on: { ...on, done: null } }, /it was done|never came/],
  ['it failed for another reason', { ...good, on: { ...on, output: 'open: No such file or directory' } }, /did not say/],
  ['no document came', { ...good, on: { ...on, documents: [] } }, /documents/],
  ['a document too many came', { ...good, on: { ...on, documents: [document('/usr/bin/new'), document('/usr/bin/new')] } }, /documents/],
  ['the document has another path', { ...good, on: { ...on, documents: [document('/usr/bin/other')] } }, /documents/],
  ['the document says that it was let through', { ...good, on: { ...on, documents: [document('/usr/bin/new', false)] } }, /documents/],
  ['it fails without enforcement too', { ...good, off: { ...off, done: false } }, /with enforcement off it was not done/],
  ['a container that nobody knows is told of', { ...good, off: { ...off, documents: [document('/usr/bin/new', false)] } }, /with enforcement off there were/],
  ['it was not tried without enforcement', { ...good, off: null }, /not tried/],
];
for (const [what, result, complaint] of wrong) {
  test(`a complaint is made where ${what}`, () => {
    assert.match(complaints(denied, result).join('\n'), complaint);
  });
}

test('a control that is told of is complained about', () => {
  const told = { ...off, documents: [document('/usr/bin/hello', false)] };
  assert.match(complaints(control, { name: control.name, on: told, off: null, ms: 1 }).join('\n'), /documents/);
});

test('every case has policies without errors, and a try', () => {
  assert.ok(cases.length >= 200, `${cases.length} cases`);
  for (const { name, policies, run, deed, why } of cases) {
    assert.ok(policies.length > 0 && run !== '' && deed !== '' && why !== '', name);
    for (const text of policies) {
      const { policy, findings } = parsePolicy(`${name}.yaml`, text);
      assert.ok(policy, `${name}: ${findings.map(({ message }) => message).join('; ')}`);
    }
  }
});

test('names of cases and their titles are there once', () => {
  const titles = cases.map(({ name, title }) => `${name.split('/')[0]}: ${title}`);
  assert.deepEqual(titles.filter((title, i) => titles.indexOf(title) !== i), []);
});

test('a confined policy holds for one container alone', () => {
  const { policy } = parsePolicy('p.yaml', denied.policies[0]!);
  const confined = confine(policy!, 'create/open-creat');
  for (const selector of confined.sections.flatMap(({ selectors }) => selectors)) {
    assert.deepEqual(
      selector.conditions.flatMap((condition) => (condition.name === 'kubernetesClusterName' ? condition.values.map(({ text }) => text) : [])),
      ['create/open-creat'],
    );
  }
});

test('a run that leaves out enforcement off says so, and is no complaint', () => {
  const result = { ...good, off: 'left out' as const };
  assert.deepEqual(complaints(denied, result), []);
  assert.match(complaints(denied, { ...good, off: null }).join('\n'), /not tried with enforcement off/);
});
