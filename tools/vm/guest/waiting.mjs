/**
 * A Node process that has started before a snapshot is saved, which takes a second where the processor is emulated,
 * and waits there to be told what it is: one line of JSON on its standard input, the rest of which is the program's.
 * What OpenSSL knew of chance when it started is in each machine of the snapshot the same, for some minutes.
 */
import { readSync, writeSync } from 'node:fs';

const builtins = ['child_process', 'crypto', 'events', 'fs/promises', 'module', 'os', 'readline', 'sqlite', 'stream/promises', 'timers/promises', 'util'];
await Promise.all(builtins.map((name) => import(`node:${name}`)));
writeSync(1, 'waiting\n');
const line = [];
for (const byte = new Uint8Array(1); readSync(0, byte) === 1 && byte[0] !== 10;) line.push(byte[0]);
const { words, cwd, env } = JSON.parse(Buffer.from(line).toString());
process.chdir(cwd);
Object.assign(process.env, env);
process.argv.splice(1, process.argv.length, ...words);
await import(words[0]);
