import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createSender } from '../../../src/agent/sender.ts';
import { openTicket } from '../../../src/agent/ticket.ts';

const sent = { id: '1', stream: 'alerts', document: {} } as const;
const ignored = (): void => undefined;

/** Turns of microtasks between the end of a delivery and the next push: each could meet the sender going idle. */
const gaps = [0, 1, 2, 3, 4, 5, 6];

for (const gap of gaps) {
  test(`what is pushed ${gap} microtasks after a delivery has ended is delivered too`, async () => {
    let deliveries = 0;
    const sender = createSender({
      deliver: async () => void deliveries++,
      failed: ignored,
      signal: new AbortController().signal,
    });
    const second = openTicket(1, ignored, ignored);
    const pushLater = async (): Promise<void> => {
      for (let passed = 0; passed < gap; passed++) await Promise.resolve();
      sender.push([sent], second);
    };
    sender.push([sent], openTicket(1, ignored, () => void pushLater()));
    for (let turns = 0; turns < 3; turns++) await turn();
    assert.equal(deliveries, 2);
    assert.ok(second.isDone);
    await sender.idle();
  });
}
