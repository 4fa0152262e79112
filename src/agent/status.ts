import type { OutputState } from '#outputs';
import type { KernelMemory } from './kernel-port.ts';

/** What `d4c status --json` prints. */
export interface AgentStatus {
  readonly version: string;
  readonly kernel: {
    readonly release: string;
    readonly mechanism: 'lsm' | 'fentry' | 'none';
    readonly hooks: readonly string[];
  };
  /** Why nothing is enforced, where somebody switched it off. */
  readonly disabled: string | null;
  readonly monitor: boolean;
  readonly policies: readonly PolicyStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly counters: {
    /** Operations that a rule asked to be recorded, counted by the kernel. */
    readonly events: number;
    readonly alerts: number;
    readonly documents: number;
    /** Operations that a document tells of together with others: all of them but one. */
    readonly repeats: number;
    /** Repeats whose document is still to come. */
    readonly held: number;
    readonly denied: number;
    /** What containers tried on the programs, their maps and pins, and the agent: refused. */
    readonly tampered: number;
    readonly lost: Readonly<Record<string, number>>;
    /** Lost in the kernel, by cgroup id and reason. */
    readonly lostByContainer: Readonly<Record<string, Readonly<Record<string, number>>>>;
    /** What lies in the rings and was not read yet. */
    readonly unreadBytes: number;
    /** Containers that the kernel half has no room for: they have no rules. */
    readonly unprotected: number;
    /** Events that wait for their container to be known. */
    readonly waiting: number;
  };
  readonly outputs: readonly OutputState[];
  /** The last few things that went wrong, newest last. */
  readonly problems: readonly string[];
  /** `mapBytes`: what the kernel holds for the maps; `cells`: of tables in force, let go, and in all. */
  readonly memory: { readonly rssBytes: number } & KernelMemory;
}

export interface PolicyStatus {
  readonly file: string;
  readonly name: string | null;
  readonly mode: 'enforce' | 'monitor';
  readonly sha256: string;
  readonly inForceSince: string;
}

export interface ContainerStatus {
  readonly id: string;
  readonly name: string | null;
  readonly cgroupId: string;
  readonly cgroupPath: string;
  readonly image: string | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly profile: string | null;
  readonly known: boolean;
  readonly source: string;
}
