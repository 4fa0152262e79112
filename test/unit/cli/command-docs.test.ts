import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const pages = new URL('../../../docs/commands/', import.meta.url).pathname;

interface Block {
  readonly kind: string;
  /** Of a file that cannot have its name as a comment at its top. */
  readonly file: string | undefined;
  readonly text: string;
}

/** Fenced blocks: files with their names, and what is typed with how the answer begins. */
function blocks(page: string): readonly Block[] {
  return [...readFileSync(join(pages, page), 'utf8').matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
    .map(([, kind, file, text]) => ({ kind: kind!, file, text: text! }));
}

let commands = 0;
for (const page of readdirSync(pages)) {
  test(`what docs/commands/${page} shows is so`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'd4c-docs-'));
    try {
      for (const { kind, file, text } of blocks(page)) {
        if (file !== undefined) writeFileSync(join(folder, file), text);
        const name = /^# (\S+)\n/.exec(text)?.[1];
        if (kind === 'yaml' && name !== undefined) writeFileSync(join(folder, name), text.slice(text.indexOf('\n') + 1));
        if (kind === 'console') for (const one of text.split(/^\$ /m).slice(1)) run(folder, one);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('the pages show commands', () => assert.ok(commands >= 4));

function run(folder: string, shown: string): void {
  const [line, ...expected] = shown.split('\n');
  const [program, ...args] = line!.split(' ');
  assert.equal(program, 'd4c');
  const { stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  assert.ok(stdout.startsWith(expected.join('\n').trimEnd()), `${line}\n${stdout}`);
  commands++;
}
