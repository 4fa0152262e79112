import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadOrders, readConfig, version } from '#agent';
import type { AgentConfig } from '#agent';
import { locate } from '#policy';

function read(text: string, environment = {}): AgentConfig {
  const { config, findings } = readConfig(text, environment);
  assert.deepEqual(findings.map(({ message }) => message), []);
  return config!;
}

/** `line:column message | help` of each finding. */
function complain(text: string, environment = {}): string[] {
  const { config, findings } = readConfig(text, environment);
  assert.equal(config, undefined);
  return locate({ file: 'd4c.yml', text, findings }).map(({ span, message, help }) => `${span.line}:${span.column} ${message} | ${help}`);
}

test('what is left out has its default', () => {
  assert.deepEqual(read('policies: [a.yaml]\n'), {
    policies: ['a.yaml'],
    sources: 'auto',
    containerdSocket: undefined,
    store: { path: '/var/lib/d4c/d4c.db', maxBytes: 1_073_741_824, keepMs: 2_592_000_000 },
    file: undefined,
    stdout: false,
    http: undefined,
    socket: '/run/d4c/d4c.sock',
    exempt: [{ kind: 'self' }, { kind: 'namespace', namespace: 'kube-system' }],
    repeatsWithinMs: 60_000,
    orphanAfterMs: 0,
  });
});

test('all that is supported is read', () => {
  const config = read(`
policies: one.yaml
containers: {sources: [containerd], containerd: {socket: /run/c.sock}}
outputs:
  store: {path: /x.db, maxBytes: 64MiB, keep: 12h}
  file: {path: "/var/log/\${HOST}.json", rotate: {maxBytes: 1MB, keep: 0}}
  stdout: {}
http: {listen: "[::1]:6791"}
control: {socket: /run/x.sock}
orphanAfter: 24h
exempt: [{namespace: ops}]
alerts: {repeatsWithin: 90s}
`, { HOST: 'n1' });
  assert.deepEqual(config, {
    policies: ['one.yaml'],
    sources: ['containerd'],
    containerdSocket: '/run/c.sock',
    store: { path: '/x.db', maxBytes: 67_108_864, keepMs: 43_200_000 },
    file: { path: '/var/log/n1.json', maxBytes: 1_000_000, keep: 0 },
    stdout: true,
    http: { host: '::1', port: 6791 },
    socket: '/run/x.sock',
    exempt: [{ kind: 'namespace', namespace: 'ops' }],
    repeatsWithinMs: 90_000,
    orphanAfterMs: 86_400_000,
  });
});

test('every error is told at once, at its place, with what to write', () => {
  const found = complain(`
polices: [a.yaml]
outputs:
  store: {maxBytes: many, kep: 1d}
  elasticsearch: {hosts: [x]}
  file: {}
containers: {sources: [containerd, dokcer, podman]}
http: {listen: nowhere}
orphanAfter: 5s
control: {socket: relative}
alerts: {repeatsWithin: 2h, repeat: 1s}
`);
  const expected = [
    /^2:1 unknown key `polices` in the configuration \| did you mean `policies`\?/,
    /^4:27 unknown key `kep` in `store` \| did you mean `keep`\?/,
    /^4:21 `maxBytes` is `many` \| write a size/,
    /^5:3 the output `elasticsearch` is not supported yet \| leave it out/,
    /^6:3 `file` has no `path` \|/,
    /^7:36 unknown source `dokcer` \| did you mean `docker`\?/,
    /^7:44 the source `podman` is not supported yet \| use/,
    /^8:16 `listen` is `nowhere` \| write an address and a port/,
    /^9:14 `orphanAfter` is `5s` \| write `10m` or more/,
    /^10:19 `socket` is `relative` \| write an absolute path/,
    /^11:29 unknown key `repeat` in `alerts` \| accepted are `repeatsWithin`/,
    /^11:25 `repeatsWithin` is `2h` \| write `1h` or less, or `off`/,
    /no policies are named \| list files or globs/,
  ];
  for (const pattern of expected) assert.ok(found.some((line) => pattern.test(line)), `${pattern}\n${found.join('\n')}`);
  assert.equal(found.length, expected.length, found.join('\n'));
});

test('the page about it holds an example that is read', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
  const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  assert.equal(read(example!).repeatsWithinMs, 60_000);
});

test('programs go on without an agent unless something else is asked for', () => {
  assert.equal(read('policies: [a]\norphanAfter: off\n').orphanAfterMs, 0);
  assert.match(complain('policies: [a]\norphanAfter: never\n').join(), /2:14 `orphanAfter` is `never` \| write a duration/);
});

test('repeats are told of one by one where that is asked for', () => {
  for (const off of ['off', '0s']) assert.equal(read(`policies: [a]\nalerts: {repeatsWithin: ${off}}\n`).repeatsWithinMs, 0);
  assert.equal(read('policies: [a]\nalerts: {}\n').repeatsWithinMs, 60_000);
});

test('a variable that is not set is an error, and what one holds is never shown', () => {
  assert.match(complain('policies: ["${POLICY}"]\n').join(), /1:12 `\$\{POLICY\}` is not set in the environment \| set POLICY/);
  const secret = complain('policies: [a]\nhttp: {listen: "${SECRET}"}\n', { SECRET: 'hunter2' }).join();
  assert.match(secret, /`listen` is `\$\{SECRET\}`/);
  assert.doesNotMatch(secret, /hunter2/);
});

test('what is no YAML, and an empty file', () => {
  assert.match(complain('policies: [a\n').join(), /^\d:\d+ not YAML: /);
  assert.match(complain('policies: [a]\npolicies: [b]\n').join(), /2:1 not YAML: .*unique/);
  assert.match(complain('').join(), /no policies are named/);
  assert.match(complain('- a\n').join(), /the configuration is no mapping/);
});

const folder = mkdtempSync(join(tmpdir(), 'd4c-config-'));
after(() => rmSync(folder, { recursive: true }));
const good = 'selectors: [{name: a, operation: execMemFd}]\nresponses: [{match: a, actions: alert}]\n';

test('policies are found by globs from the configuration\'s folder, each once', () => {
  mkdirSync(join(folder, 'policies'));
  for (const name of ['b', 'a']) writeFileSync(join(folder, `policies/${name}.yaml`), good);
  writeFileSync(join(folder, 'd4c.yml'), 'policies: [policies/*.yaml, policies/a.yaml]\n');
  const loaded = loadOrders(join(folder, 'd4c.yml'));
  assert.equal(loaded.kind, 'fine');
  const files = loaded.kind === 'fine' ? loaded.orders.policies.map(({ file }) => file) : [];
  assert.deepEqual(files, ['a', 'b'].map((name) => join(folder, `policies/${name}.yaml`)));
});

test('one policy with errors keeps all of them out, with every finding', () => {
  writeFileSync(join(folder, 'policies/b.yaml'), good.replace('execMemFd', 'execMemory').replace('alert', 'alarm'));
  const loaded = loadOrders(join(folder, 'd4c.yml'));
  assert.equal(loaded.kind, 'errors');
  const files = loaded.kind === 'errors' ? loaded.files : [];
  assert.deepEqual(files.map(({ file }) => file), [join(folder, 'policies/b.yaml')]);
  assert.equal(files[0]!.findings.filter(({ severity }) => severity === 'error').length, 2);
});

test('a glob that matches nothing is an error at its place', () => {
  writeFileSync(join(folder, 'none.yml'), 'policies: [nothing/*.yaml]\n');
  const loaded = loadOrders(join(folder, 'none.yml'));
  assert.match(loaded.kind === 'errors' ? loaded.files[0]!.findings[0]!.message : '', /no file matches `nothing\/\*\.yaml`/);
});

test('the version is the package\'s', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  assert.equal(version, manifest.version);
});
