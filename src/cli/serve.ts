/** The agent in a process of its own, until it is told to stop. */
import { startService } from '#agent';
import type { Service } from '#agent';
import { renderText } from '#policy';
import type { CheckedFile } from '#policy';
import { exitCodes, painter, printFailure } from './output.ts';
import { isFailure } from '#base';

export interface RunOptions {
  readonly config: string;
  readonly monitor?: true;
  readonly json?: true;
}

function plainLog(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

function jsonLog(message: string): void {
  process.stderr.write(`${JSON.stringify({ '@timestamp': new Date().toISOString(), message })}\n`);
}

/** Serves until a signal; the exit status. */
export async function serve(options: RunOptions): Promise<number> {
  const log = options.json === true ? jsonLog : plainLog;
  // What it says may have no reader any more (a log that was restarted): it goes on enforcing all the same.
  process.stderr.on('error', () => undefined);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.resolve());
  let service: Service | undefined;
  const started = Promise.withResolvers<void>();
  let reloading: Promise<unknown> = started.promise;
  // Before anything is in force: a reload asked for during the start is done after it.
  process.on('SIGHUP', () => {
    reloading = reloading.then(() => service?.reload());
  });
  try {
    service = await startService({ configFile: options.config, monitor: options.monitor === true, log, report });
  } catch (error) {
    printFailure(error);
    return isFailure(error) && error.code === 'host' ? exitCodes.findings : exitCodes.failure;
  }
  if (service === undefined) return exitCodes.findings;
  started.resolve();
  log(`ready after ${(process.uptime()).toFixed(1)} s`);
  const alive = setInterval(() => undefined, 2 ** 30); // a service that only waits must not end by itself
  await stopped.promise;
  clearInterval(alive);
  log('stopping; what is enforced stays in the kernel (`d4c uninstall` removes it)');
  await reloading;
  await service[Symbol.asyncDispose]();
  return exitCodes.fine;
}

function report(files: readonly CheckedFile[]): void {
  const paint = painter(process.stderr);
  for (const file of files) process.stderr.write(`${renderText(file, paint)}\n`);
}
