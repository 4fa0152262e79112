/**
 * In the guest: the least agent there is. Puts a cgroup under a table, appends each record to a file, syncs
 * it and only then acknowledges. `settle` on its input: answers when all is read; `beat`: with the pins that it put back.
 */
import { appendFileSync, openSync, fsyncSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeRecord } from '#abi';
import { openKernel, uninstall } from '#kernel';
import { tableOf } from './bench.ts';

const [build, pinFolder, log, cgroup] = process.argv.slice(2) as [string, string, string, string];

const policy = `
file:
  selectors:
    - name: bin
      operation: [createFile]
      targetFilePath: [/usr/bin/**]
  responses:
    - match: [bin]
      actions: [alert, block]
`;

if (build === 'uninstall') console.log(uninstall(pinFolder));
else await run();

async function run(): Promise<void> {
  const start = performance.now();
  const kernel = await openKernel({ pinFolder, build });
  if (!kernel.assigned().includes(BigInt(cgroup))) {
    kernel.assign(BigInt(cgroup), await kernel.install(tableOf(policy)), { neverBlocked: false });
  }
  const openedMs = Math.round(performance.now() - start);
  console.log(JSON.stringify({ adopted: kernel.adopted, openedMs, id: kernel.id }));
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const file = openSync(log, 'a');
  let read = 0;
  const reading = (async () => {
    for await (const batch of kernel.records('alerts', stop.signal)) {
      const lines = batch.records.map(decodeRecord).flatMap((record) => {
        return record.kind === 'operation' ? [`${kernel.id} ${record.cpu} ${record.sequence}\n`] : [];
      });
      appendFileSync(file, lines.join(''));
      fsyncSync(file);
      read += batch.records.length;
      batch.ack();
    }
  })();
  const commands = createInterface({ input: process.stdin });
  commands.on('line', (line) => {
    void (async () => {
      if (line === 'beat') {
        kernel.heartbeat(0n);
        console.log(JSON.stringify({ back: kernel.repin() }));
        return;
      }
      while (kernel.unread() > 0) await sleep(5);
      const { denied, recorded, lost } = kernel.counters();
      const json = { read, denied: Number(denied), recorded: Number(recorded), lost: Object.keys(lost), cells: kernel.memory().cells.used };
      console.log(JSON.stringify(json));
    })();
  });
  await reading;
  commands.close();
  await kernel[Symbol.asyncDispose]();
}
