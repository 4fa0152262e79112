/**
 * The gate: holds the table of layers on the resolved import graph of a tree. It reads every TypeScript file,
 * resolves each import to a file, and fails on an import that the table does not allow, on one that does not
 * resolve, on a file that nothing reaches, and if it saw fewer modules than exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { importsOf } from './imports.ts';
import type { Layer } from './table.ts';
import { byPath, entryFiles, entryLayers, layers } from './table.ts';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface GateResult {
  readonly modules: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
}

const sourceFolders = ['src', 'spec', 'tools', 'bench', 'test'];

/** Checks the tree at `root`; `expected` is the count of modules that exist by another count than the gate's own. */
export function runGate(root: string, expected: number): GateResult {
  const files = sourceFolders.flatMap((folder) => filesBelow(root, folder));
  const aliases = readAliases(root);
  const violations: Violation[] = [];
  const reached = new Set(files.filter(isEntry));
  let imports = 0;
  for (const file of files) {
    const found = importsOf(file, readFileSync(join(root, file), 'utf8'));
    for (const line of found.computed) violations.push({ file, line, message: 'computed import: the gate cannot follow it' });
    for (const { specifier, line } of found.imports) {
      imports++;
      const target = resolve(root, file, specifier, aliases);
      const message = judge(file, specifier, target);
      if (message !== null) violations.push({ file, line, message });
      if (target !== null && target !== file) reached.add(target);
    }
  }
  for (const file of files) if (!reached.has(file)) violations.push({ file, line: 1, message: 'nothing imports this file' });
  if (files.length === 0 || files.length < expected) {
    violations.push({ file: '.', line: 1, message: `saw ${files.length} modules, but ${expected} exist` });
  }
  return { modules: files.length, imports, violations };
}

export function layerOf(file: string): Layer | undefined {
  return layers
    .filter((layer) => file.startsWith(`${layer.folder}/`))
    .reduce<Layer | undefined>((best, layer) => (best && best.folder.length > layer.folder.length ? best : layer), undefined);
}

function isEntry(file: string): boolean {
  return entryFiles.includes(file) || entryLayers.includes(layerOf(file)?.name ?? '');
}

function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function readAliases(root: string): Map<string, string> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const table = (manifest as { imports?: Record<string, string> }).imports ?? {};
  return new Map(Object.entries(table).map(([name, path]) => [name, normalize(path)]));
}

/** The file an import leads to; `null` for packages, Node's modules and what does not resolve. */
function resolve(root: string, from: string, specifier: string, aliases: Map<string, string>): string | null {
  const target = specifier.startsWith('.') ? join(dirname(from), specifier) : aliases.get(specifier);
  return target !== undefined && existsSync(join(root, target)) ? normalize(target) : null;
}

/** What is wrong with an import; `null` if nothing. */
function judge(file: string, specifier: string, target: string | null): string | null {
  const own = layerOf(file);
  if (!own) return 'this file is in no layer of the table';
  if (isBuiltin(specifier)) return own.node ? null : `\`${own.name}\` runs in browsers too and may not use \`${specifier}\``;
  if (!specifier.startsWith('.') && !specifier.startsWith('#')) return judgePackage(own, specifier);
  if (target === null) return `\`${specifier}\` does not resolve to a file`;
  if (target.endsWith('.json')) return null;
  const other = layerOf(target);
  if (!other) return `\`${target}\` is in no layer of the table`;
  if (other === own) return specifier.startsWith('#') ? 'inside a layer imports are relative' : null;
  if (!own.layers.includes(other.name)) return `\`${own.name}\` may not import \`${other.name}\``;
  const throughIndex = specifier === `#${other.name}`;
  if (!throughIndex && !byPath.includes(other.name) && own.name !== 'test') {
    return `import \`${other.name}\` through \`#${other.name}\``;
  }
  return null;
}

function judgePackage(own: Layer, specifier: string): string | null {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
  if (own.packages.includes('*') || own.packages.includes(name)) return null;
  return `\`${own.name}\` may not use the package \`${name}\``;
}
