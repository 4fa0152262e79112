import { createHash } from 'node:crypto';
import { constants as c } from '#abi';
import type { KernelRecord, OperationRecord, PairRecord, ProcessRecord, TaskRecord } from '#abi';
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

const operationBits: readonly (readonly [number, Operation])[] = [
  [1 << c.opCreateExecutable, 'createExecutable'],
  [1 << c.opModifyExecutable, 'modifyExecutable'],
  [1 << c.opExecMemFd, 'execMemFd'],
  [1 << c.opExecDrift, 'execDrift'],
  [1 << c.opCreateFile, 'createFile'],
  [1 << c.opModifyFile, 'modifyFile'],
  [1 << c.opDeleteFile, 'deleteFile'],
  [1 << c.opFork, 'fork'],
  [1 << c.opExec, 'exec'],
];
const actionBits: readonly (readonly [number, EventAction])[] = [
  [c.actionLog, 'log'],
  [c.actionAlert, 'alert'],
  [c.actionBlock, 'block'],
  [c.actionWouldBlock, 'wouldBlock'],
];
const directoryFlags: readonly (readonly [number, 'forth' | 'back'])[] = [
  [c.operationDirectoryForth, 'forth'],
  [c.operationDirectoryBack, 'back'],
];
const mountKinds: ReadonlyMap<number, EventPair['mount']> = new Map([
  [c.mountImage, 'image'],
  [c.mountVolume, 'volume'],
  [c.mountFile, 'file'],
]);
const hooks: ReadonlyMap<number, Hook> = new Map([
  [c.hookPathMknod, 'path_mknod'],
  [c.hookPathChmod, 'path_chmod'],
  [c.hookPathRename, 'path_rename'],
  [c.hookPathLink, 'path_link'],
  [c.hookPathTruncate, 'path_truncate'],
  [c.hookFileTruncate, 'file_truncate'],
  [c.hookFileOpen, 'file_open'],
  [c.hookBprmCheck, 'bprm_check_security'],
  [c.hookTaskAlloc, 'task_alloc'],
  [c.hookPathUnlink, 'path_unlink'],
  [c.hookPathSymlink, 'path_symlink'],
  [c.hookBprmCreds, 'bprm_creds_from_file'],
  [c.hookMmapFile, 'mmap_file'],
  [c.hookFileMprotect, 'file_mprotect'],
  [c.hookInodeSetxattr, 'inode_setxattr'],
  [c.hookInodeSetAcl, 'inode_set_acl'],
  [c.hookBprmCommitted, 'bprm_committed_creds'],
]);

/** A decoded record in the words of documents; `kernelId` is the random id made with the maps. */
export function toEvent(record: KernelRecord, kernelId: string): KernelEvent {
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

function operationParts(record: OperationRecord): Omit<OperationEvent, 'id' | 'cpu' | 'sequence' | 'timeNs' | 'container'> {
  const directories = named(directoryFlags, record.flags);
  return {
    kind: 'operation',
    hook: hooks.get(record.hook) ?? 'unknown',
    denied: (record.flags & c.operationDenied) !== 0,
    provisional: (record.flags & c.operationProvisional) !== 0,
    undecided: (record.flags & c.operationUndecided) !== 0,
    operations: named(operationBits, record.operations),
    actions: named(actionBits, record.actions),
    possible: named(actionBits, record.possible),
    pairs: record.pairs.map(pair),
    ...(directories.length === 0 ? {} : { directories }),
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

function named<T>(names: readonly (readonly [number, T])[], bits: number): readonly T[] {
  return names.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

function pair(raw: PairRecord): EventPair {
  return {
    operations: named(operationBits, raw.operations),
    actions: named(actionBits, raw.actions),
    paths: pathsOf(raw),
    mount: mountKinds.get(raw.mount) ?? 'image',
  };
}

function pathsOf(raw: Pick<PairRecord, 'paths' | 'mountPath' | 'rootPath'>): EventPaths {
  if ((raw.paths & c.pathsNone) !== 0) return { kind: 'none' };
  const mount = (raw.paths & c.pathsMount) === 0 ? undefined : raw.mountPath;
  const root = (raw.paths & c.pathsRoot) === 0 ? undefined : raw.rootPath;
  const isKnown = (raw.paths & c.pathsUnknown) === 0 && (mount ?? root) !== undefined;
  return isKnown ? { kind: 'paths', mount, root } : { kind: 'unknown' };
}

function processOf(raw: ProcessRecord): EventProcess {
  const executablePaths = pathsOf({ paths: raw.executablePaths, mountPath: raw.executable, rootPath: raw.executableRoot });
  const args = splitAtNul(raw.arguments);
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
    executable: executablePaths.kind === 'paths' ? (executablePaths.mount ?? executablePaths.root) : undefined,
    executablePaths,
    leaderName: raw.leaderName,
    args: raw.argumentsCount === 0 ? args : args.slice(0, raw.argumentsCount),
    argsCut: (raw.flags & c.processArgumentsCut) !== 0 && (raw.argumentsCount === 0 || args.length <= raw.argumentsCount),
  };
}

function task(raw: TaskRecord, optional = false): EventTask | undefined {
  return optional && raw.pid === 0 ? undefined : raw;
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
