import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgePreemption } from '../../../src/kernel/host.ts';

const dynamic = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.1-1 (2023-01-01)';
const facts = { release: '6.1.0-9-amd64', version: dynamic, commandLine: 'quiet', debug: '' };
const judged = (change: object) => {
  const { ok, found } = judgePreemption({ ...facts, ...change });
  return [ok, found];
};

test('full preemption is no good before 6.2', () => {
  assert.deepEqual(judged({}), [true, 'not told']);
  assert.deepEqual(judged({ commandLine: 'quiet preempt=full' }), [false, 'full']);
  assert.deepEqual(judged({ commandLine: 'preempt=full', debug: 'none (voluntary) full\n' }), [true, 'voluntary']);
  assert.deepEqual(judged({ debug: 'none voluntary (full)\n' }), [false, 'full']);
  assert.deepEqual(judged({ version: '#1 SMP PREEMPT Debian' }), [false, 'full']);
  assert.deepEqual(judged({ version: '#1 SMP PREEMPT_RT Debian' }), [false, 'full']);
  assert.deepEqual(judged({ version: '#1 SMP Debian' }), [true, 'voluntary']);
  assert.deepEqual(judged({ release: '6.12.1', commandLine: 'preempt=full' }), [true, 'full']);
  assert.deepEqual(judged({ release: '7.0.1', debug: 'none voluntary (full)' }), [true, 'full']);
});
