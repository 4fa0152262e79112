import { compile } from '#compiler';
import type { ContainerFacts } from '#base';
import { factsUnknown } from '#base';
import type { Container } from '#containers';
import type { Policy } from '#policy';
import type { KernelPort, TableHandle } from './kernel-port.ts';

/** A table in the kernel, and the containers that it judges. */
interface Installed {
  readonly id: string;
  readonly handle: TableHandle;
  readonly users: Set<bigint>;
}

/** The tables of one set of policies. Containers that the policies tell nothing apart of share one. */
export interface Profiles extends AsyncDisposable {
  /** Its table is in the kernel and judges the container; the id of its profile. */
  assign(container: Container, neverBlocked: boolean): Promise<string>;
  forget(cgroupId: bigint): Promise<void>;
  profileOf(cgroupId: bigint): string | undefined;
}

/** Outcomes of compiling that are remembered, by the facts: a node has some hundred containers. */
const rememberedMax = 1024;

/** Compiles for a container of which nothing is known first: policies past the limits are refused here. */
export async function openProfiles(kernel: KernelPort, policies: readonly Policy[]): Promise<Profiles> {
  const installed = new Map<string, Installed>();
  const byContainer = new Map<bigint, Installed>();
  const remembered = new Map<string, Installed['id']>();

  async function profileFor(facts: ContainerFacts): Promise<Installed> {
    const key = keyOf(facts);
    const known = installed.get(remembered.get(key) ?? '');
    if (known !== undefined) return known;
    const profile = compile(policies, facts);
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(key, profile.id);
    const there = installed.get(profile.id);
    if (there !== undefined) return there;
    const fresh = { id: profile.id, handle: await kernel.install(profile.table), users: new Set<bigint>() };
    installed.set(profile.id, fresh);
    return fresh;
  }

  async function leave(cgroupId: bigint): Promise<void> {
    const before = byContainer.get(cgroupId);
    byContainer.delete(cgroupId);
    before?.users.delete(cgroupId);
    if (before !== undefined) await releaseUnused(before);
  }

  async function releaseUnused(profile: Installed): Promise<void> {
    if (profile.users.size > 0 || profile === unknown) return;
    installed.delete(profile.id);
    await kernel.release(profile.handle);
  }

  const unknown = await profileFor(factsUnknown);
  return {
    async assign({ cgroupId, facts, sharesPids }, neverBlocked) {
      const profile = await profileFor(facts);
      try {
        kernel.assign(cgroupId, profile.handle, { neverBlocked, sharedPids: sharesPids });
      } catch (error) {
        await releaseUnused(profile);
        throw error;
      }
      if (byContainer.get(cgroupId) !== profile) {
        profile.users.add(cgroupId);
        await leave(cgroupId);
        byContainer.set(cgroupId, profile);
      }
      return profile.id;
    },
    async forget(cgroupId) {
      kernel.forget(cgroupId);
      await leave(cgroupId);
    },
    profileOf: (cgroupId) => byContainer.get(cgroupId)?.id,
    async [Symbol.asyncDispose]() {
      for (const { handle } of installed.values()) await kernel.release(handle);
      installed.clear();
    },
  };
}

function keyOf(facts: ContainerFacts): string {
  return JSON.stringify(facts, (_, value: unknown) => {
    if (value === undefined) return { unknown: true };
    return value instanceof Map ? [...(value as ReadonlyMap<string, string>)].sort(([a], [b]) => (a < b ? -1 : 1)) : value;
  });
}
