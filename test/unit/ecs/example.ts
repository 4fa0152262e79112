import { noFacts, parseImageReference } from '#base';
import type { Container } from '#containers';
import type { DocumentInput } from '#ecs';
import type { EventPair, OperationEvent } from '#events';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function pair(path: string | Uint8Array, given: Partial<EventPair> = {}): EventPair {
  const mount = typeof path === 'string' ? bytes(path) : path;
  return {
    operations: ['createExecutable'],
    actions: ['alert', 'block'],
    paths: { kind: 'paths', mount, root: undefined },
    mount: 'image',
    ...given,
  };
}

export function event(given: Partial<OperationEvent> = {}): OperationEvent {
  const task = (pid: number) => ({ pid, startNs: BigInt(pid) * 1_000_000n, comm: bytes(`task-${pid}`) });
  return {
    kind: 'operation',
    id: 'feed',
    cpu: 1,
    sequence: 9_007_199_254_740_993n,
    timeNs: 5_000_000_123_456n,
    container: 18_446_744_073_709_551_615n,
    hook: 'path_mknod',
    denied: true,
    provisional: false,
    undecided: false,
    operations: ['createExecutable'],
    actions: ['alert', 'block'],
    possible: [],
    pairs: [pair('/usr/bin/evil.sh')],
    key: 0n,
    file: { mode: 0, newMode: 0o100755, links: 1, device: 0x800001, inode: 9_007_199_254_740_993n, uid: 0, gid: 0 },
    process: {
      self: task(42),
      parent: task(41),
      groupLeader: task(42),
      sessionLeader: task(40),
      entryLeader: task(40),
      tid: 43,
      namespacePid: 7,
      euid: 1000,
      egid: 1001,
      containerUid: 0,
      containerGid: 0,
      pidNamespace: 4_026_532_000,
      mountNamespace: 4_026_532_001,
      interactive: false,
      executable: bytes('/usr/bin/cp'),
      executablePaths: { kind: 'paths', mount: bytes('/usr/bin/cp'), root: undefined },
      leaderName: bytes('sh'),
      args: [bytes('cp'), bytes('/bin/sh'), bytes('/usr/bin/evil.sh')],
      argsCut: false,
    },
    ...given,
  };
}

export const container: Container = {
  id: 'ab'.repeat(32),
  cgroupId: 18_446_744_073_709_551_615n,
  cgroupPath: '/default/web',
  pid: 40,
  sharesPids: false,
  name: 'web',
  facts: {
    ...noFacts,
    image: parseImageReference('nginx:1.25'),
    orchestrator: 'kubernetes',
    namespace: 'shop',
    pod: 'web-1',
    labels: new Map([['app', 'web']]),
    clusterName: 'prod',
  },
  source: 'static',
  runtime: 'containerd',
};

export function input(given: Partial<DocumentInput> = {}): DocumentInput {
  return {
    event: event(),
    stream: 'alerts',
    judgement: {
      matchedSelectors: ['newBinary'],
      rule: {
        name: 'no new programs',
        description: 'images are complete',
        severity: 73,
        reference: 'https://example.org/drift',
        file: 'drift.yaml',
        line: 12,
        policy: 'drift',
      },
      pair: 0,
      wouldDeny: false,
      late: false,
    },
    container,
    host: {
      id: 'c0ffee',
      bootId: 'b007',
      hostname: 'node-1',
      architecture: 'x86_64',
      ip: ['192.0.2.1'],
      mac: ['02-00-00-00-00-01'],
      pidNamespace: '4026531836',
      os: { kernel: '6.12.0', name: 'Debian', platform: 'debian', version: '12', full: 'Debian 12', family: 'debian', codename: 'bookworm' },
    },
    agent: { id: 'a1', ephemeralId: 'e1', name: 'node-1', version: '0.1.0' },
    bootEpochNs: 1_763_900_000_000_000_000n,
    namespace: 'default',
    ...given,
  };
}
