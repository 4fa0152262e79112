/** In the guest, where nothing can be refused: what is seen all the same. Prints one line of JSON. */
import { openKernel } from '#kernel';
import { openBench, seenOf, standing, tableOf } from './bench.ts';

const policy = `
file:
  selectors:
    - name: executables
      operation: [createExecutable, modifyExecutable, execDrift]
      targetFilePath: [/usr/bin/**]
    - name: memory
      operation: [execMemFd]
  responses:
    - match: [executables, memory]
      actions: [alert, block]
`;
const script = [
  'cp /usr/bin/hello /usr/bin/new', '/usr/bin/new', 'echo >> /usr/bin/new', '/try-memory program none execveat /usr/bin/busybox true',
].join(' && ');

await using kernel = await openKernel({ pinFolder: null, observes: true });
await using bench = await openBench(kernel, await kernel.install(tableOf(policy)));
const { exitCode, records } = await bench.run(script);
const operations = standing(records).map(seenOf).map(({ operations, paths }) => `${operations.join('+')} ${paths.flat().join()}`);
console.log(JSON.stringify({ mechanism: kernel.mechanism, exitCode, operations, denied: Number(kernel.counters().denied) }));
