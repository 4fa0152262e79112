import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const program = join(import.meta.dirname, '../../../tools/setup/sources.awk');

/** What sources.awk prints for files of the given names and contents. */
function sources(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'd4c-sources-'));
  try {
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const result = spawnSync('awk', ['-f', program, ...paths], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('lines: options, comments and other components', () => {
  assert.deepEqual(sources({ 'sources.list': `# deb http://x/debian bookworm main
deb http://a/debian bookworm main contrib # the archive
deb [arch=amd64 signed-by=/k/a.gpg] http://b/debian bookworm-security main
deb [ signed-by=/k/c.gpg arch=amd64 ] http://c/debian trixie main
deb-src http://a/debian bookworm main
deb http://d/debian bookworm contrib
` }), [
    'http://a/debian bookworm -',
    'http://b/debian bookworm-security /k/a.gpg',
    'http://c/debian trixie /k/c.gpg',
  ]);
});

test('stanzas: several suites, comments inside, continued and disabled ones', () => {
  assert.deepEqual(sources({ 'debian.sources': `Types: deb deb-src
# where it came from
URIs: http://a/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /k/a.gpg

Types: deb
URIs: http://b/debian
Suites: bookworm
  bookworm-backports
Components: contrib
 main

Types: deb
URIs: http://off/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://src/debian
Suites: bookworm
Components: main` }), [
    'http://a/debian bookworm /k/a.gpg',
    'http://a/debian bookworm-updates /k/a.gpg',
    'http://b/debian bookworm -',
    'http://b/debian bookworm-backports -',
  ]);
});

test('files of both formats one after another, a stanza without an end', () => {
  const stanza = 'Types: deb\nURIs: http://s/debian\nSuites: bookworm\nComponents: main';
  assert.deepEqual(sources({ 'a.sources': stanza, 'b.list': 'deb http://l/debian bookworm main', 'c.sources': stanza }), [
    'http://s/debian bookworm -',
    'http://l/debian bookworm -',
    'http://s/debian bookworm -',
  ]);
});

test('a key inside the file is not taken for the name of one', () => {
  assert.deepEqual(sources({ 'a.sources': `Types: deb
URIs: http://a/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
` }), ['http://a/debian bookworm -']);
});
