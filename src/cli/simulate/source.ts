import { createReadStream, existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Failure } from '#base';
import { openDatabase } from '#outputs';

/** One document as text, and where it stands. */
export interface RawDocument {
  readonly text: string;
  readonly place: string;
}

const sqliteMark = 'SQLite format 3\0';
/** A document is a few kilobytes; what has no line end for longer is none. */
const lineBytesMax = 8 * 1024 * 1024;
const batchRows = 1_000;

/** Documents of a store (`d4c.db`), of a file of JSON lines, or of standard input (`-`), one after the other. */
export async function* readEvents(source: string): AsyncGenerator<RawDocument> {
  if (source !== '-') await mustBeFile(source);
  if (source !== '-' && (await isStore(source))) yield* readStore(source);
  else yield* readLines(source);
}

async function mustBeFile(source: string): Promise<void> {
  if (!existsSync(source)) {
    throw new Failure('io', `the events \`${source}\` do not exist`, { help: 'give a file of JSON lines, the store of an agent (`d4c.db`), or `-` for standard input' });
  }
  if (!(await stat(source)).isDirectory()) return;
  throw new Failure('io', `the events \`${source}\` are a directory`, { help: 'name one file in it; several are given as `cat FILE… | d4c policy simulate … --events -`' });
}

async function isStore(source: string): Promise<boolean> {
  try {
    await using file = await open(source);
    if (!(await file.stat()).isFile()) return false; // a pipe: what is read of it is gone
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sqliteMark.length), 0, sqliteMark.length, 0);
    return bytesRead === sqliteMark.length && buffer.toString('latin1') === sqliteMark;
  } catch (cause) {
    throw new Failure('io', `the events \`${source}\` cannot be read`, { cause });
  }
}

function* readStore(source: string): Generator<RawDocument> {
  try {
    using database = openDatabase(source, { readOnly: true });
    for (let after = 0; ; ) {
      const rows = database.documents(after, batchRows);
      for (const { seq, document } of rows) yield { text: document, place: `document ${seq}` };
      if (rows.length < batchRows) return;
      after = rows.at(-1)!.seq;
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const help = 'give the store of an agent; if it is in use, your user must be allowed to read the files beside it (`-wal`, `-shm`)';
    throw new Failure('io', `the store \`${source}\` cannot be read: ${(cause as Error).message}`, { help, cause });
  }
}

async function* readLines(source: string): AsyncGenerator<RawDocument> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  const line = (bytes: Uint8Array): RawDocument => ({ text: Buffer.from(bytes).toString('utf8'), place: `line ${++number}` });
  try {
    for await (const chunk of stream) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      let start = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
        yield line(rest.subarray(start, end));
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > lineBytesMax) {
        throw new Failure('input', `line ${number + 1} of the events does not end within ${lineBytesMax} bytes`, { help: 'give JSON lines: one document a line' });
      }
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('io', `the events \`${source}\` cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (rest.length > 0) yield line(rest);
}

/** The document of a line; also of an array that has one a line, as `d4c alerts --json` writes it. `null`: it is empty. */
export function parseLine(line: string): unknown {
  const bare = line.trim().replace(/^\[(?=\s*(?:\{|\]|$))/, '').replace(/(?<=^|\})\s*(?:,|\])+\s*$/, '').trim();
  return bare === '' ? null : JSON.parse(bare);
}
