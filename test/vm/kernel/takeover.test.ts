/** Agents are killed and followed, by the same version and by another: nothing gets through, nothing is lost. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface AgentReport {
  readonly adopted: boolean;
  readonly id: string;
}

interface Settled {
  readonly denied: number;
  readonly recorded: number;
  readonly lost: readonly string[];
}

interface Outcome {
  readonly first: AgentReport;
  readonly second: AgentReport;
  readonly third: AgentReport;
  readonly fourth: AgentReport;
  readonly linksOfFourth: readonly string[];
  readonly afterSecond: Settled;
  readonly afterThird: Settled;
  readonly pins: readonly string[];
  readonly removed: string;
  readonly afterRemoval: readonly number[];
  readonly phases: readonly string[];
  readonly total: number;
  readonly records: number;
  readonly distinct: number;
}

describe(`take-over on ${kernel}`, () => {
  let seen: Outcome;

  before(async () => {
    await using vm = await startVm({ kernel });
    const done = await vm.exec(['node', new URL('guest/takeover.ts', import.meta.url).pathname]);
    assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
    const text = new TextDecoder().decode(done.stdout).trim();
    seen = JSON.parse(text.slice(text.lastIndexOf('\n') + 1)) as Outcome;
  });

  test('a blocked operation is blocked all along: with an agent, without, while programs change', () => {
    assert.equal(seen.phases.length, 7);
    for (const phase of seen.phases) assert.match(phase, /^\d+:0$/);
  });

  test('each attempt is recorded once, also those of which the reader was killed', () => {
    assert.ok(seen.total > 0);
    assert.equal(seen.distinct, seen.total);
  });

  test('attempts, denials and records are equal in the kernel', () => {
    const denied = seen.afterSecond.denied + seen.afterThird.denied;
    assert.ok(denied <= seen.total && seen.afterSecond.denied > 0 && seen.afterThird.denied > 0);
    for (const settled of [seen.afterSecond, seen.afterThird]) {
      assert.equal(settled.recorded, settled.denied);
      assert.deepEqual(settled.lost, []);
    }
  });

  test('the same version goes on with what is pinned, another one follows it', () => {
    assert.deepEqual([seen.first.adopted, seen.second.adopted, seen.third.adopted], [false, true, false]);
    assert.equal(new Set([seen.first.id, seen.second.id, seen.third.id]).size, 1, 'the id outlives both');
    assert.equal(seen.pins.filter((name) => name.startsWith('set-')).length, 1, 'the older set is gone');
  });

  test('a set that a program was taken out of is followed by a whole one', () => {
    assert.equal(seen.fourth.adopted, false);
    assert.ok(seen.linksOfFourth.includes('link_d4c_path_unlink'), seen.linksOfFourth.join(' '));
  });

  test('uninstalling ends it', () => {
    assert.equal(seen.removed, 'true');
    const [attempts, through] = seen.afterRemoval;
    assert.equal(through, attempts);
  });
});
