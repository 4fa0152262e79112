/** What is no table, or of another version, is refused and told of, and what is in force stays in force. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableVersion } from '#abi';
import { defaultKernel, parseKernel, startVm } from '#vm';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? defaultKernel);

interface Seen {
  readonly seed: number;
  /** What was said of each table that is none. */
  readonly refused: Readonly<Record<string, string>>;
  readonly afterRefusals: object;
  readonly afterChanges: number;
  readonly newVersion: { readonly start: string; readonly pins: boolean; readonly through: number };
  readonly longHead: { readonly other: string; readonly same: string; readonly through: number };
  readonly sane: boolean;
  readonly repaired: object;
  readonly complaints: readonly string[];
  readonly removed: boolean;
}

test(`bad tables change nothing, on ${kernel}`, async () => {
  await using vm = await startVm({ kernel });
  const done = await vm.exec(['node', new URL('guest/bad-input.ts', import.meta.url).pathname]);
  assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  const seen = JSON.parse(new TextDecoder().decode(done.stdout).trim().split('\n').at(-1)!) as Seen;
  process.stdout.write(`seed ${seen.seed}\n`);
  assert.equal(Object.keys(seen.refused).length, 9);
  for (const [what, said] of Object.entries(seen.refused)) assert.match(said, /^(the table is damaged: |a table is not made of)/, what);
  const otherVersion = `its version is ${tableVersion + 1}, not ${tableVersion}`;
  assert.match(seen.refused['another version'] ?? '', new RegExp(otherVersion));
  assert.deepEqual([seen.afterRefusals, seen.afterChanges], [{ through: 0, cells: 0 }, 0]);
  const { newVersion, longHead } = seen;
  assert.match(newVersion.start, new RegExp(`^a table in force can't be gone on with: the table is damaged: ${otherVersion}`));
  assert.deepEqual([newVersion.pins, newVersion.through], [true, 0], 'what is in force stays in force');
  assert.match(longHead.other, /^a table in force can't be gone on with: the table is damaged: its head says 4294967295 cells/);
  assert.deepEqual([longHead.same, longHead.through, seen.sane], ['taken', 0, true]);
  assert.deepEqual([seen.repaired, seen.complaints, seen.removed], [{ start: 'taken', through: 0 }, [], true]);
});
