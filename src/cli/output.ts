import { styleText } from 'node:util';
import type { Failure } from '#base';
import { isFailure } from '#base';
import type { Paint, Style } from '#policy';

/** Fine; findings, a failed test or a host that cannot enforce; wrong usage, an unreadable file or a failure of ours. */
export const exitCodes = Object.freeze({ fine: 0, findings: 1, failure: 2 });

type Format = Parameters<typeof styleText>[0];
const formats: Readonly<Record<Style, Format>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  help: 'cyan',
  place: 'bold',
  gutter: 'dim',
  marker: 'red',
};

/** Colours if the stream is a terminal and `NO_COLOR` is not set. */
export function painter(stream: NodeJS.WriteStream): Paint {
  const isColoured =
    stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  return isColoured
    ? (style, text) => styleText(formats[style], text, { validateStream: false })
    : (_, text) => text;
}

/** Says on standard error what went wrong and what to do; never a stack trace, unless one is asked for. */
export function printFailure(error: unknown): void {
  const paint = painter(process.stderr);
  const say = (message: string, help: string | undefined): void => {
    const advice = help === undefined ? '' : `  ${paint('help', 'help:')} ${help}\n`;
    process.stderr.write(`${paint('error', 'd4c:')} ${message}\n${advice}`);
  };
  if (isFailure(error)) return say(error.message, helpOf(error));
  const detail = error instanceof Error ? error.message : String(error);
  if (process.env['D4C_DEBUG'] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
  say(`a failure of ours: ${detail}`, 'run it again with D4C_DEBUG=1 and report what it prints');
}

function helpOf(failure: Failure): string | undefined {
  const cause = failure.cause instanceof Error ? failure.cause.message : undefined;
  if (failure.help !== undefined || cause === undefined || failure.message.includes(cause))
    return failure.help;
  return `the cause is: ${cause}`;
}

/** A reader that went away (`| head`) is no failure. */
export function tolerateClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') printFailure(error);
    process.exit(error.code === 'EPIPE' ? exitCodes.fine : exitCodes.failure);
  });
}
