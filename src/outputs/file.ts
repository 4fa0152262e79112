import { mkdirSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toLine } from './model.ts';
import type { Output } from './model.ts';

export interface FileOutputOptions {
  readonly path: string;
  /** The file is put aside as `PATH.1` before it would outgrow this. */
  readonly maxBytes: number;
  /** Files put aside that are kept. */
  readonly keep: number;
}

/** JSON lines in a file that is rotated by size. A written batch is on the disk. */
export function fileOutput(options: FileOutputOptions): Output {
  let handle: FileHandle | undefined;
  let bytes = 0;

  async function reopen(): Promise<FileHandle> {
    mkdirSync(dirname(options.path), { recursive: true });
    const opened = await open(options.path, 'a+', 0o600);
    bytes = await wholeLines(opened);
    handle = opened;
    return opened;
  }

  /** The file that is open may have been moved away by somebody else's rotation. */
  async function current(): Promise<FileHandle> {
    if (handle === undefined) return reopen();
    const [ours, there] = await Promise.all([handle.stat(), stat(options.path).catch(() => undefined)]);
    if (there?.ino === ours.ino && there.dev === ours.dev) {
      bytes = ours.size; // somebody else may have emptied it
      return handle;
    }
    await shut();
    return reopen();
  }

  async function rotate(): Promise<FileHandle> {
    await shut();
    await rm(`${options.path}.${options.keep}`, { force: true });
    for (let i = options.keep - 1; i >= 1; i--) await moveIfThere(`${options.path}.${i}`, `${options.path}.${i + 1}`);
    if (options.keep > 0) await moveIfThere(options.path, `${options.path}.1`);
    else await rm(options.path, { force: true });
    return reopen();
  }

  async function shut(): Promise<void> {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  }

  return {
    name: 'file',
    async write(batch) {
      const data = Buffer.from(batch.map(({ document }) => `${toLine(document)}\n`).join(''));
      let target = await current();
      if (bytes > 0 && bytes + data.length > options.maxBytes) target = await rotate();
      const before = bytes;
      try {
        await target.appendFile(data);
        await target.datasync();
        bytes += data.length;
      } catch (error) {
        // Half a batch would come twice: the batch is given again as a whole.
        await target.truncate(before);
        await shut();
        throw error;
      }
    },
    close: shut,
  };
}

/** What a writer that was killed left of a line goes: its batch was not taken, and is given again. */
async function wholeLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const step = 65_536;
  for (let end = size; end > 0; end -= step) {
    const start = Math.max(0, end - step);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (newline < 0) continue;
    const whole = start + newline + 1;
    if (whole < size) await handle.truncate(whole);
    return whole;
  }
  if (size > 0) await handle.truncate(0);
  return 0;
}

async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
