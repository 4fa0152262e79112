/** Bytes that are to be text: what they say, and where they stop being UTF-8. */
export interface Decoded {
  /** Without byte order mark; bytes that are no UTF-8 are U+FFFD. */
  readonly text: string;
  readonly bad: {
    readonly byte: number;
    readonly offsetBytes: number;
    readonly offset: number;
  } | null;
}

export function decode(bytes: Uint8Array): Decoded {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bad: null };
  } catch {
    const offsetBytes = firstBad(bytes);
    const lenient = new TextDecoder('utf-8');
    return {
      text: lenient.decode(bytes),
      bad: {
        byte: bytes[offsetBytes] ?? 0,
        offsetBytes,
        offset: lenient.decode(bytes.subarray(0, offsetBytes)).length,
      },
    };
  }
}

/** The first byte of the first sequence that is not well-formed UTF-8. */
function firstBad(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Length of the well-formed sequence at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead < 0xe0
      ? 2
      : lead >= 0xe0 && lead < 0xf0
        ? 3
        : lead >= 0xf0 && lead < 0xf5
          ? 4
          : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const beyond = (lead === 0xed && second >= 0xa0) || (lead === 0xf4 && second >= 0x90);
  return overlong || beyond ? 0 : length;
}
