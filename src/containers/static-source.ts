import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base';
import type { ContainerFacts } from '#base';
import { cgroupIdOf, findCgroupRoot } from './cgroup.ts';
import type { ContainerSink, ContainerSource } from './model.ts';

export interface StaticContainer {
  readonly id: string;
  readonly name?: string;
  /** Made if it is not there yet, so that it can be named before anything runs in it. */
  readonly cgroupPath: string;
  /** It has no pid namespace of its own. */
  readonly sharesPids?: boolean;
  readonly facts: ContainerFacts;
}

export interface StaticSource extends ContainerSource {
  /** Resolves when its rules are in the kernel. Before the source was started it waits for that. */
  add(container: StaticContainer): Promise<void>;
  remove(id: string): void;
}

/** Containers that the caller tells of by itself. */
export function staticSource(): StaticSource {
  const { promise: started, resolve: begin } = Promise.withResolvers<ContainerSink>();
  const paths = new Map<string, string>();
  let sink: ContainerSink | undefined;
  return {
    name: 'static',
    async start(given) {
      sink = given;
      begin(given);
      return { async [Symbol.asyncDispose]() {} };
    },
    async add(container) {
      const target = await started;
      const root = findCgroupRoot();
      mkdirSync(join(root, container.cgroupPath), { recursive: true });
      const cgroupId = cgroupIdOf(root, container.cgroupPath);
      if (cgroupId === undefined) throw new Failure('host', `cgroup \`${container.cgroupPath}\` is gone`);
      paths.set(container.id, container.cgroupPath);
      await target.put({
        ...container,
        cgroupId,
        pid: undefined,
        sharesPids: container.sharesPids ?? false,
        name: container.name,
        source: 'static',
        runtime: undefined,
      });
    },
    remove(id) {
      const path = paths.get(id);
      if (path !== undefined) sink?.removed(path);
      paths.delete(id);
    },
  };
}
