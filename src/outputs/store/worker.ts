import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';
import { createHandler } from './messages.ts';
import type { Answer, Envelope, WorkerOptions } from './messages.ts';

/** The thread that the store's database lives in: a commit waits for the disk, the agent must not. */
const options = workerData as WorkerOptions;
const port = parentPort!;
mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
const handle = createHandler(openDatabase(options.path), options);

port.on('message', ({ number, request }: Envelope) => {
  port.postMessage(answer(number, request));
  if (request.kind === 'close') port.close();
});

function answer(number: number, request: Envelope['request']): Answer {
  try {
    return { number, value: handle(request) };
  } catch (error) {
    return { number, error: (error as Error).message };
  }
}
