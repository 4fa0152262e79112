import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parsePolicy, starterPolicy } from '#policy';

const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'd4c-new-'));
after(() => rmSync(folder, { recursive: true }));

function d4c(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, 'policy', ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
}

test('the starter policy has no finding, for whatever image, and blocks nothing', () => {
  for (const image of [null, { condition: 'containerImageName', value: 'nginx' }, { condition: 'containerImageFullName', value: 'registry.example:5000/team/*' }] as const) {
    const { policy, findings } = parsePolicy('starter.yaml', starterPolicy({ name: 'a: "b"', image }));
    assert.deepEqual(findings, []);
    assert.equal(policy?.mode, 'monitor');
    assert.equal(policy?.name, 'a: "b"');
  }
});

test('it is checked, and its tests reach all of it', () => {
  const made = d4c('new', '--with-tests');
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^wrote starter\.yaml and starter\.test\.yml\n/);
  assert.equal(d4c('check', '--strict', 'starter.yaml').status, 0);
  const tested = d4c('test', 'starter.test.yml', '--coverage');
  assert.equal(tested.status, 0, tested.stdout);
  assert.match(tested.stdout, /every selector and response is reached/);
});

test('nothing is overwritten, and of two files none is written if one is there', () => {
  assert.equal(d4c('new', '--output', 'mine.test.yml').status, 0);
  const before = readFileSync(join(folder, 'mine.test.yml'), 'utf8');
  const again = d4c('new', '--output', 'mine.yaml', '--with-tests');
  assert.equal(again.status, 2);
  assert.match(again.stderr, /`mine\.test\.yml` is there already, and is left as it is/);
  assert.equal(readFileSync(join(folder, 'mine.test.yml'), 'utf8'), before);
  assert.ok(!readdirSync(folder).includes('mine.yaml'));
});

test('an image with a tag: for every version of it, under its own name', () => {
  const { status, stdout } = d4c('new', '--image', 'quay.io/argoproj/argocd:v2.9', '--with-tests');
  assert.equal(status, 0);
  assert.match(stdout, /it is for every version of the image: `quay\.io\/argoproj\/argocd`/);
  assert.match(readFileSync(join(folder, 'argocd.yaml'), 'utf8'), /containerImageFullName: \["quay\.io\/argoproj\/argocd"\]/);
  assert.equal(d4c('test', 'argocd.test.yml').status, 0);
  assert.equal(d4c('check', '--strict', 'argocd.yaml').status, 0);
});

test('`-` is standard output, and there nothing else is', () => {
  const { status, stdout, stderr } = d4c('new', '--output', '-');
  assert.equal(status, 0);
  assert.deepEqual(parsePolicy('-', stdout).findings, []);
  assert.match(stderr, /what to do next/);
});

for (const [args, said] of [
  [['--image', 'a b'], /`a b` is no name of an image/],
  [['--image', ''], /`` is no name of an image/],
  [['--output', 'no/such/x.yaml'], /there is no folder `no\/such`/],
  [['--output', '-', '--with-tests'], /`--with-tests` writes a file beside the policy/],
] as const) {
  test(`${args.join(' ')}: exit 2, and what to do`, () => {
    const { status, stdout, stderr } = d4c('new', ...args);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, said);
    assert.match(stderr, /help: /);
  });
}

test('with standard output redirected into a file nothing is lost there: what was done is said on standard error', () => {
  const out = openSync(join(folder, 'nginx.yaml'), 'w');
  const { status, stderr } = spawnSync(process.execPath, [main, 'policy', 'new', '--image', 'redis'], { encoding: 'utf8', cwd: folder, stdio: ['ignore', out, 'pipe'] });
  assert.equal(status, 0);
  assert.equal(readFileSync(join(folder, 'nginx.yaml'), 'utf8'), '');
  assert.match(stderr, /^wrote redis\.yaml\n[^]*nothing went to standard output: `--output -` writes the policy there\n$/);
});
