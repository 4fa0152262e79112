import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchPattern } from '#policy';
import { covers } from '../../../src/policy/patterns/covers.ts';
import { normalForm, pathProblem } from '../../../src/policy/patterns/path-form.ts';
import { scan, writeTokens } from '../../../src/policy/patterns/scan.ts';

const encoder = new TextEncoder();

function tokens(text: string, kind: 'path' | 'text' = 'path'): readonly number[] {
  const scanned = scan(text, kind);
  assert.ok(scanned.ok);
  return scanned.tokens;
}

/** Every text of at most `most` letters. */
function texts(letters: string, most: number): string[] {
  const all = [''];
  for (let from = 0, length = 1; length <= most; length++) {
    const to = all.length;
    for (; from < to; from++) for (const letter of letters) all.push(all[from]! + letter);
  }
  return all;
}

/** The meaning of a pattern by another's engine. */
function asRegExp(text: string): RegExp {
  const source = text.replaceAll(/\*+|[^*]/g, (piece) =>
    piece === '*' ? '[^/]*' : piece[0] === '*' ? '[^]*' : `\\x${piece.charCodeAt(0).toString(16)}`,
  );
  return new RegExp(`^${source}$`);
}

const patterns = [...new Set(texts('a/*', 5))].filter((text) => text !== '');
const subjects = texts('ab/', 4);

test('matching is that of regular expressions, on every small pattern and text', () => {
  for (const pattern of patterns) {
    const expression = asRegExp(pattern);
    const read = tokens(pattern);
    for (const subject of subjects) {
      assert.equal(
        matchPattern(read, encoder.encode(subject)),
        expression.test(subject),
        `${pattern} on ${subject}`,
      );
    }
  }
});

test('what covers is no guess: every pair of small patterns, against every small text', () => {
  const small = patterns.filter((text) => text.length <= 4);
  const long = texts('ab/', 6);
  const matched = new Map(
    small.map((text) => [text, new Set(long.filter((subject) => asRegExp(text).test(subject)))]),
  );
  let covered = 0;
  for (const wide of small) {
    for (const narrow of small) {
      const answer = covers([tokens(wide)], tokens(narrow), 'text', { steps: 100_000 });
      // Four pieces of pattern differ on a text of at most six letters, or on none.
      const isSubset = matched.get(narrow)!.isSubsetOf(matched.get(wide)!);
      assert.equal(answer, isSubset, `${wide} covers ${narrow}`);
      if (answer === true) covered++;
    }
  }
  assert.ok(covered > small.length);
});

test('several together cover what none does alone, and paths begin with a slash', () => {
  const budget = { steps: 100_000 };
  assert.equal(covers([tokens('/a/*'), tokens('/a/*/**')], tokens('/a/**'), 'path', budget), true);
  assert.equal(covers([tokens('/a/*')], tokens('/a/**'), 'path', budget), false);
  assert.equal(covers([tokens('/**')], tokens('**x'), 'path', budget), true);
  assert.equal(covers([tokens('/**')], tokens('**x'), 'text', budget), false);
  assert.equal(covers([tokens('/**')], tokens('**x'), 'path', { steps: 3 }), undefined);
});

test('escapes, runs of wildcards and bytes', () => {
  assert.deepEqual(tokens('/a*/***b'), [47, 97, 256, 47, 257, 98]);
  assert.deepEqual(tokens('a*', 'text'), [97, 257]);
  assert.deepEqual(tokens('\\*\\\\é'), [42, 92, 0xc3, 0xa9]);
  assert.deepEqual(scan('a\\', 'path'), { ok: false, escape: '\\', at: 1 });
  assert.deepEqual(scan('a\\/', 'path'), { ok: false, escape: '\\/', at: 1 });
  for (const text of ['/a/*', '/a/**/b\\*c', 'é\\\\'])
    assert.equal(writeTokens(tokens(text), 'path'), text);
});

test('the normal form of paths', () => {
  const form = (text: string): string | null => {
    const problem = pathProblem(text);
    return problem === null ? 'fine' : problem.normal;
  };
  const expected = {
    '/usr/bin/x': 'fine',
    '/a/..b/.c/d.': 'fine',
    '**': 'fine',
    '**/x': 'fine',
    '/**': 'fine',
    '/a//b': '/a/b',
    '/a/./b/': '/a/b',
    '/a/b/../../c': '/c',
    '/': '/**',
    'a/b': '/a/b',
    '*/b': '/*/b',
    '/a/*/..': null,
    '/..': null,
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((text) => [text, form(text)])),
    expected,
  );
  assert.equal(normalForm('**/./x'), '**/x');
});
