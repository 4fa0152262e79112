/** `node tools/gate/main.ts`: the gate over this checkout; exit 1 on a violation. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runGate } from './gate.ts';

const root = join(import.meta.dirname, '../..');

/** How many modules git knows of, so that a gate that looked at the wrong place is found out. */
function modulesKnownToGit(): number {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { cwd: root, encoding: 'utf8' });
  if (git.status !== 0) throw new Error(`git ls-files failed: ${git.stderr}`);
  const folders = /^(?:src|spec|tools|bench|test)\//;
  return git.stdout.split('\n').filter((file) => folders.test(file) && existsSync(join(root, file))).length;
}

const result = runGate(root, modulesKnownToGit());
for (const { file, line, message } of result.violations) console.log(`${file}:${line}: ${message}`);
console.log(`gate: ${result.modules} modules, ${result.imports} imports, ${result.violations.length} violations`);
if (result.violations.length > 0) process.exitCode = 1;
