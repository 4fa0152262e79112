import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { arch, hostname, networkInterfaces, release } from 'node:os';
import type { AgentFacts, HostFacts } from '#ecs';

/** ECS names architectures as the kernel does. */
const architectures: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** What documents say of this host; read once. */
export function readHost(): HostFacts {
  const os = readOsRelease();
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outer = interfaces.filter(({ internal }) => !internal);
  return {
    id: readText('/etc/machine-id') || undefined,
    bootId: readText('/proc/sys/kernel/random/boot_id') ?? randomUUID(),
    hostname: hostname(),
    architecture: architectures[arch()] ?? arch(),
    ip: [...new Set(interfaces.map(({ address }) => address.replace(/%.*$/, '')))],
    mac: [...new Set(outer.map(({ mac }) => mac.toUpperCase().replaceAll(':', '-')))],
    pidNamespace: namespaceOf('pid'),
    os: {
      kernel: release(),
      name: os['NAME'],
      platform: os['ID'],
      version: os['VERSION_ID'] ?? os['VERSION'],
      full: os['PRETTY_NAME'],
      family: os['ID_LIKE']?.split(' ')[0] ?? os['ID'],
      codename: os['VERSION_CODENAME'],
    },
  };
}

/** The agent's own names: the same as long as the host is, but for the ephemeral one. */
export function readAgent(version: string, host: HostFacts): AgentFacts {
  const digest = createHash('sha256').update(`d4c agent\n${host.id ?? host.hostname}`).digest('hex');
  const id = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => digest.slice(from, to)).join('-');
  return { id, ephemeralId: randomUUID(), name: host.hostname, version };
}

function namespaceOf(kind: string): string | undefined {
  try {
    return /\d+/.exec(readlinkSync(`/proc/1/ns/${kind}`))?.[0];
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function readOsRelease(): Readonly<Record<string, string>> {
  const text = readText('/etc/os-release') ?? readText('/usr/lib/os-release') ?? '';
  const pairs = [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, value!.replace(/^(["'])(.*)\1$/, '$2')]));
}

/** `undefined` where there is no such file, or it is not ours to read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
