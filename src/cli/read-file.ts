import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Failure } from '#base';
import { limits } from '#policy';

/**
 * A policy's bytes, `-` is standard input. One byte more than the limit is read at most: that is enough to tell
 * that it is too large, also of a pipe that never ends.
 */
export async function readPolicyFile(file: string): Promise<Uint8Array> {
  try {
    if (file !== '-' && (await stat(file)).isDirectory()) {
      throw new Failure('io', `\`${file}\` is a directory`, {
        help: `name the files in it: \`${file.replace(/\/+$/, '')}/*.yaml\``,
      });
    }
    const most = limits.fileBytesMax + 1;
    const stream =
      file === '-'
        ? process.stdin
        : createReadStream(file, { end: most - 1, highWaterMark: 256 * 1024 });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of stream) {
      chunks.push(chunk as Uint8Array);
      length += (chunk as Uint8Array).length;
      if (length >= most) break;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): unknown {
  if (error instanceof Failure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const name = file === '-' ? 'standard input' : `\`${file}\``;
  const known: Readonly<Record<string, readonly [string, string]>> = {
    ENOENT: ['does not exist', 'give the path of a policy file, or `-` for standard input'],
    ENOTDIR: [
      'does not exist: a part of its path is no directory',
      'give the path of a policy file, or `-` for standard input',
    ],
    EACCES: [
      'cannot be read: permission denied',
      'give your user the right to read it and to enter the directories above',
    ],
    EPERM: ['cannot be read: the system does not permit it', 'give your user the right to read it'],
    EISDIR: ['is a directory', 'name the files in it'],
    ELOOP: ['cannot be read: its symbolic links lead in a circle', 'mend the links'],
    ENAMETOOLONG: ['cannot be read: the name is too long', 'give the path of a policy file'],
  };
  const [what, help] = known[code] ?? [
    `cannot be read: ${(error as Error).message}`,
    'give a file that can be read',
  ];
  return new Failure('io', `${name} ${what}`, { help, cause: error });
}
