/** The demo as its user starts it: the command, a virtual machine of its own, and what comes out. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const kernel = process.env['D4C_KERNEL'] ?? '6.12';
const checkout = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'd4c-demo-test-'));
after(() => rmSync(folder, { recursive: true }));

interface Document {
  event: { type: string[]; kind: string; outcome: string; id: string };
  file?: { path?: string };
  d4c: { operations: string[]; would_deny: boolean };
  container: { image: { name: string; tag: string[] } };
  orchestrator?: { namespace?: string };
}

interface DemoJson {
  runs: { file: string; exitCode: number; stdout: string; stderr: string }[];
  documents: Document[];
  counters: { denied: number; lost: Record<string, number> };
}

function put(name: string, text: string, mode = 0o644): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

async function demo(args: readonly string[], stdin = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(join(checkout, 'bin/d4c'), ['demo', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(stdin);
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    new Promise<number | null>((settle) => child.on('close', settle)),
  ]);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

function summary({ documents }: DemoJson): unknown[] {
  return documents.map((document) => [document.d4c.operations.join(), document.file?.path ?? null, document.event.type.includes('denied')]);
}

const policy = `selectors:
  - name: protected
    operation: [createExecutable, modifyExecutable]
    targetFilePath: [/protected/**]
    containerImageName: [web]
    kubernetesNamespace: [prod-*]
  - name: watched
    operation: [createExecutable]
    targetFilePath: [/tmp/**]
responses:
  - {match: [protected], actions: [alert, block]}
  - {match: [watched], actions: [alert]}
`;

test('the built-in attempts go as they must, and are shown', async () => {
  const { code, stdout, stderr } = await demo(['--kernel', kernel]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /8 of 8 attempts went as they must; 5 documents, 5 denied by the kernel, none lost/);
  assert.match(stdout, /alert, denied: .*\/usr\/bin\/dropped/);
  assert.match(stdout, /cp: can't create '\/usr\/bin\/dropped': Operation not permitted/);
});

test('policies, programs, images and shares of the user', async () => {
  const script = put('try.sh', `echo "named $0"; cat /protected/readme; cat ${folder}/share/data
cp /bin/busybox /protected/x || echo "first $?"
cp /usr/bin/hello /tmp/y && /tmp/y >/dev/null && echo "second ran"
echo changed > ${folder}/share/data && cat ${folder}/share/data
/lib64/ld-linux-x86-64.so.2 /usr/bin/hello
exit 7
`);
  put('image/protected/readme', 'of the image\n');
  put('share/data', 'of the share\n');
  const { code, stdout, stderr } = await demo([
    '--kernel', kernel, '--json', '--policy', put('policy.yaml', policy), '--run', script, '--run', script,
    '--image', join(folder, 'image'), '--share', join(folder, 'share'),
    '--container', 'image=registry.example/a/web:2', '--container', 'namespace=prod-eu',
  ]);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as DemoJson;
  assert.equal(result.runs.length, 2);
  for (const run of result.runs) {
    assert.equal(run.exitCode, 7);
    assert.match(run.stdout, /^named \/.*try\.sh\nof the image\nof the share\nfirst 1\nsecond ran\nchanged\nhello from a dynamic program\n$/);
    assert.match(run.stderr, /Operation not permitted/);
  }
  const each = [['createExecutable', '/protected/x', true], ['createExecutable', '/tmp/y', false]];
  assert.deepEqual(summary(result), [...each, ...each]);
  assert.equal(result.documents[0]?.container.image.name, 'registry.example/a/web');
  assert.equal(result.documents[0]?.orchestrator?.namespace, 'prod-eu');
  assert.equal(new Set(result.documents.map((document) => document.event.id)).size, 4);
  assert.equal(result.counters.denied, 2);
});

test('in mode monitor nothing is blocked, and the documents say what would have been', async () => {
  const script = put('monitor.sh', 'cp /bin/busybox /protected-x/y; mkdir -p /protected; cp /bin/busybox /protected/x; echo "$?"\n');
  const { code, stdout, stderr } = await demo([
    '--kernel', kernel, '--json', '--monitor', '--policy', put('policy.yaml', policy), '--run', script,
    '--container', 'image=web', '--container', 'namespace=prod-eu',
  ]);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as DemoJson;
  assert.equal(result.runs[0]?.stdout, '0\n');
  assert.deepEqual(summary(result), [['createExecutable', '/protected/x', false]]);
  assert.equal(result.documents[0]?.d4c.would_deny, true);
  assert.equal(result.counters.denied, 0);
});

test('a shell in the container, its alerts beside it', async () => {
  const { code, stdout, stderr } = await demo(['--kernel', kernel, '--shell'], 'cp /bin/busybox /usr/bin/x\necho "said $?"\nexit\n');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Operation not permitted/);
  assert.match(stdout, /said 1/);
  assert.match(stdout, /alert, denied: .*\/usr\/bin\/x/);
});

test('a policy with errors: all of them with their places, nothing is started', async () => {
  const bad = put('bad.yaml', 'selectors: [{name: a, operation: [nonsense]}]\nresponses: [{match: [b], actions: [block]}]\n');
  const { code, stdout, stderr } = await demo(['--policy', bad]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  for (const place of ['1:35', '2:22', '2:36']) assert.match(stderr, new RegExp(`bad\\.yaml:${place}: error`));
});

test('wrong usage says what to do', async () => {
  const mistakes: [string[], RegExp][] = [
    [['--run', join(folder, 'none')], /there is no file/],
    [['--kernel', '5.4'], /known are 6\.1 and 6\.12/],
    [['--container', 'imgae=x'], /did you mean `image`/],
    [['--image', put('file', '')], /is not a folder/],
    [['--shell', '--json'], /leave one out/],
    [['--polcy', 'x'], /--policy/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stderr } = await demo(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.equal(existsSync(join(folder, 'none')), false);
  assert.ok(readdirSync(folder).length > 0);
});
