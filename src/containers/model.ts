import type { ContainerFacts } from '#base';

/** A container as far as anybody has told of it. `facts` are unknown until a source names it. */
export interface Container {
  readonly id: string;
  readonly cgroupId: bigint;
  /** From the root of the unified hierarchy: `/system.slice/docker-….scope`. */
  readonly cgroupPath: string;
  readonly pid: number | undefined;
  /** It has no pid namespace of its own: its first process is not the first of one. */
  readonly sharesPids: boolean;
  readonly name: string | undefined;
  readonly facts: ContainerFacts;
  /** The source that told of it; `cgroup` if it is only known by its cgroup's path. */
  readonly source: string;
  /** `containerd`, `docker`, …; unset where nobody said. */
  readonly runtime: string | undefined;
}

/** A container whose cgroup is not there yet. */
export type ExpectedContainer = Omit<Container, 'cgroupId'>;

export interface ContainerSink {
  /** A container that is new, or of which more is known now; resolves when its rules are in force. */
  put(container: Container): Promise<void>;
  /** A container that is being made: it is put as soon as its cgroup appears. */
  expect(container: ExpectedContainer): void;
  /** It is gone, or will never come: by the cgroup's path. */
  removed(cgroupPath: string): void;
  /** What went wrong on the way; the source goes on by itself. */
  failed(error: Error): void;
}

export interface ContainerSource {
  readonly name: string;
  /**
   * Resolves once all containers that exist have been told. Later ones come as they are made, until the
   * handle is disposed of.
   */
  start(sink: ContainerSink): Promise<AsyncDisposable>;
}

/** Whether all that a policy can ask of it is known. */
export function isKnown(container: Container): boolean {
  return container.facts.image !== undefined;
}
