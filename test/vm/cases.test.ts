/**
 * Every case of test/vm/cases on the kernel that `D4C_KERNEL` names, each under its policies and without.
 * `D4C_CASES` is a list of names, or of the start of names.
 * `D4C_OFF=no`: not with enforcement off. `D4C_EACH=3`: each third of them.
 * `D4C_PREEMPT=full`: on a kernel that may take the processor from a task anywhere, also amid our programs.
 */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { kernelSeries, parseKernel, startVm } from '#vm';
import type { Vm } from '#vm';
import { readCases } from './support/case-file.ts';
import type { Case } from './support/case-file.ts';
import { complaints } from './support/compare.ts';
import type { CaseResult } from './support/compare.ts';
import { tableOf } from './support/table.ts';

/** Fewer, and the corpus was not found or was cut short. */
const casesMin = 490;

type Message =
  | { readonly kind: 'begin'; readonly kernel: string; readonly enforcingAfterMs: number }
  | { readonly kind: 'result'; readonly result: CaseResult }
  | { readonly kind: 'stray'; readonly documents: readonly object[] }
  | { readonly kind: 'end'; readonly counters: { readonly lost: Readonly<Record<string, number>> } };

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? '6.12');
const series = kernelSeries(kernel);
const preempt = process.env['D4C_PREEMPT'];
const asked = process.env['D4C_CASES'];
const all = readCases();
const each = Number(process.env['D4C_EACH'] ?? '1');
const chosen = all.filter(isChosen).filter((_, index) => index % each === 0);

function isChosen(wanted: Case): boolean {
  if (wanted.kernels && !wanted.kernels.only.includes(series)) return false;
  return asked === undefined || asked.split(',').some((name) => wanted.name.startsWith(name));
}

async function bootMessages(vm: Vm): Promise<string> {
  return new TextDecoder().decode((await vm.exec(['dmesg'])).stdout);
}

describe(`cases on ${kernel}`, () => {
  const seen: Message[] = [];
  const results = (): CaseResult[] => seen.flatMap((message) => (message.kind === 'result' ? [message.result] : []));

  before(async () => {
    await using vm = await startVm(preempt === undefined ? { kernel } : { kernel, snapshot: false, append: `preempt=${preempt}` });
    if (preempt !== undefined) assert.match(await bootMessages(vm), new RegExp(`Dynamic Preempt: ${preempt}\\n`));
    const lines = new PassThrough();
    const read = (async () => {
      for await (const line of createInterface({ input: lines })) seen.push(JSON.parse(line) as Message);
    })();
    const guest = new URL('support/guest.ts', import.meta.url).pathname;
    const off = `D4C_OFF=${process.env['D4C_OFF'] ?? 'yes'}`;
    const done = await vm.exec(['env', off, 'node', guest, ...chosen.map(({ name }) => name)], {
      onStdout: (chunk) => void lines.write(chunk),
      onStderr: (chunk) => void process.stderr.write(chunk),
    });
    lines.end();
    await read;
    assert.equal(done.code, 0, 'the guest ended before its time');
  });

  after(() => {
    process.stdout.write(tableOf(kernel, chosen, results()));
    const others = all.filter((wanted) => !wanted.kernels?.only.includes(series) && wanted.kernels);
    for (const { name, kernels } of others) process.stdout.write(`not on ${kernel}: ${name}: ${kernels?.because}\n`);
  });

  for (const wanted of chosen) {
    test(`${wanted.name}: ${wanted.title}`, () => {
      const result = results().find(({ name }) => name === wanted.name);
      assert.ok(result, 'it was not run');
      assert.deepEqual(complaints(wanted, result), []);
    });
  }

  test('nothing is missing, nothing came from elsewhere, nothing was lost', () => {
    if (asked === undefined) assert.ok(chosen.length * each >= casesMin, `${chosen.length} cases`);
    assert.deepEqual(seen.filter(({ kind }) => kind === 'stray'), []);
    const end = seen.find((message) => message.kind === 'end');
    assert.ok(end, 'the guest told no end');
    assert.deepEqual(Object.entries(end.counters.lost).filter(([, count]) => count !== 0), []);
  });
});
