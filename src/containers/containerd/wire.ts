/**
 * Protocol buffers as far as containerd's messages need them: a message is its fields by number. The library
 * for the whole of it costs seven megabytes of memory and a fifth of a second at the start.
 */
export interface Message {
  /** Empty where the field is not there, as the format has it. */
  text(field: number): string;
  number(field: number): number;
  /** `undefined` where the field is not there. */
  message(field: number): Message | undefined;
  bytes(field: number): Uint8Array | undefined;
  messages(field: number): readonly Message[];
  /** A map from text to text. */
  texts(field: number): Readonly<Record<string, string>>;
}

const utf8 = new TextDecoder();

export function decodeMessage(bytes: Uint8Array): Message {
  const fields = readFields(bytes);
  const last = (field: number): Uint8Array | bigint | undefined => fields.get(field)?.at(-1);
  const chunks = (field: number): readonly Uint8Array[] =>
    (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
  const message: Message = {
    text: (field) => utf8.decode(message.bytes(field)),
    number: (field) => Number(last(field) ?? 0),
    message: (field) => chunks(field).map(decodeMessage).at(-1),
    bytes: (field) => chunks(field).at(-1),
    messages: (field) => chunks(field).map(decodeMessage),
    texts: (field) => Object.fromEntries(message.messages(field).map((entry) => [entry.text(1), entry.text(2)])),
  };
  return message;
}

/** A message whose fields are all text. */
export function encodeTexts(fields: Readonly<Record<number, readonly string[]>>): Uint8Array {
  const out: number[] = [];
  for (const [field, values] of Object.entries(fields)) {
    for (const value of values) {
      const bytes = new TextEncoder().encode(value);
      out.push(...varint((Number(field) << 3) | wireTypes.chunk), ...varint(bytes.length), ...bytes);
    }
  }
  return Uint8Array.from(out);
}

const wireTypes = { varint: 0, fixed64: 1, chunk: 2, fixed32: 5 } as const;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest];
}

function readFields(bytes: Uint8Array): ReadonlyMap<number, readonly (Uint8Array | bigint)[]> {
  const fields = new Map<number, (Uint8Array | bigint)[]>();
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a message of containerd ends in the middle of a number');
  };
  const readChunk = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('a message of containerd ends in the middle of a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const value = readValue(tag & 7, readVarint, readChunk);
    const values = fields.get(tag >>> 3) ?? [];
    values.push(value);
    fields.set(tag >>> 3, values);
  }
  return fields;
}

function readValue(type: number, readVarint: () => bigint, readChunk: (length: number) => Uint8Array): Uint8Array | bigint {
  switch (type) {
    case wireTypes.varint:
      return readVarint();
    case wireTypes.chunk:
      return readChunk(Number(readVarint()));
    case wireTypes.fixed64:
      return readChunk(8);
    case wireTypes.fixed32:
      return readChunk(4);
    default:
      throw new Error(`a message of containerd has a field of the unknown type ${type}`);
  }
}
