/**
 * The fifth engine: the loaded hooks. Each case of spec/cases with the tag `kernel` is done in a container under
 * its policies, and what came of it is its outcome. A case that can be done has the tag, one that cannot has not.
 * `D4C_CASES` names files, by the start of their names; without it all are run.
 */
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { parseKernel, startVm } from '#vm';
import { readCases, wanted } from '../unit/oracle/cases.ts';
import { actOf } from './spec/act.ts';
import type { SpecResult } from './spec/guest.ts';

const kernel = parseKernel(process.env['D4C_KERNEL'] ?? '6.12');
const asked = process.env['D4C_CASES']?.split(',') ?? [];
/** Fewer, and the cases were not found or were cut short. */
const casesMin = 275;

const cases = readCases();
const title = (index: number): string => `${cases[index]!.file}: ${cases[index]!.test.name}`;

test('the cases with the tag `kernel` are those that can be done', (t) => {
  const acts = cases.map((one) => actOf(one));
  const wrong = cases.flatMap(({ test: { tags } }, i) =>
    tags.includes('kernel') === (typeof acts[i] !== 'string') ? [] : [`${title(i)}: ${typeof acts[i] === 'string' ? acts[i] : 'has no tag'}`]);
  assert.deepEqual(wrong, []);
  const reasons = Object.groupBy(acts.filter((act) => typeof act === 'string'), (reason) => reason);
  for (const [reason, all] of Object.entries(reasons)) t.diagnostic(`not done: ${all!.length} cases, ${reason}`);
});

test(`the hooks have every case's outcome on ${kernel}`, async (t) => {
  const seen: (SpecResult | { readonly lost: Readonly<Record<string, number>> })[] = [];
  await using vm = await startVm({ kernel });
  const lines = new PassThrough();
  const reading = (async () => {
    for await (const line of createInterface({ input: lines })) seen.push(JSON.parse(line) as SpecResult);
  })();
  const guest = new URL('spec/guest.ts', import.meta.url).pathname;
  const { code } = await vm.exec(['node', guest, ...asked], {
    onStdout: (chunk) => void lines.write(chunk),
    onStderr: (chunk) => void process.stderr.write(chunk),
  });
  lines.end();
  await reading;
  assert.equal(code, 0, 'the guest ended before its time');
  const results = seen.filter((one): one is SpecResult => 'index' in one);
  assert.deepEqual(results.flatMap(complaints), []);
  const wantedCases = cases.filter(({ file, test: { tags } }) => tags.includes('kernel') && (asked.length === 0 || asked.some((name) => file.startsWith(name))));
  assert.equal(results.length, wantedCases.length, 'every case with the tag, and no other');
  assert.ok(results.length >= (asked.length === 0 ? casesMin : 1), `${results.length} cases`);
  const end = seen.find((one) => 'lost' in one);
  assert.deepEqual(Object.entries(end?.lost ?? { 'no end': 1 }).filter(([, count]) => count !== 0), []);
  const blocked = results.filter(({ denied }) => denied).length;
  const told = results.filter(({ streams }) => streams.length > 0).length;
  t.diagnostic(`${results.length} cases, ${told} with a document, ${blocked} blocked`);
});

/** What a result is that it must not be. */
function complaints({ index, on, off, streams, denied, offDocuments }: SpecResult): string[] {
  const said = (run: typeof on): string => `${title(index)}: ${run.output.trim()} (exit status ${run.exit})`;
  if (on.done === null) return [`${said(on)}: never came to its act`];
  const actions = [streams.includes('alerts') ? 'alert' : '', denied ? 'block' : '', streams.some((name) => name !== 'alerts') ? 'log' : ''];
  const seen = `[${actions.filter((name) => name !== '').join(' ')}]`;
  const found: string[] = [];
  if (seen !== wanted(cases[index]!.test)) found.push(`${title(index)}: ${seen}, not ${wanted(cases[index]!.test)}`);
  if (on.done === denied) found.push(`${title(index)}: ${denied ? 'denied, and done' : 'not permitted, and not denied'}`);
  if (off !== null && (off.done !== true || offDocuments > 0)) found.push(`${said(off)}: not done with no policy`);
  return found;
}
