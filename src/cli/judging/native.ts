import { spawn } from 'node:child_process';
import type { Judge } from './engines.ts';
import { compile } from '#compiler';
import { Failure } from '#base';
import { encodeEvent, readVerdicts } from './native-wire.ts';

/** The decision core as a program of this machine: a table and events go in, outcomes come out. */
export function openNative(program: string): Judge {
  return async (policies, facts, event) => {
    const table = compile(policies, facts).table;
    return readVerdicts(await exchange(program, encodeEvent(table, event)))[0]!;
  };
}

async function exchange(program: string, input: Uint8Array): Promise<Uint8Array> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Uint8Array[] = [];
  let errors = '';
  child.stdout.on('data', (chunk: Uint8Array) => out.push(chunk));
  child.stderr.on('data', (chunk: Uint8Array) => (errors += Buffer.from(chunk).toString()));
  child.stdin.on('error', () => undefined); // a program that ended early says why by its status
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Failure('internal', `the decision core ended with status ${code}: ${errors.trim()}`);
  return Buffer.concat(out);
}
