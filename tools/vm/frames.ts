/** Frames between host and guest: the mirror of the table at the head of guest/agent.c. */

export const frameKind = {
  exec: 1,
  stdin: 2,
  signal: 3,
  wake: 4,
  hello: 16,
  stdout: 17,
  stderr: 18,
  exit: 19,
  error: 20,
} as const;

/** PAYLOAD_MAX of the agent. */
export const payloadBytesMax = 1 << 20;
const headBytes = 8;

export interface Frame {
  readonly kind: number;
  /** Which program of the guest; 0: none. */
  readonly id: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(kind: number, id: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  if (payload.length > payloadBytesMax) throw new RangeError(`a frame of ${payload.length} bytes`);
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint16(4, kind, true);
  view.setUint16(6, id, true);
  bytes.set(payload, headBytes);
  return bytes;
}

/** Returns a function to be given the stream's chunks; whole frames go to `onFrame`, in order. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let rest: Uint8Array = new Uint8Array();
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : concat([rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const end = at + headBytes + view.getUint32(at, true);
      if (end > bytes.length) break;
      onFrame({
        kind: view.getUint16(at + 4, true),
        id: view.getUint16(at + 6, true),
        payload: bytes.slice(at + headBytes, end),
      });
      at = end;
    }
    rest = bytes.slice(at);
  };
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export function encodeExec({ command, cwd, env }: ExecRequest): Uint8Array {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const strings = [cwd, ...command, ...variables];
  for (const text of strings) {
    if (text.includes('\0')) throw new RangeError('a NUL in a command, its folder or its environment');
  }
  const counts = new Uint8Array(new Uint32Array([command.length, variables.length]).buffer);
  return concat([counts, new TextEncoder().encode(strings.map((text) => `${text}\0`).join(''))]);
}

/** The time now, and random bytes: a machine restored from a snapshot has neither of its own. */
export function encodeWake(nowMs: number, random: Uint8Array): Uint8Array {
  const time = new DataView(new ArrayBuffer(16));
  const seconds = Math.floor(nowMs / 1000);
  time.setBigUint64(0, BigInt(seconds), true);
  time.setBigUint64(8, BigInt(Math.floor((nowMs - seconds * 1000) * 1e6)), true);
  return concat([new Uint8Array(time.buffer), random]);
}

export function decodeExit(payload: Uint8Array): { code: number; signal: number } {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return { code: view.getUint32(0, true), signal: view.getUint32(4, true) };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
