/**
 * The agent as users run it, in a virtual machine: `d4c run`, status and alerts, with crun and containerd.
 * `D4C_KERNEL` names the kernel, `D4C_SCENARIOS` those to run.
 */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { parseKernel, startVm } from '#vm';
import { makeBundle } from '../../../tools/bundle.ts';
import type { Document } from './support/service.ts';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? '6.12');
const chosen = process.env['D4C_SCENARIOS']?.split(',') ?? [];
const skip = (name: string) => ({ skip: chosen.length > 0 && !chosen.includes(name) });

interface Ended {
  readonly code: number;
  readonly output: string;
}
interface Command {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Status {
  readonly kernel: { readonly mechanism: string };
  readonly policies: readonly { readonly file: string; readonly sha256: string }[];
  readonly counters: { readonly events: number; readonly denied: number; readonly lost: Readonly<Record<string, number>> };
  readonly outputs: readonly { readonly name: string; readonly state: string; readonly queued: number }[];
}

describe(`the agent on ${kernel}`, () => {
  const seen = new Map<string, Record<string, unknown>>();
  const figures: string[] = [];

  before(async () => {
    await makeBundle();
    await using vm = await startVm({ kernel });
    const lines = new PassThrough();
    const read = (async () => {
      for await (const line of createInterface({ input: lines })) {
        const found = JSON.parse(line) as Record<string, unknown>;
        seen.set(found['scenario'] as string, found);
      }
    })();
    const guest = new URL('guest.ts', import.meta.url).pathname;
    const done = await vm.exec(['node', guest, ...chosen], {
      onStdout: (chunk) => void lines.write(chunk),
      onStderr: (chunk) => void process.stderr.write(chunk),
    });
    lines.end();
    await read;
    assert.equal(done.code, 0, 'the guest ended before its time');
  });

  after(() => {
    for (const figure of figures) process.stdout.write(`measured: ${figure}\n`);
  });

  /** What a scenario saw, or what it failed with. */
  function take<T>(scenario: string): T {
    const found = seen.get(scenario);
    assert.ok(found, `${scenario} did not end: ${JSON.stringify(seen.get('failed'))}`);
    return found as T;
  }

  test('a container that no source names is judged by what is certain', skip('byCgroup'), () => {
    const { ended, code, documents, asked, stored, status, ready, metrics, rss, enforcingAfterMs } = take<{
      ended: Ended; code: number; documents: Document[]; asked: Document[]; stored: string[]; status: Status;
      ready: number; metrics: string; rss: number; enforcingAfterMs: number;
    }>('cgroup');
    figures.push(`start to enforcing ${enforcingAfterMs} ms, ${rss} MB`);
    assert.equal(ended.output.match(/refused/g)?.length, 2, ended.output);
    assert.deepEqual(documents.map(({ file }) => file?.path), ['/usr/bin/evil', '/usr/bin/evil2']);
    for (const { event, container, rule, message } of documents) {
      assert.deepEqual([event.type, event.outcome], [['creation', 'denied'], 'failure']);
      assert.deepEqual([container?.id, rule?.name], ['one', 'no new programs']);
      assert.match(message, /in container one tried to create the executable \/usr\/bin\/evil2?: denied, by the rule/);
    }
    const ids = documents.map(({ event }) => event.id);
    assert.deepEqual(asked.map(({ event }) => event.id), ids);
    assert.deepEqual(stored, ids);
    assert.equal(status.kernel.mechanism, 'lsm');
    assert.deepEqual([status.counters.events, status.counters.denied], [2, 2]);
    assert.deepEqual(status.outputs.map(({ name, state, queued }) => [name, state, queued]), [['store', 'ok', 0], ['file', 'ok', 0]]);
    assert.equal(ready, 200);
    assert.match(metrics, /^d4c_denied_total 2$/m);
    assert.equal(code, 0);
  });

  test('what is pinned goes on without an agent, and the next one reports it', skip('pinned'), () => {
    const { ended, documents, removeWhileRunning, removed } = take<{
      ended: Ended; documents: Document[]; removeWhileRunning: Command; removed: Command;
    }>('pinned');
    assert.match(ended.output, /refused/);
    assert.deepEqual(documents.map(({ file }) => file?.path), ['/usr/bin/a', '/usr/bin/b']);
    assert.deepEqual(documents.map(({ container }) => container?.id), ['known', 'stays']);
    assert.equal(removeWhileRunning.code, 2);
    assert.match(removeWhileRunning.err, /an agent is running/);
    assert.deepEqual(JSON.parse(removed.out), { removed: true });
  });

  test('an agent that is killed in a burst loses nothing and tells nothing twice', skip('killed'), () => {
    const { ended, before: reported, total, lines, stored, status } = take<{
      ended: Ended; before: number; total: number; lines: Document[]; stored: string[]; status: Status;
    }>('killed');
    assert.doesNotMatch(ended.output, /made/);
    assert.match(ended.output, /finished/);
    assert.ok(reported > 0 && reported < total, `${reported} of ${total} were reported before the kill: it was in no burst`);
    const paths = new Set(lines.map(({ file }) => file?.path));
    // The store has each once; a line can come twice if the kill fell between it and the note that it was written.
    assert.ok(lines.length >= total);
    assert.deepEqual(paths, new Set(Array.from({ length: total }, (_, i) => `/usr/bin/x${i + 1}`)));
    assert.equal(new Set(stored).size, total);
    assert.equal(stored.length, total);
    assert.ok(lines.every(({ container }) => container?.id === 'burst'));
    assert.deepEqual(Object.values(status.counters.lost).filter((count) => count > 0), []);
  });

  test('a policy with errors changes nothing at a reload, and nothing is enforced by it at a start', skip('reload'), () => {
    const { first, second, log, documents, refused, free } = take<{
      first: Ended; second: Ended; log: string[]; documents: Document[]; refused: Command; free: Ended;
    }>('reload');
    assert.match(first.output, /refused/);
    assert.match(second.output, /^made\n(?:.*\n)*refused$/m);
    assert.deepEqual(documents.map(({ file }) => file?.path), ['/usr/bin/a', '/usr/sbin/b']);
    for (const text of [log.join('\n'), refused.err]) {
      assert.match(text, /policy\.yaml:3:34: error: unknown operation `createExecutible`/);
      assert.match(text, /policy\.yaml:5:34: error: unknown action `alarm`/);
    }
    assert.equal(refused.code, 1);
    assert.match(free.output, /made/);
  });

  test('a container of containerd is known by its image, before its first program runs', skip('containerd'), () => {
    const { before: early, first, demo, other, document, latencyMs, alerts, rss, enforcingAfterMs } = take<{
      before: Ended; first: Document; demo: Ended; other: Ended; document: Document; latencyMs: number; alerts: number; rss: number; enforcingAfterMs: number;
    }>('containerd');
    figures.push(`operation to JSON line ${latencyMs} ms; with containerd ${enforcingAfterMs} ms to enforcing, ${rss} MB`);
    assert.match(early.output, /refused/);
    assert.deepEqual([first.container?.id, first.container?.image?.tag, first.file?.path], ['early', ['1'], '/usr/bin/early']);
    assert.match(demo.output, /refused/);
    assert.match(other.output, /made/);
    assert.equal(document.container?.id, 'web');
    assert.deepEqual(document.container?.image, { name: 'docker.io/library/demo', tag: ['1'] });
    assert.equal(document.d4c.late, undefined);
    assert.equal(alerts, 3);
  });

  test('what is switched off loads nothing, until a reload after it was switched on', skip('disabled'), () => {
    const { off, free, bound, followed } = take<{ off: Command; free: Ended; bound: Ended; followed: Document }>('disabled');
    assert.equal(off.code, 1);
    const status = JSON.parse(off.out) as Status & { readonly disabled: string };
    assert.deepEqual([status.kernel.mechanism, status.disabled], ['none', 'the file /etc/d4c/disabled exists']);
    assert.match(free.output, /made/);
    assert.match(bound.output, /refused/);
    assert.equal(followed.file?.path, '/usr/bin/a');
  });

  test('in mode monitor everything is let through, and told', skip('monitor'), () => {
    const { ended, documents } = take<{ ended: Ended; documents: Document[] }>('monitor');
    assert.match(ended.output, /made/);
    assert.equal(documents.length, 1);
    assert.equal(documents[0]!.d4c.would_deny, true);
    assert.deepEqual(documents[0]!.event.type, ['creation']);
  });
});
