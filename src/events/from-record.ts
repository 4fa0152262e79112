import { createHash } from 'node:crypto';
import type {
  EventAction,
  EventPair,
  EventPaths,
  EventProcess,
  EventTask,
  Hook,
  KernelEvent,
  Operation,
  OperationEvent,
} from './model.ts';
import type { RawOperation, RawPair, RawProcess, RawRecord, RawTask } from './raw.ts';

const operationBits: readonly Operation[] = [
  'createExecutable',
  'modifyExecutable',
  'execMemFd',
  'execDrift',
  'createFile',
  'modifyFile',
  'deleteFile',
  'fork',
  'exec',
];
const actionBits: readonly EventAction[] = ['log', 'alert', 'block', 'wouldBlock'];
const mountKinds = ['image', 'volume', 'file'] as const;
/** By number; 0 is none. */
const hooks: readonly Hook[] = [
  'unknown',
  'path_mknod',
  'path_chmod',
  'path_rename',
  'path_link',
  'path_truncate',
  'file_truncate',
  'file_open',
  'bprm_check_security',
  'task_alloc',
  'path_unlink',
  'path_symlink',
  'bprm_creds_from_file',
  'mmap_file',
  'file_mprotect',
  'inode_setxattr',
  'inode_set_acl',
];

const pathsFlags = { mount: 1, root: 2, none: 4, unknown: 8 } as const;
const operationFlags = { denied: 1, provisional: 2, undecided: 4 } as const;
const argumentsCut = 1;

/** A decoded record in the words of documents; `kernelId` is the random id made with the maps. */
export function toEvent(record: RawRecord, kernelId: string): KernelEvent {
  const base = {
    id: eventId(kernelId, record.cpu, record.sequence),
    cpu: record.cpu,
    sequence: record.sequence,
    timeNs: record.timeNs,
    container: record.container,
  };
  switch (record.kind) {
    case 'operation':
      return Object.freeze({ ...base, ...operationParts(record) });
    case 'retraction':
      return Object.freeze({ ...base, kind: record.kind, key: record.key });
    case 'containerBegin':
    case 'containerEnd': {
      const { kind, pid, pidNamespace, mountNamespace } = record;
      return Object.freeze({ ...base, kind, pid, pidNamespace, mountNamespace });
    }
  }
}

/** Bytes of the hash that name an event: collisions within 2^64 events are not to be had. */
const idBytes = 16;

export function eventId(kernelId: string, cpu: number, sequence: bigint): string {
  const digest = createHash('sha256').update(`${kernelId}\n${cpu}\n${sequence}`).digest();
  return digest.subarray(0, idBytes).toString('hex');
}

function operationParts(record: RawOperation): Omit<OperationEvent, 'id' | 'cpu' | 'sequence' | 'timeNs' | 'container'> {
  return {
    kind: 'operation',
    hook: hooks[record.hook] ?? 'unknown',
    denied: (record.flags & operationFlags.denied) !== 0,
    provisional: (record.flags & operationFlags.provisional) !== 0,
    undecided: (record.flags & operationFlags.undecided) !== 0,
    operations: named(operationBits, record.operations),
    actions: named(actionBits, record.actions),
    possible: named(actionBits, record.possible),
    pairs: record.pairs.map(pair),
    key: record.key,
    file: {
      mode: record.fileMode,
      newMode: record.fileNewMode,
      links: record.fileLinks,
      device: record.fileDevice,
      inode: record.fileInode,
      uid: record.fileUid,
      gid: record.fileGid,
    },
    process: processOf(record.process),
  };
}

function named<T>(names: readonly T[], bits: number): readonly T[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

function pair(raw: RawPair): EventPair {
  return {
    operations: named(operationBits, raw.operations),
    actions: named(actionBits, raw.actions),
    paths: pathsOf(raw),
    mount: mountKinds[raw.mount] ?? 'image',
  };
}

function pathsOf(raw: RawPair): EventPaths {
  if ((raw.paths & pathsFlags.none) !== 0) return { kind: 'none' };
  const mount = (raw.paths & pathsFlags.mount) === 0 ? undefined : raw.mountPath;
  const root = (raw.paths & pathsFlags.root) === 0 ? undefined : raw.rootPath;
  const isKnown = (raw.paths & pathsFlags.unknown) === 0 && (mount ?? root) !== undefined;
  return isKnown ? { kind: 'paths', mount, root } : { kind: 'unknown' };
}

function processOf(raw: RawProcess): EventProcess {
  return {
    self: task(raw.self)!,
    parent: task(raw.parent, true),
    groupLeader: task(raw.groupLeader, true),
    sessionLeader: task(raw.sessionLeader, true),
    entryLeader: task(raw.entryLeader, true),
    tid: raw.tid,
    namespacePid: raw.namespacePid,
    euid: raw.euid,
    egid: raw.egid,
    containerUid: raw.containerUid,
    containerGid: raw.containerGid,
    pidNamespace: raw.pidNamespace,
    mountNamespace: raw.mountNamespace,
    interactive: raw.tty !== 0,
    executable: raw.executable.length === 0 ? undefined : raw.executable,
    args: splitAtNul(raw.arguments),
    argsCut: (raw.flags & argumentsCut) !== 0,
  };
}

function task(raw: RawTask, optional = false): EventTask | undefined {
  if (optional && raw.pid === 0) return undefined;
  const end = raw.comm.indexOf(0);
  return { pid: raw.pid, startNs: raw.startNs, comm: end < 0 ? raw.comm : raw.comm.slice(0, end) };
}

/** Arguments end in NUL each; the last one may have been cut before it. */
function splitAtNul(bytes: Uint8Array): readonly Uint8Array[] {
  const args: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul < 0 ? bytes.length : nul;
    args.push(bytes.slice(start, end));
    start = end + 1;
  }
  return args;
}
