/** What the test runs print: each failure in full, and one line at the end. A run that saw no test is a failure. */
import { relative } from 'node:path';
import { spec } from 'node:test/reporters';
import type { TestEvent } from 'node:test/reporters';
import { root } from './run.ts';

export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const failures: TestEvent[] = [];
  for await (const event of source) {
    if (event.type === 'test:pass' && event.data.details?.type !== 'suite') {
      if (event.data.skip === undefined) passed++;
      else skipped++;
    }
    if (event.type === 'test:fail' && event.data.details?.type !== 'suite') {
      failed++;
      failures.push(event);
      // With its reason at once: a log that is cut keeps the place where it failed.
      yield `not ok: ${event.data.name} (${event.data.file ?? ''})\n  ${reason(event.data.details.error)}\n`;
    }
    if (event.type === 'test:summary' && event.data.file !== undefined) yield tookOf(event.data.file, event.data.duration_ms);
    if (event.type === 'test:stderr' || event.type === 'test:stdout') yield event.data.message;
  }
  const printer = new spec();
  for (const event of failures) printer.write(event);
  printer.end();
  for await (const chunk of printer) yield String(chunk);
  if (passed + failed === 0) process.exitCode = 1;
  yield `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
}

/** Files that take seconds, with how long: where a slow run spends its time. */
function tookOf(file: string, ms: number): string {
  return ms < 5000 ? '' : `${relative(root, file)} took ${(ms / 1000).toFixed(0)} s\n`;
}

/** The message of what the test threw, on one line. */
function reason(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message.replaceAll(/\s+/g, ' ').slice(0, 1000);
}
