import type { Writable } from 'node:stream';
import { toLine } from './model.ts';
import type { Output } from './model.ts';

/** JSON lines on standard output. */
export function stdoutOutput(stream: Writable = process.stdout): Output {
  // A write tells of its own failure; unheard, the event would end the agent.
  const heard = (): void => undefined;
  stream.on('error', heard);
  return {
    name: 'stdout',
    async write(batch) {
      const text = batch.map(({ document }) => `${toLine(document)}\n`).join('');
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(text, (error) => (error ? reject(error) : resolve()));
      await promise;
    },
    async close() {
      stream.off('error', heard);
    },
  };
}
