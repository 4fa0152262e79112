import { createHash } from 'node:crypto';
import type { Container } from '#containers';
import type { Policy } from '#policy';
import type { KernelPort } from './kernel-port.ts';
import { createPlaces } from './places.ts';
import type { Judged } from './places.ts';
import { openProfiles } from './profiles.ts';
import type { Profiles } from './profiles.ts';
import type { PolicyStatus } from './status.ts';

/** The policies in force, and the containers that they judge. */
export interface Force extends Disposable {
  /** Where the kernel has no room for it, that is told, and tried again when others have gone. */
  assign(container: Container, neverBlocked: boolean): Promise<void>;
  forget(cgroupId: bigint): Promise<void>;
  /**
   * Forgets containers of an agent before this one whose cgroups are gone. One that is there, though nobody
   * has told of it yet, stays under the rules that it has.
   */
  forgetGone(cgroupIds: ReadonlySet<bigint>): Promise<void>;
  /** All containers are judged by these from now on; if that fails, nothing has changed. */
  replace(policies: readonly Policy[]): Promise<void>;
  /** Those in force at a time since boot: records can come after a change. */
  policiesAt(timeNs: bigint): readonly Policy[];
  policies(): readonly PolicyStatus[];
  profileOf(cgroupId: bigint): string | undefined;
  /** Containers that have no rules for want of room. */
  unprotected(): number;
}

interface Generation {
  readonly policies: readonly Policy[];
  readonly sinceNs: bigint;
  readonly since: string;
}

/** Earlier policies that records may still speak of: an undecided one can wait for its container long. */
const generationsMax = 8;
/** A container that is gone keeps its room until its last task is. */
const retryMs = 10_000;

export async function createForce(kernel: KernelPort, first: readonly Policy[], note: (line: string) => void): Promise<Force> {
  const containers = new Map<bigint, Judged>();
  let profiles: Profiles = await openProfiles(kernel, first);
  // What happened before this agent is explained by the policies that it has.
  let generations: Generation[] = [{ policies: first, sinceNs: 0n, since: new Date().toISOString() }];
  let last: Promise<unknown> = Promise.resolve();

  /** One change of the kernel's state at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function replace(policies: readonly Policy[]): Promise<void> {
    const fresh = await openProfiles(kernel, policies);
    const moved: bigint[] = [];
    try {
      for (const [cgroupId, { container, neverBlocked }] of containers) {
        await fresh.assign(container, neverBlocked);
        moved.push(cgroupId);
      }
    } catch (error) {
      for (const cgroupId of moved) {
        const { container, neverBlocked } = containers.get(cgroupId)!;
        await profiles.assign(container, neverBlocked);
      }
      await fresh[Symbol.asyncDispose]();
      throw error;
    }
    const old = profiles;
    profiles = fresh;
    const generation = { policies, sinceNs: kernel.clock().bootNs, since: new Date().toISOString() };
    generations = [...generations, generation].slice(-generationsMax);
    await old[Symbol.asyncDispose]();
  }

  const places = createPlaces(containers, (it) => profiles.assign(it.container, it.neverBlocked), note);
  const retry = setInterval(() => {
    if (places.waiting > 0) inTurn(() => places.retry()).catch((error: unknown) => note((error as Error).message));
  }, retryMs).unref();
  return {
    assign: (container, neverBlocked) => inTurn(async () => void (await places.place({ container, neverBlocked }))),
    forget: (cgroupId) =>
      inTurn(async () => {
        containers.delete(cgroupId);
        places.forget(cgroupId);
        await profiles.forget(cgroupId);
        await places.retry();
      }),
    forgetGone: (cgroupIds) =>
      inTurn(async () => {
        for (const cgroupId of kernel.assigned()) if (!cgroupIds.has(cgroupId)) kernel.forget(cgroupId);
      }),
    replace: (policies) => inTurn(() => replace(policies)),
    policiesAt: (timeNs) => (generations.findLast(({ sinceNs }) => sinceNs <= timeNs) ?? generations[0]!).policies,
    policies: () => generations.at(-1)!.policies.map((policy) => toStatus(policy, generations.at(-1)!.since)),
    profileOf: (cgroupId) => profiles.profileOf(cgroupId),
    unprotected: () => places.without,
    [Symbol.dispose]: () => clearInterval(retry),
  };
}

function toStatus(policy: Policy, inForceSince: string): PolicyStatus {
  return {
    file: policy.file,
    name: policy.name ?? null,
    mode: policy.mode,
    sha256: createHash('sha256').update(policy.text).digest('hex'),
    inForceSince,
  };
}
