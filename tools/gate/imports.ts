import { parseSync, Visitor } from 'oxc-parser';

/** An import as it stands in a file, of whatever kind: value, type, dynamic, re-export, worker's URL. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** All imports of a TypeScript source; a computed one is reported by the specifier `null`. */
export function importsOf(file: string, source: string): { imports: Import[]; computed: number[] } {
  const parsed = parseSync(file, source);
  if (parsed.errors.length > 0) throw new Error(`${file}: ${parsed.errors[0]!.message}`);
  const imports: Import[] = [];
  const computed: number[] = [];
  const lineOf = (offset: number): number => source.slice(0, offset).split('\n').length;
  const add = (node: { type: string; value?: unknown; start: number } | null | undefined): void => {
    if (!node) return;
    if (node.type === 'Literal' && typeof node.value === 'string') {
      imports.push({ specifier: node.value, line: lineOf(node.start) });
    } else computed.push(lineOf(node.start));
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    NewExpression: (node) => {
      const [first, second] = node.arguments;
      const isUrl = node.callee.type === 'Identifier' && node.callee.name === 'URL' && second !== undefined;
      if (isUrl && first?.type === 'Literal' && String(first.value).endsWith('.ts')) add(first);
    },
  }).visit(parsed.program);
  return { imports, computed };
}
