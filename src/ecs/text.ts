/** Bytes as text, with what a lossless reader needs beside it. */
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toText(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** Whether the text alone says what the bytes were. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false; // that is the answer: `fatal` has no other way to give it
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Without its dot; unset for `.profile` and for names without one. */
export function extension(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1) : undefined;
}

/** `2026-11-23T17:45:01.123456Z` of nanoseconds since the epoch. */
export function toTimestamp(epochNs: bigint): string {
  const milliseconds = epochNs / 1_000_000n;
  const microseconds = (epochNs / 1000n) % 1000n;
  const text = new Date(Number(milliseconds)).toISOString();
  return `${text.slice(0, -1)}${microseconds.toString().padStart(3, '0')}Z`;
}
