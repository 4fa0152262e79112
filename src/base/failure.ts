/** What went wrong, for programs: `usage` and `input` are the caller's to mend, `host` the machine's, `internal` ours. */
export type FailureCode = 'usage' | 'input' | 'host' | 'limit' | 'io' | 'internal';

/** An error with a code, and with help that says what to do; its message says what was found. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly help: string | undefined;

  constructor(code: FailureCode, message: string, options: { help?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.help = options.help;
  }
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof Failure;
}
