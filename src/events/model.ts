/** Names of the bits in a record, in the words of documents and policies. */
export type Operation =
  | 'createExecutable'
  | 'modifyExecutable'
  | 'execMemFd'
  | 'execDrift'
  | 'createFile'
  | 'modifyFile'
  | 'deleteFile'
  | 'fork'
  | 'exec';

export type EventAction = 'log' | 'alert' | 'block' | 'wouldBlock';

/** The hook that saw the operation: which system operation it was. */
export type Hook =
  | 'path_mknod'
  | 'path_chmod'
  | 'path_rename'
  | 'path_link'
  | 'path_truncate'
  | 'file_truncate'
  | 'file_open'
  | 'bprm_check_security'
  | 'task_alloc'
  | 'path_unlink'
  | 'path_symlink'
  | 'bprm_creds_from_file'
  | 'mmap_file'
  | 'file_mprotect'
  | 'inode_setxattr'
  | 'inode_set_acl'
  | 'bprm_committed_creds'
  | 'unknown';

/** How a file is known: by the path of its mounts, by that within the container's root, by both, or not. */
export type EventPaths =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'paths';
      readonly mount: Uint8Array | undefined;
      readonly root: Uint8Array | undefined;
    };

export interface EventPair {
  readonly operations: readonly Operation[];
  readonly actions: readonly EventAction[];
  readonly paths: EventPaths;
  readonly mount: 'image' | 'volume' | 'file';
}

/** `pid` and `startNs` (nanoseconds since boot) name a process for the lifetime of the boot. */
export interface EventTask {
  readonly pid: number;
  readonly startNs: bigint;
  readonly comm: Uint8Array;
}

export interface EventProcess {
  readonly self: EventTask;
  readonly parent: EventTask | undefined;
  readonly groupLeader: EventTask | undefined;
  readonly sessionLeader: EventTask | undefined;
  readonly entryLeader: EventTask | undefined;
  readonly tid: number;
  /** In its own pid namespace. */
  readonly namespacePid: number;
  /** In the host's user namespace. */
  readonly euid: number;
  readonly egid: number;
  /** In the user namespace of the container's first process. */
  readonly containerUid: number;
  readonly containerGid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
  /** Has a controlling terminal. */
  readonly interactive: boolean;
  /** As people know it. */
  readonly executable: Uint8Array | undefined;
  readonly executablePaths: EventPaths;
  /** Basename of the session leader's executable; empty: it is gone. */
  readonly leaderName: Uint8Array;
  readonly args: readonly Uint8Array[];
  readonly argsCut: boolean;
}

interface EventBase {
  /** Unique for ever: a hash of the kernel object's random id, the CPU and the sequence. */
  readonly id: string;
  readonly cpu: number;
  readonly sequence: bigint;
  /** Nanoseconds since boot, suspended time included. */
  readonly timeNs: bigint;
  /** cgroup id. */
  readonly container: bigint;
}

export interface OperationEvent extends EventBase {
  readonly kind: 'operation';
  readonly hook: Hook;
  readonly denied: boolean;
  readonly provisional: boolean;
  readonly undecided: boolean;
  readonly operations: readonly Operation[];
  /** What is certain, as the kernel judged it. */
  readonly actions: readonly EventAction[];
  /** What may come on top once the container is known. */
  readonly possible: readonly EventAction[];
  readonly pairs: readonly EventPair[];
  /** A directory goes from the first pair's name to the second's (`forth`), the other way, or two change places. */
  readonly directories?: readonly ('forth' | 'back')[];
  readonly key: bigint;
  readonly file: {
    readonly mode: number;
    readonly newMode: number;
    readonly links: number;
    readonly device: number;
    readonly inode: bigint;
    readonly uid: number;
    readonly gid: number;
  };
  readonly process: EventProcess;
}

export interface RetractionEvent extends EventBase {
  readonly kind: 'retraction';
  readonly key: bigint;
}

export interface ContainerEvent extends EventBase {
  readonly kind: 'containerBegin' | 'containerEnd';
  readonly pid: number;
  readonly pidNamespace: number;
  readonly mountNamespace: number;
}

export type KernelEvent = OperationEvent | RetractionEvent | ContainerEvent;
