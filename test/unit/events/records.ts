import { constants as c, layouts } from '#abi';

/** Records as the kernel would write them, for tests. */
export interface PairInput {
  readonly operations?: number;
  readonly actions?: number;
  readonly path?: string;
  readonly rootPath?: string;
  /** Left out: as the paths say. */
  readonly paths?: number;
  readonly mount?: number;
}

export interface OperationInput {
  readonly sequence?: bigint;
  readonly cpu?: number;
  readonly container?: bigint;
  readonly timeNs?: bigint;
  readonly hook?: number;
  readonly flags?: number;
  readonly operations?: number;
  readonly actions?: number;
  readonly possible?: number;
  readonly key?: bigint;
  readonly pairs?: readonly PairInput[];
  readonly executable?: string;
  readonly args?: readonly string[];
}

interface Head {
  readonly sequence?: bigint;
  readonly cpu?: number;
  readonly container?: bigint;
  readonly timeNs?: bigint;
}

function head(view: DataView, size: number, kind: number, given: Head): void {
  const at = layouts.recordHead;
  view.setUint32(at.size, size, true);
  view.setUint16(at.kind, kind, true);
  view.setUint16(at.version, c.recordVersion, true);
  view.setBigUint64(at.sequence, given.sequence ?? 1n, true);
  view.setBigUint64(at.timeNs, given.timeNs ?? 1_000n, true);
  view.setBigUint64(at.container, given.container ?? 7n, true);
  view.setUint32(at.cpu, given.cpu ?? 0, true);
}

export function retractionRecord(given: Head & { readonly key: bigint }): Uint8Array {
  const bytes = new Uint8Array(layouts.retractionRecord.bytes);
  const view = new DataView(bytes.buffer);
  head(view, bytes.length, c.recordRetraction, given);
  view.setBigUint64(layouts.retractionRecord.key, given.key, true);
  return bytes;
}

/** Left out: the creation of `/usr/bin/x`, denied. */
export function operationRecord(given: OperationInput = {}): Uint8Array {
  const bytes = new Uint8Array(16_384);
  const view = new DataView(bytes.buffer);
  let end: number = layouts.operationRecord.bytes;
  const slice = (at: number, text: string | undefined): void => {
    if (text === undefined) return;
    const data = new TextEncoder().encode(text);
    view.setUint32(at + layouts.slice.offset, end, true);
    view.setUint32(at + layouts.slice.length, data.length, true);
    bytes.set(data, end);
    end += data.length;
  };
  const at = layouts.operationRecord;
  const actions = given.actions ?? c.actionAlert | c.actionBlock;
  const operations = given.operations ?? 1;
  const pairs = given.pairs ?? [{ operations, actions, path: '/usr/bin/x' }];
  view.setUint32(at.hook, given.hook ?? c.hookPathMknod, true);
  view.setUint32(at.flags, given.flags ?? c.operationDenied, true);
  view.setUint32(at.operations, operations, true);
  view.setUint32(at.actions, actions, true);
  view.setUint32(at.possible, given.possible ?? 0, true);
  view.setUint32(at.pairsCount, pairs.length, true);
  view.setBigUint64(at.key, given.key ?? 0n, true);
  pairs.forEach((pair, i) => {
    const base = at.pairs + i * layouts.pair.bytes;
    const known = (pair.path === undefined ? 0 : c.pathsMount) | (pair.rootPath === undefined ? 0 : c.pathsRoot);
    view.setUint32(base + layouts.pair.operations, pair.operations ?? operations, true);
    view.setUint32(base + layouts.pair.actions, pair.actions ?? actions, true);
    view.setUint32(base + layouts.pair.paths, pair.paths ?? known, true);
    view.setUint32(base + layouts.pair.mount, pair.mount ?? 0, true);
    slice(base + layouts.pair.mountPath, pair.path);
    slice(base + layouts.pair.rootPath, pair.rootPath);
  });
  const self = at.process + layouts.process.self;
  view.setUint32(self + layouts.task.pid, 4711, true);
  view.setBigUint64(self + layouts.task.startNs, 500n, true);
  view.setUint32(at.process + layouts.process.executablePaths, c.pathsMount, true);
  slice(at.process + layouts.process.executable, given.executable ?? '/bin/busybox');
  slice(at.process + layouts.process.arguments, given.args === undefined ? undefined : given.args.map((it) => `${it}\0`).join(''));
  head(view, end, c.recordOperation, given);
  return bytes.slice(0, end);
}
