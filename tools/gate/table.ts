/** Who may import whom: the table of design.md as data. `gate.ts` holds it on the resolved import graph. */
export interface Layer {
  readonly name: string;
  /** Folder, relative to the root; the longest that fits a file is the file's layer. */
  readonly folder: string;
  /** Layers that it may import, through their `#name` alone. */
  readonly layers: readonly string[];
  /** npm packages that it may import. */
  readonly packages: readonly string[];
  /** Whether it may use Node's own modules: what runs in a browser may not. */
  readonly node: boolean;
}

const product = [
  'base', 'abi', 'policy', 'compiler', 'kernel', 'containers', 'events', 'ecs', 'outputs', 'control', 'agent',
];

export const layers: readonly Layer[] = [
  layer('base', 'src/base', []),
  layer('abi', 'src/abi', ['base']),
  layer('policy', 'src/policy', ['base'], ['yaml']),
  layer('compiler', 'src/compiler', ['base', 'abi', 'policy']),
  layer('kernel', 'src/kernel', ['base', 'abi'], [], true),
  layer('containers', 'src/containers', ['base'], ['@grpc/grpc-js'], true),
  layer('events', 'src/events', ['base', 'abi'], [], true),
  layer('ecs', 'src/ecs', ['base', 'events', 'containers']),
  layer('outputs', 'src/outputs', ['base'], [], true),
  layer('control', 'src/control', ['base'], [], true),
  layer('agent', 'src/agent', product.slice(0, -1), ['yaml'], true),
  layer('cli', 'src/cli', [...product, 'oracle', 'vm'], ['commander', 'yaml'], true),
  layer('oracle', 'spec/oracle', ['base', 'policy']),
  layer('vm', 'tools/vm', ['base'], [], true),
  layer('tools', 'tools', [...product, 'oracle', 'vm', 'gate'], ['*'], true),
  layer('gate', 'tools/gate', [], ['oxc-parser'], true),
  layer('bench', 'bench', [...product, 'oracle', 'vm', 'cli'], ['*'], true),
  layer('test', 'test', [...product, 'oracle', 'vm', 'tools', 'gate', 'cli', 'bench'], ['*'], true),
];

/** Layers whose files need not be reached from another file: they are where programs and tests begin. */
export const entryLayers: readonly string[] = ['test', 'tools', 'bench'];
/** Files of other layers that programs begin in. */
export const entryFiles: readonly string[] = ['src/cli/main.ts', 'src/outputs/store/worker.ts', 'tools/gate/main.ts', 'tools/vm/cli.ts'];
/** Layers without an `index.ts` of their own are imported by path; all others through `#name`. */
export const byPath: readonly string[] = ['tools', 'gate', 'cli', 'bench', 'test'];

function layer(
  name: string,
  folder: string,
  imports: readonly string[],
  packages: readonly string[] = [],
  node = false,
): Layer {
  return { name, folder, layers: imports, packages, node };
}
