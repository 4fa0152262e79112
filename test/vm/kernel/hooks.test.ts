/** What the hooks see and do, by their records: each way of guest/hooks.ts in a container of its own. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { constants } from '#abi';
import { defaultKernel, kernelSeries, parseKernel, startVm } from '#vm';
import type { Seen } from './guest/bench.ts';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Result {
  readonly name: string;
  readonly exitCode: number;
  readonly stderr: string;
  readonly standing: readonly Seen[];
  readonly retracted: number;
  readonly begun: number;
  readonly ended: number;
}

interface End {
  readonly host: { readonly ok: boolean };
  readonly lost: readonly string[];
  readonly hooks: readonly string[];
}

const { hookPathMknod: mknod, hookPathChmod: chmod, hookPathRename: rename, hookPathLink: link, hookFileOpen: open,
  hookBprmCheck: exec, hookPathUnlink: unlink, hookPathSymlink: symlink } = constants;
const busybox = '/usr/bin/busybox';

type Expected = readonly [hook: number, operations: readonly string[], denied: boolean, paths: readonly (readonly string[])[]];

/** Name of the way, what it ends with, what stands of it. */
const expected: Readonly<Record<string, { readonly fails: boolean; readonly seen: readonly Expected[]; readonly retracted?: number }>> = {
  // A start by crun is not the container's doing, and reading and executing what the image holds is nothing.
  nothing: { fails: false, seen: [] },
  programs: { fails: false, seen: [] },
  create: { fails: true, seen: [[mknod, ['createExecutable'], true, [['/usr/bin/new']]]] },
  chmod: { fails: true, seen: [[chmod, ['createExecutable'], true, [['/usr/bin/new']]]] },
  rename: { fails: true, seen: [[rename, ['createExecutable'], true, [['/tmp/new'], ['/usr/bin/new']]]] },
  link: { fails: true, seen: [[link, ['createExecutable'], true, [['/new'], ['/usr/bin/new']]]] },
  // The copy-up that this would be comes after the hook.
  change: { fails: true, seen: [[open, ['modifyExecutable'], true, [['/usr/bin/try-ran']]]] },
  truncate: { fails: true, seen: [[open, ['modifyExecutable'], true, [['/usr/bin/try-ran']]]] },
  memory: { fails: true, seen: [[exec, ['execMemFd'], true, [['(none)']]]] },
  // Denied before the look-up, taken back when the open gets to the file: nothing stands.
  existing: { fails: false, seen: [], retracted: 1 },
  'link of symbol': { fails: false, seen: [], retracted: 2 },
  new: {
    fails: true,
    seen: [
      [mknod, ['createFile'], true, [['/etc/blocked/new']]],
      [mknod, ['createFile'], true, [['/etc/blocked/new']]],
    ],
  },
  fifo: { fails: true, seen: [[mknod, ['createFile'], true, [['/etc/blocked/fifo']]]] },
  // The open that makes a file is recorded where it is known to have made it, and is not its modification too.
  once: {
    fails: false,
    seen: [
      [open, ['createFile'], false, [['/srv/d/f']]],
      [open, ['modifyFile'], false, [['/srv/d/f']]],
      [chmod, ['createExecutable'], false, [['/srv/d/f']]],
      [unlink, ['deleteFile'], false, [['/srv/d/f']]],
      [mknod, ['createFile'], false, [['/srv/d/p']]],
      [symlink, ['createFile'], false, [['/srv/d/s']]],
    ],
  },
  umask: { fails: false, seen: [[open, ['createFile'], false, [['/srv/f']]]] },
  tmpfs: { fails: false, seen: [] },
  bind: { fails: true, seen: [[mknod, ['createExecutable'], true, [['/mnt/new', '/usr/bin/new']]]] },
  deep: { fails: true, seen: [[mknod, ['createExecutable', 'createFile'], true, [['(unknown)']]]] },
};

describe(`hooks on ${kernel}`, () => {
  const results = new Map<string, Result>();
  let end: End;

  before(async () => {
    await using vm = await startVm({ kernel });
    const done = await vm.exec(['node', new URL('guest/hooks.ts', import.meta.url).pathname]);
    assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
    const lines = new TextDecoder().decode(done.stdout).trim().split('\n').map((line) => JSON.parse(line) as Result & End);
    end = lines.pop()!;
    for (const line of lines) results.set(line.name, line);
  });

  for (const [name, want] of Object.entries(expected)) {
    test(name, () => {
      const got = results.get(name);
      assert.ok(got !== undefined, 'it was not tried');
      const seen = got.standing.map((one): Expected => [one.hook, one.operations, one.denied, one.paths]);
      assert.deepEqual(seen, want.seen, got.stderr);
      assert.equal(got.exitCode !== 0, want.fails, got.stderr);
      if (want.retracted !== undefined) assert.equal(got.retracted, want.retracted);
      assert.deepEqual([got.begun, got.ended], [1, 1], 'the container begins once and ends once');
      for (const one of got.standing) {
        assert.ok(one.executable === busybox || one.executable.startsWith('/try-'), one.executable);
        assert.ok(one.arguments.length > 0);
      }
    });
  }

  test('nothing was lost, and the host is what the probe says', () => {
    assert.deepEqual(end.lost, []);
    assert.equal(end.host.ok, true);
    assert.equal(end.hooks.includes('file_truncate'), kernelSeries(kernel) !== '6.1');
    assert.equal(results.size, Object.keys(expected).length);
  });
});
