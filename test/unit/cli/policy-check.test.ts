import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'd4c-check-'));
after(() => rmSync(folder, { recursive: true }));

const fine =
  'selectors:\n  - name: a\n    operation: execMemFd\nresponses:\n  - match: a\n    actions: alert\n';

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function check(
  args: readonly string[],
  input = '',
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [main, 'policy', 'check', ...args], {
    encoding: 'utf8',
    input,
    env,
  });
}

test('a policy without findings: exit 0', () => {
  const file = write('fine.yaml', fine);
  const { status, stdout } = check([file]);
  assert.equal(stdout, `${file}: no findings\n`);
  assert.equal(status, 0);
});

test('an error: exit 1, and the source line with a marker', () => {
  const file = write('bad.yaml', fine.replace('execMemFd', 'execMemFD'));
  const { status, stdout } = check([file]);
  assert.equal(status, 1);
  assert.ok(
    stdout.startsWith(`${file}:3:16: error: unknown operation \`execMemFD\` [P2007]\n`),
    stdout,
  );
  assert.match(
    stdout,
    / {4}3 \| {5}operation: execMemFD\n {6}\| {16}\^{9}\n {2}help: did you mean `execMemFd`\?/,
  );
});

test('warnings alone: exit 0, with --strict 1', () => {
  const file = write(
    'warned.yaml',
    `${fine.replace('responses:', '  - name: b\n    operation: execMemFd\nresponses:')}`,
  );
  assert.equal(check([file]).status, 0);
  assert.match(check([file, '--strict']).stdout, /: 1 warning\n$/);
  assert.equal(check([file, '--strict']).status, 1);
});

test('--json: one document, whatever happens', () => {
  const bad = write('bad.yaml', fine.replace('alert', 'alarm'));
  const { status, stdout } = check([bad, '-', join(folder, 'none.yaml'), '--json'], fine);
  const { files } = JSON.parse(stdout) as {
    files: { file: string; ok: boolean; findings: { code: string; span: unknown }[] }[];
  };
  assert.deepEqual(
    files.map(({ file, ok }) => [file, ok]),
    [
      [bad, false],
      ['-', true],
      [join(folder, 'none.yaml'), false],
    ],
  );
  assert.deepEqual(
    files[0]?.findings.map(({ code, span }) => [code, span]),
    [['P2008', { line: 6, column: 14, endLine: 6, endColumn: 19 }]],
  );
  assert.equal(status, 2);
});

test('what cannot be read: exit 2, said in words', () => {
  const { status, stderr } = check([folder, join(folder, 'none.yaml')]);
  assert.match(stderr, /is a directory\n {2}help: name the files in it/);
  assert.match(stderr, /none\.yaml` does not exist\n {2}help: /);
  assert.doesNotMatch(stderr, /\bat \S+:\d+/);
  assert.equal(status, 2);
});

test('a device without end, a pipe without end, a file too large: found out, and left', () => {
  const zero = check(['/dev/zero', '--format', 'line']);
  assert.match(zero.stdout, /^\/dev\/zero:1:1: error P1007: the file has more than 16 MiB; /);
  assert.equal(zero.status, 1);
  const pipe = spawnSync(
    'sh',
    ['-c', `yes | "${process.execPath}" "${main}" policy check - --format line`],
    { encoding: 'utf8' },
  );
  assert.match(pipe.stdout, /^-:1:1: error P1007: /);
});

test('files made to exhaust: a finding each, and no stack trace', () => {
  const laughs = Array.from(
    'abcdefghi',
    (name, i, all: ArrayLike<string> = 'abcdefghi') =>
      `${name}: &${name} [${Array(10)
        .fill(i === 0 ? 'x' : `*${all[i - 1]!}`)
        .join()}]`,
  );
  const hostile: Readonly<Record<string, readonly [string, RegExp]>> = {
    laughs: [laughs.join('\n'), /error P1008/],
    brackets: ['['.repeat(10_000), /error P1009/],
    braces: ['{a: '.repeat(10_000), /error P1009/],
    dashes: ['- '.repeat(10_000), /error P1009/],
    stairs: [
      Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /error P1009/,
    ],
    commas: [`[${','.repeat(100_000)}]`, /error P1017/],
    many: [`[${'a,'.repeat(1_100_000)}]`, /error P1008/],
    long: [`a: "${'x'.repeat(2_000_000)}"`, /error P2019/],
    nul: [fine.replace('alert', 'al\0ert'), /error P1010/],
  };
  for (const [name, [text, expected]] of Object.entries(hostile)) {
    const { status, stdout, stderr } = check([write(`${name}.yaml`, text), '--format', 'line']);
    assert.match(stdout, expected, name);
    assert.equal(stderr, '');
    assert.equal(status, 1);
  }
});

test('wrong usage: exit 2, with the nearest', () => {
  const { status, stderr } = check(['--fromat', 'json', 'x']);
  assert.match(stderr, /Did you mean --format\?/);
  assert.equal(status, 2);
});
