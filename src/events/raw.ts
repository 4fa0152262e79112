/** What this layer reads of a decoded record: the C structs of bpf/include/d4c_record.h in camelCase. */
export interface RawHead {
  readonly sequence: bigint;
  readonly timeNs: bigint;
  readonly container: bigint;
  readonly cpu: number;
}

export interface RawTask {
  readonly startNs: bigint;
  readonly pid: number;
  readonly comm: Uint8Array;
}

export interface RawPair {
  readonly operations: number;
  readonly actions: number;
  readonly paths: number;
  readonly mount: number;
  readonly mountPath: Uint8Array;
  readonly rootPath: Uint8Array;
}

export interface RawProcess {
  readonly self: RawTask;
  readonly parent: RawTask;
  readonly groupLeader: RawTask;
  readonly sessionLeader: RawTask;
  readonly entryLeader: RawTask;
  readonly tid: number;
  readonly namespacePid: number;
  readonly euid: number;
  readonly egid: number;
  readonly containerUid: number;
  readonly containerGid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
  readonly tty: number;
  readonly flags: number;
  readonly executable: Uint8Array;
  readonly arguments: Uint8Array;
}

export interface RawOperation extends RawHead {
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
  readonly pairs: readonly RawPair[];
  readonly process: RawProcess;
}

export interface RawRetraction extends RawHead {
  readonly kind: 'retraction';
  readonly key: bigint;
}

export interface RawContainer extends RawHead {
  readonly kind: 'containerBegin' | 'containerEnd';
  readonly pid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
}

export type RawRecord = RawOperation | RawRetraction | RawContainer;
