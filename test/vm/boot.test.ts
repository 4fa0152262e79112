/** The virtual machine itself: what tools/vm promises to whoever runs a command in it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultKernel, kernelSeries, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);
const checkout = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'd4c-vm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runCli(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(checkout, 'tools/vm/cli.ts'), '--kernel', kernel, ...args], {
    cwd: checkout,
    env: { ...process.env, ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  child.stdin.end(options.input ?? '');
  return new Promise((settle) => {
    child.on('close', (code) => settle({ code, stdout, stderr }));
  });
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('a command: its status, its streams apart, its input, its kernel', async () => {
  const out = join(folder, 'out');
  const { code, stdout, stderr } = await runCli(
    ['--', 'sh', '-c', 'uname -r; cat; pwd; echo complaint >&2; mkdir $OUT/d; echo kept >$OUT/d/f; exit 7'],
    { env: { OUT: out }, input: 'from the host\n' },
  );
  const [release, ...rest] = stdout.split('\n');
  assert.ok(release?.startsWith(`${kernelSeries(kernel)}.`), `runs ${release}`);
  assert.deepEqual(rest, ['from the host', checkout, '']);
  assert.match(stderr, /(^|\n)complaint\n$/);
  assert.equal(code, 7);
  assert.equal(readFileSync(join(out, 'd/f'), 'utf8'), 'kept\n');
});

test('the command begins at the first word that is no option; its own options are left to it', async () => {
  const { code, stdout } = await runCli(['--memory', '768', '--no-snapshot', 'sh', '-c', 'echo "$1"', 'sh', '--kernel']);
  assert.equal(stdout, '--kernel\n');
  assert.equal(code, 0);
});

test('wrong usage: exit status 2 and what is accepted', async () => {
  const none = await runCli([]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no command is given[^]*usage: /);
  const unknown = await runCli(['--kernle', '6.1', 'uname', '-r']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /--kernle/);
  const kernelTypo = await runCli(['--kernel', '6.2', '--', 'true']);
  assert.equal(kernelTypo.code, 2);
  assert.match(kernelTypo.stderr, /`6\.2`[^]*6\.1, 6\.12, .* or trixie/);
});

test('shared folders are there; writes to them and to the checkout are discarded', async () => {
  const share = join(folder, 'share');
  mkdirSync(join(share, 'sub'), { recursive: true });
  writeFileSync(join(share, 'sub/file'), 'of the host\n');
  const before = readdirSync(checkout).sort();
  await using vm = await startVm({ kernel, shares: [share] });
  const read = await vm.exec(['cat', join(share, 'sub/file'), 'package.json']);
  assert.equal(text(read.stdout), `of the host\n${readFileSync(join(checkout, 'package.json'), 'utf8')}`);
  const script = `echo changed >${share}/sub/file; echo new >${share}/new; echo x >new-in-checkout; cat ${share}/sub/file`;
  assert.equal(text((await vm.exec(['sh', '-c', script])).stdout), 'changed\n');
  assert.equal(readFileSync(join(share, 'sub/file'), 'utf8'), 'of the host\n');
  assert.deepEqual(readdirSync(share), ['sub']);
  assert.deepEqual(readdirSync(checkout).sort(), before);
});

test('two machines of one snapshot: the time of the host, random numbers and boot id of their own', async () => {
  const script = 'date +%s; head -c 16 /dev/urandom | md5sum; cat /proc/sys/kernel/random/boot_id';
  const seen: string[][] = [];
  for (let turn = 0; turn < 2; turn++) {
    await using vm = await startVm({ kernel });
    const { stdout } = await vm.exec(['sh', '-c', script]);
    const lines = text(stdout).trim().split('\n');
    const offBy = Math.abs(Number(lines[0]) - Date.now() / 1000);
    assert.ok(offBy < 2, `the guest's clock is off by ${offBy} s`);
    seen.push(lines);
  }
  assert.notEqual(seen[0]?.[1], seen[1]?.[1]);
  assert.notEqual(seen[0]?.[2], seen[1]?.[2]);
  assert.equal(seen.flat().length, 6);
});

test('what programs need is there: BPF LSM, cgroup2, overlay, runtimes, Node', async () => {
  await using vm = await startVm({ kernel });
  const lines = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await vm.exec(['sh', '-c', script]);
    assert.equal(code, 0, text(stderr));
    return text(stdout);
  };
  assert.match(await lines('cat /sys/kernel/security/lsm'), /\bbpf\b/);
  assert.match(await lines('cat /sys/fs/cgroup/cgroup.controllers'), /\bmemory\b/);
  assert.match(await lines('cat /proc/filesystems'), /\toverlay\n/);
  assert.match(await lines('ls /sys/kernel/btf'), /^overlay$/m);
  assert.match(await lines('cat /proc/mounts'), /^\S+ \/sys\/fs\/bpf bpf /m);
  assert.match(await lines('runc --version && crun --version && containerd --version && ctr --version'), /containerd/);
  assert.equal(await lines('node -p process.version'), `${process.version}\n`);
  assert.equal(await lines('stat -c %u /usr/bin/crun'), '0\n');
});

test('programs run beside each other, streams whole, and a signal ends one', async () => {
  await using vm = await startVm({ kernel });
  const sleeper = vm.start(['sleep', '1000']);
  const bytes = new Uint8Array(3_000_000).map((_, at) => at * 7 + (at >> 8));
  const [echoed, missing] = await Promise.all([
    vm.exec(['cat'], { stdin: bytes }),
    vm.exec(['/no/such/program']),
  ]);
  assert.ok(Buffer.from(echoed.stdout).equals(bytes), `${echoed.stdout.length} bytes came back`);
  assert.equal(missing.code, 127);
  assert.match(text(missing.stderr), /\/no\/such\/program.*No such file/);
  sleeper.signal('SIGTERM');
  const ended = await sleeper.result;
  assert.deepEqual([ended.code, ended.signal], [143, 'SIGTERM']);
  const target = join(folder, 'pulled');
  await vm.pull('/etc', target);
  assert.ok(statSync(join(target, 'passwd')).isFile());
});

test('a Node process that has waited in the snapshot becomes the program; the next one is started', async () => {
  writeFileSync(join(folder, 'told.mjs'), `
    let input = '';
    for await (const chunk of process.stdin) input += chunk;
    console.log(JSON.stringify({ words: process.argv.slice(2), cwd: process.cwd(), mine: process.env.MINE, input, pid: process.pid }));
    process.exitCode = 3;
  `);
  await using vm = await startVm({ kernel, shares: [folder] });
  const between = Number(text((await vm.exec(['sh', '-c', 'echo $$'])).stdout));
  const pids: number[] = [];
  for (const word of ['first', 'second']) {
    const program = vm.startNode([join(folder, 'told.mjs'), word], { cwd: folder, env: { MINE: 'yes' } });
    program.write(new TextEncoder().encode('a line\n'));
    program.end();
    const { code, stdout, stderr } = await program.result;
    assert.equal(code, 3, text(stderr));
    const { pid, ...told } = JSON.parse(text(stdout)) as { pid: number };
    assert.deepEqual(told, { words: [word], cwd: folder, mine: 'yes', input: 'a line\n' });
    pids.push(pid);
  }
  assert.ok(pids[0]! < between && between < pids[1]!, `${pids[0]}, ${between}, ${pids[1]}`);
});
