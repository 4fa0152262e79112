/** The host's end of the guest agent's port: programs are started over it and their streams carried. */
import type { Duplex } from 'node:stream';
import { constants } from 'node:os';
import { randomBytes } from 'node:crypto';
import { Failure } from '#base';
import { concat, decodeExit, encodeExec, encodeFrame, encodeWake, frameKind, frameReader, payloadBytesMax } from './frames.ts';
import type { ExecRequest, Frame } from './frames.ts';

export interface ProgramOptions {
  /** Given chunks are not kept for the result. */
  readonly onStdout?: (chunk: Uint8Array) => void;
  readonly onStderr?: (chunk: Uint8Array) => void;
}

export interface ProgramResult {
  /** As a shell has it: 128 and the signal's number if a signal ended the program. */
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface Program {
  readonly result: Promise<ProgramResult>;
  /** To its standard input, which is open until `end`. */
  write(bytes: Uint8Array): void;
  end(): void;
  /** To its process group. */
  signal(name: NodeJS.Signals): void;
}

export interface Channel {
  /** The agent has said hello. */
  readonly hello: Promise<void>;
  /** Sets the guest's clock and random state from the host's. */
  wake(): Promise<void>;
  start(request: ExecRequest, options: ProgramOptions): Program;
  /** One program of a machine that is saved goes on in those that are made of it, and is taken there. */
  startWaiting(request: ExecRequest, options: ProgramOptions): Program;
  takeWaiting(options: ProgramOptions): Program;
  /** Everything that waits fails with `error`. */
  fail(error: Failure): void;
}

interface Running {
  readonly options: ProgramOptions;
  readonly stdout: Uint8Array[];
  readonly stderr: Uint8Array[];
  readonly done: PromiseWithResolvers<ProgramResult>;
}

const entropyBytes = 64;
/** No other program has it. */
const waitingId = 0xffff;

export function openChannel(port: Duplex): Channel {
  const running = new Map<number, Running>();
  const hello = Promise.withResolvers<void>();
  let woken = Promise.withResolvers<void>();
  let nextId = 0;
  for (const promise of [hello.promise, woken.promise]) promise.catch(() => undefined);
  const send = (kind: number, id: number, payload?: Uint8Array): void => {
    if (!port.destroyed) port.write(encodeFrame(kind, id, payload));
  };
  port.on('data', frameReader((frame) => {
    if (frame.kind === frameKind.hello) hello.resolve();
    else if (frame.kind === frameKind.wake) woken.resolve();
    else handleProgramFrame(running, frame);
  }));
  const attach = (id: number, options: ProgramOptions): Program => {
    const program = { options, stdout: [], stderr: [], done: Promise.withResolvers<ProgramResult>() };
    running.set(id, program);
    return programHandle(program.done.promise, (kind, payload) => send(kind, id, payload));
  };
  const startAs = (id: number, request: ExecRequest, options: ProgramOptions): Program => {
    const program = attach(id, options);
    send(frameKind.exec, id, encodeExec(request));
    return program;
  };
  return {
    hello: hello.promise,
    wake() {
      woken = Promise.withResolvers<void>();
      send(frameKind.wake, 0, encodeWake(Date.now(), randomBytes(entropyBytes)));
      return woken.promise;
    },
    start(request, options) {
      nextId = (nextId % (waitingId - 1)) + 1;
      return startAs(nextId, request, options);
    },
    startWaiting: (request, options) => startAs(waitingId, request, options),
    takeWaiting: (options) => attach(waitingId, options),
    fail(error) {
      hello.reject(error);
      woken.reject(error);
      for (const program of running.values()) program.done.reject(error);
      running.clear();
    },
  };
}

function programHandle(
  result: Promise<ProgramResult>,
  send: (kind: number, payload?: Uint8Array) => void,
): Program {
  return {
    result,
    write(bytes) {
      // An empty frame is the end of the input.
      for (let at = 0; at < bytes.length; at += payloadBytesMax) {
        send(frameKind.stdin, bytes.subarray(at, at + payloadBytesMax));
      }
    },
    end: () => send(frameKind.stdin),
    signal: (name) => send(frameKind.signal, new Uint8Array(new Uint32Array([constants.signals[name]]).buffer)),
  };
}

function handleProgramFrame(running: Map<number, Running>, { kind, id, payload }: Frame): void {
  const program = running.get(id);
  if (!program) return;
  switch (kind) {
    case frameKind.stdout:
      if (program.options.onStdout) program.options.onStdout(payload);
      else program.stdout.push(payload);
      return;
    case frameKind.stderr:
      if (program.options.onStderr) program.options.onStderr(payload);
      else program.stderr.push(payload);
      return;
    case frameKind.error: {
      const text = new TextEncoder().encode(`cannot start ${new TextDecoder().decode(payload)}\n`);
      handleProgramFrame(running, { kind: frameKind.stderr, id, payload: text });
      return;
    }
    case frameKind.exit:
      running.delete(id);
      program.done.resolve(programResult(program, payload));
      return;
    default:
      program.done.reject(new Failure('internal', `the guest sent a frame of kind ${kind}`));
  }
}

function programResult(program: Running, payload: Uint8Array): ProgramResult {
  const { code, signal } = decodeExit(payload);
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return {
    code: signal === 0 ? code : 128 + signal,
    signal: name === undefined ? null : (name as NodeJS.Signals),
    stdout: concat(program.stdout),
    stderr: concat(program.stderr),
  };
}
