import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runGate } from '../../../tools/gate/gate.ts';
import type { GateResult } from '../../../tools/gate/gate.ts';

const clean: Record<string, string> = {
  'package.json': JSON.stringify({ imports: { '#base': './src/base/index.ts', '#policy': './src/policy/index.ts', '#kernel': './src/kernel/index.ts' } }),
  'src/base/index.ts': `export const base = 1;`,
  'src/policy/index.ts': `export { base } from '#base'; export { part } from './part.ts';`,
  'src/policy/part.ts': `import { parse } from 'yaml'; export const part = parse;`,
  'src/kernel/index.ts': `import 'node:fs'; export const worker = new URL('./worker.ts', import.meta.url);`,
  'src/kernel/worker.ts': `export {};`,
  'test/unit/a.test.ts': `import '#policy'; import '#kernel'; import '../../src/policy/part.ts';`,
};

/** Runs the gate over a small tree that is in order but for `planted`. */
function gate(planted: Record<string, string>, expected?: number): GateResult {
  const root = mkdtempSync(join(tmpdir(), 'd4c-gate-'));
  try {
    const files = { ...clean, ...planted };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    return runGate(root, expected ?? Object.keys(files).length - 1);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a tree in order passes, and every module is seen', () => {
  const result = gate({});
  assert.deepEqual(result.violations, []);
  assert.equal(result.modules, 6);
  assert.equal(result.imports, 8);
});

const uses = (line: string): Record<string, string> => ({ 'src/policy/part.ts': `${line}; export const part = 1;` });
const planted: [string, Record<string, string>, RegExp][] = [
  ['a layer above', uses(`import { worker } from '#kernel'`), /`policy` may not import `kernel`/],
  ['a layer above, for a type', uses(`import type { worker } from '#kernel'`), /`policy` may not import `kernel`/],
  ['a layer above, in a type expression', uses(`type W = import('#kernel').W`), /`policy` may not import `kernel`/],
  ['a layer above, loaded later', uses(`await import('#kernel')`), /`policy` may not import `kernel`/],
  ['a layer above, re-exported', uses(`export * from '#kernel'`), /`policy` may not import `kernel`/],
  ['a layer above, by a relative path', uses(`import '../kernel/index.ts'`), /`policy` may not import `kernel`/],
  ['an allowed layer past its index', uses(`import { base } from '../base/index.ts'`), /through `#base`/],
  ['its own layer through the index', uses(`import '#policy'`), /inside a layer imports are relative/],
  ['a test', uses(`import '../../test/unit/a.test.ts'`), /`policy` may not import `test`/],
  ["a module of Node's in a layer that browsers run", uses(`import 'node:fs'`), /`policy` runs in browsers/],
  ['a package that is not on its list', uses(`import 'commander'`), /may not use the package `commander`/],
  ['a file that is not there', uses(`import './gone.ts'`), /does not resolve/],
  ['a computed import', uses(`await import('./' + 'x.ts')`), /computed import/],
  ['a worker that is not there', { 'src/kernel/index.ts': `new URL('./none.ts', import.meta.url); import './worker.ts';` }, /does not resolve/],
];
for (const [what, files, message] of planted) {
  test(`an import of ${what} is a violation`, () => {
    const { violations } = gate(files);
    assert.equal(violations.length, 1, JSON.stringify(violations));
    assert.match(violations[0]!.message, message);
  });
}

test('a file that nothing imports is a violation', () => {
  const { violations } = gate({ 'src/policy/dead.ts': 'export {};' });
  assert.deepEqual(violations, [{ file: 'src/policy/dead.ts', line: 1, message: 'nothing imports this file' }]);
});

test('a file outside every layer is a violation', () => {
  const { violations } = gate({ 'src/stray/x.ts': `import '#base';` });
  assert.match(violations[0]!.message, /in no layer/);
});

test('a gate that saw fewer modules than exist fails', () => {
  const { violations } = gate({}, 7);
  assert.deepEqual(violations, [{ file: '.', line: 1, message: 'saw 6 modules, but 7 exist' }]);
});
