import type { MountKind, OperationName } from './model.ts';

/** The paths by which one file is known, as bytes. A file can have two (policy language, section 4). */
export type KnownPaths =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'paths'; readonly paths: readonly Uint8Array[] };

/** Operations that one system operation is at one path. */
export interface EventPair {
  readonly operations: readonly OperationName[];
  readonly paths: KnownPaths;
  readonly mount: MountKind;
}

/** The acting process as it was at its last execution or fork. */
export interface ProcessFacts {
  /** The path or paths of its executable. */
  readonly executable: KnownPaths;
  readonly userId: number;
  readonly interactive: boolean;
  /** Basename of the session leader's executable. */
  readonly sessionLeader: Uint8Array;
}

/** What a policy is asked about: one system operation in one container. */
export type PolicyEvent =
  | { readonly kind: 'pairs'; readonly pairs: readonly EventPair[]; readonly process: ProcessFacts }
  /** A directory renamed, with all below it. */
  | {
      readonly kind: 'directory';
      readonly from: KnownPaths;
      readonly to: KnownPaths;
      readonly mount: MountKind;
      readonly process: ProcessFacts;
    };
