import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { factsUnknown } from '#base';
import type { ContainerFacts } from '#base';
import type { Container } from './model.ts';

/**
 * What was known of containers, in files that outlive the agent (but not the boot): an agent that takes over
 * can tell of what happened in a container that has ended meanwhile.
 */
export interface ContainerMemory {
  remember(container: Container): void;
  recall(): readonly Container[];
  forget(cgroupId: bigint): void;
}

/** A container that is gone for so long has no records on the way any more. */
const ageMsMax = 600_000;

interface Stored extends Omit<Container, 'cgroupId' | 'facts' | 'pid' | 'name' | 'runtime'> {
  readonly cgroupId: string;
  readonly name?: string;
  readonly runtime?: string;
  readonly facts: Omit<ContainerFacts, 'labels'> & { readonly labels?: readonly (readonly [string, string])[] | null };
}

export function openMemory(folder: string): ContainerMemory {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (cgroupId: bigint): string => join(folder, `${cgroupId}.json`);
  return {
    remember(container) {
      writeFileSync(fileOf(container.cgroupId), JSON.stringify(toStored(container)), { mode: 0o600 });
    },
    recall() {
      const found: Container[] = [];
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const container = parse(readFileSync(path, 'utf8'));
        if (container === undefined || Date.now() - statSync(path).mtimeMs > ageMsMax) rmSync(path, { force: true });
        if (container !== undefined) found.push(container);
      }
      return found;
    },
    forget: (cgroupId) => rmSync(fileOf(cgroupId), { force: true }),
  };
}

function toStored(container: Container): object {
  const { cgroupId, facts, pid: _, ...rest } = container;
  const labels = facts.labels instanceof Map ? [...facts.labels] : facts.labels;
  return { ...rest, cgroupId: cgroupId.toString(), facts: { ...facts, labels } };
}

/** A file that was being written when its agent was killed is none. */
function parse(text: string): Container | undefined {
  let stored: Stored;
  try {
    stored = JSON.parse(text) as Stored;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { labels, ...facts } = stored.facts;
  return {
    ...stored,
    cgroupId: BigInt(stored.cgroupId),
    pid: undefined,
    name: stored.name,
    runtime: stored.runtime,
    // What is left out in JSON was not known.
    facts: { ...factsUnknown, ...facts, labels: labels === undefined || labels === null ? labels : new Map(labels) },
  };
}
