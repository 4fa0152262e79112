import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { watchCgroups } from '../../../src/containers/cgroup-watch.ts';

const root = mkdtempSync(join(tmpdir(), 'd4c-watch-'));
after(() => rmSync(root, { recursive: true }));

/** Within one turn: no event has been delivered. */
test('what no event told of is found by looking at all', () => {
  mkdirSync(join(root, 'pods/c-1'), { recursive: true });
  const told: string[] = [];
  using watch = watchCgroups({
    root,
    isContainer: (path) => /\/c-\d$/.test(path),
    appeared: (path) => told.push(`+${path}`),
    vanished: (path) => told.push(`-${path}`),
    failed(error) { throw error; },
  });
  assert.deepEqual(told.splice(0), ['+/pods/c-1']);
  rmdirSync(join(root, 'pods/c-1'));
  mkdirSync(join(root, 'pods/c-2'));
  mkdirSync(join(root, 'more/deep/c-3'), { recursive: true });
  watch.rescan();
  assert.deepEqual(told.splice(0).sort(), ['+/more/deep/c-3', '+/pods/c-2', '-/pods/c-1']);
});
