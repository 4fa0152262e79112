/**
 * Records of the rings as objects: the C structures of bpf/include/d4c_record.h with their names in camelCase.
 * Bytes are copies. What does not lie within its record is refused, never read.
 */
import { Failure } from '#base';
import { constants, layouts } from './contract.gen.ts';

export interface RecordHead {
  readonly sequence: bigint;
  readonly timeNs: bigint;
  /** Its cgroup id. */
  readonly container: bigint;
  readonly cpu: number;
}

export interface TaskRecord {
  readonly startNs: bigint;
  readonly pid: number;
  readonly comm: Uint8Array;
}

export interface PairRecord {
  readonly operations: number;
  readonly actions: number;
  readonly paths: number;
  readonly mount: number;
  readonly mountPath: Uint8Array;
  readonly rootPath: Uint8Array;
}

export interface ProcessRecord {
  readonly self: TaskRecord;
  readonly parent: TaskRecord;
  readonly groupLeader: TaskRecord;
  readonly sessionLeader: TaskRecord;
  readonly entryLeader: TaskRecord;
  readonly tid: number;
  readonly namespacePid: number;
  readonly uid: number;
  readonly gid: number;
  readonly euid: number;
  readonly egid: number;
  readonly containerUid: number;
  readonly containerGid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
  readonly tty: number;
  readonly flags: number;
  /** Strings that belong to the program, of those in `arguments`; 0: all. */
  readonly argumentsCount: number;
  readonly executablePaths: number;
  readonly executable: Uint8Array;
  readonly executableRoot: Uint8Array;
  readonly leaderName: Uint8Array;
  readonly arguments: Uint8Array;
}

export interface OperationRecord extends RecordHead {
  readonly kind: 'operation';
  readonly hook: number;
  readonly flags: number;
  readonly operations: number;
  readonly actions: number;
  readonly possible: number;
  readonly key: bigint;
  readonly fileMode: number;
  readonly fileNewMode: number;
  readonly fileLinks: number;
  readonly fileDevice: number;
  readonly fileInode: bigint;
  readonly fileUid: number;
  readonly fileGid: number;
  readonly pairs: readonly PairRecord[];
  readonly process: ProcessRecord;
}

export interface RetractionRecord extends RecordHead {
  readonly kind: 'retraction';
  readonly key: bigint;
}

export interface ContainerRecord extends RecordHead {
  readonly kind: 'containerBegin' | 'containerEnd';
  readonly pid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
  readonly userNamespace: number;
}

export type KernelRecord = OperationRecord | RetractionRecord | ContainerRecord;

/** One record as it came out of a ring. */
export function decodeRecord(bytes: Uint8Array): KernelRecord {
  const reader = readerOf(bytes);
  const at = layouts.recordHead;
  const size = reader.u32(at.size);
  const version = reader.u16(at.version);
  if (version !== constants.recordVersion) throw malformed(`its version is ${version}`);
  if (size !== bytes.byteLength) throw malformed(`it has ${bytes.byteLength} bytes and says ${size}`);
  const head: RecordHead = {
    sequence: reader.u64(at.sequence),
    timeNs: reader.u64(at.timeNs),
    container: reader.u64(at.container),
    cpu: reader.u32(at.cpu),
  };
  const kind = reader.u16(at.kind);
  switch (kind) {
    case constants.recordOperation:
      return Object.freeze({ ...head, ...decodeOperation(reader) });
    case constants.recordRetraction:
      return Object.freeze({ ...head, kind: 'retraction', key: reader.u64(layouts.retractionRecord.key) });
    case constants.recordContainerBegin:
      return Object.freeze({ ...head, kind: 'containerBegin', ...decodeContainer(reader) });
    case constants.recordContainerEnd:
      return Object.freeze({ ...head, kind: 'containerEnd', ...decodeContainer(reader) });
    default:
      throw malformed(`its kind is ${kind}`);
  }
}

interface Reader {
  u16(offset: number): number;
  u32(offset: number): number;
  u64(offset: number): bigint;
  bytes(offset: number, length: number): Uint8Array;
}

function malformed(what: string): Failure {
  return new Failure('internal', `a record of the kernel can't be read: ${what}`);
}

function readerOf(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const within = (offset: number, length: number): number => {
    if (offset + length > bytes.byteLength) throw malformed(`it ends at ${bytes.byteLength}, before ${offset + length}`);
    return offset;
  };
  return {
    u16: (offset) => view.getUint16(within(offset, 2), true),
    u32: (offset) => view.getUint32(within(offset, 4), true),
    u64: (offset) => view.getBigUint64(within(offset, 8), true),
    bytes: (offset, length) => bytes.slice(within(offset, length), offset + length),
  };
}

function decodeContainer(reader: Reader): Omit<ContainerRecord, keyof RecordHead | 'kind'> {
  const at = layouts.containerRecord;
  return {
    pid: reader.u32(at.pid),
    pidNamespace: reader.u32(at.pidNamespace),
    mountNamespace: reader.u32(at.mountNamespace),
    userNamespace: reader.u32(at.userNamespace),
  };
}

function decodeOperation(reader: Reader): Omit<OperationRecord, keyof RecordHead> {
  const at = layouts.operationRecord;
  const count = reader.u32(at.pairsCount);
  if (count > constants.pairsMax) throw malformed(`it has ${count} pairs`);
  return {
    kind: 'operation',
    hook: reader.u32(at.hook),
    flags: reader.u32(at.flags),
    operations: reader.u32(at.operations),
    actions: reader.u32(at.actions),
    possible: reader.u32(at.possible),
    key: reader.u64(at.key),
    fileMode: reader.u32(at.fileMode),
    fileNewMode: reader.u32(at.fileNewMode),
    fileLinks: reader.u32(at.fileLinks),
    fileDevice: reader.u32(at.fileDevice),
    fileInode: reader.u64(at.fileInode),
    fileUid: reader.u32(at.fileUid),
    fileGid: reader.u32(at.fileGid),
    pairs: Array.from({ length: count }, (_, i) => decodePair(reader, at.pairs + i * layouts.pair.bytes)),
    process: decodeProcess(reader, at.process),
  };
}

function decodeSlice(reader: Reader, offset: number): Uint8Array {
  const length = reader.u32(offset + layouts.slice.length);
  return length === 0 ? new Uint8Array(0) : reader.bytes(reader.u32(offset + layouts.slice.offset), length);
}

function decodePair(reader: Reader, base: number): PairRecord {
  const at = layouts.pair;
  return {
    operations: reader.u32(base + at.operations),
    actions: reader.u32(base + at.actions),
    paths: reader.u32(base + at.paths),
    mount: reader.u32(base + at.mount),
    mountPath: decodeSlice(reader, base + at.mountPath),
    rootPath: decodeSlice(reader, base + at.rootPath),
  };
}

function decodeTask(reader: Reader, base: number): TaskRecord {
  const at = layouts.task;
  const comm = reader.bytes(base + at.comm, constants.commBytes);
  const end = comm.indexOf(0);
  return {
    startNs: reader.u64(base + at.startNs),
    pid: reader.u32(base + at.pid),
    comm: end < 0 ? comm : comm.slice(0, end),
  };
}

function decodeProcess(reader: Reader, base: number): ProcessRecord {
  const at = layouts.process;
  return {
    self: decodeTask(reader, base + at.self),
    parent: decodeTask(reader, base + at.parent),
    groupLeader: decodeTask(reader, base + at.groupLeader),
    sessionLeader: decodeTask(reader, base + at.sessionLeader),
    entryLeader: decodeTask(reader, base + at.entryLeader),
    tid: reader.u32(base + at.tid),
    namespacePid: reader.u32(base + at.namespacePid),
    uid: reader.u32(base + at.uid),
    gid: reader.u32(base + at.gid),
    euid: reader.u32(base + at.euid),
    egid: reader.u32(base + at.egid),
    containerUid: reader.u32(base + at.containerUid),
    containerGid: reader.u32(base + at.containerGid),
    pidNamespace: reader.u32(base + at.pidNamespace),
    mountNamespace: reader.u32(base + at.mountNamespace),
    tty: reader.u32(base + at.tty),
    flags: reader.u32(base + at.flags),
    argumentsCount: reader.u32(base + at.argumentsCount),
    executablePaths: reader.u32(base + at.executablePaths),
    executable: decodeSlice(reader, base + at.executable),
    executableRoot: decodeSlice(reader, base + at.executableRoot),
    leaderName: decodeSlice(reader, base + at.leaderName),
    arguments: decodeSlice(reader, base + at.arguments),
  };
}
