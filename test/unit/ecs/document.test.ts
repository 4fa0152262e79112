import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { toDocument } from '#ecs';
import type { EcsDocument } from '#ecs';
import { container, event, input, pair } from './example.ts';

/** A document as it arrives: through JSON, where a bigint would throw. */
function arrive(given: Parameters<typeof input>[0] = {}): EcsDocument {
  return JSON.parse(JSON.stringify(toDocument(input(given)))) as EcsDocument;
}

function at(document: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
}

function messageOf(document: EcsDocument): string {
  const { message } = document;
  assert.ok(typeof message === 'string');
  return message;
}

test('a denied creation says what, who, where, when and by which rule', () => {
  const document = arrive();
  const expected: Record<string, unknown> = {
    'event.kind': 'alert',
    'event.category': ['file'],
    'event.type': ['creation', 'denied'],
    'event.outcome': 'failure',
    'event.action': 'creation',
    'event.id': 'feed',
    'event.severity': 73,
    'event.module': 'cloud_defend',
    'event.dataset': 'cloud_defend.alerts',
    'data_stream.dataset': 'cloud_defend.alerts',
    'rule.name': 'no new programs',
    'rule.reference': 'https://example.org/drift',
    'cloud_defend.matched_selectors': ['newBinary'],
    'd4c.operations': ['createExecutable'],
    'd4c.would_deny': false,
    'd4c.sequence': '9007199254740993',
    'd4c.cgroup.id': '18446744073709551615',
    'file.path': '/usr/bin/evil.sh',
    'file.name': 'evil.sh',
    'file.extension': 'sh',
    'file.mode': '0755',
    'file.inode': '9007199254740993',
    'file.device': '8:1',
    'process.name': 'cp',
    'process.executable': '/usr/bin/cp',
    'process.args': ['cp', '/bin/sh', '/usr/bin/evil.sh'],
    'process.command_line': 'cp /bin/sh /usr/bin/evil.sh',
    'process.pid': 42,
    'process.interactive': false,
    'process.group_leader.same_as_process': true,
    'process.session_leader.same_as_process': false,
    'process.entry_leader.entry_meta.type': 'container',
    'process.user.id': '1000',
    'user.id': '1000',
    'group.id': '1001',
    'container.id': container.id,
    'container.image.name': 'docker.io/library/nginx',
    'container.image.tag': ['1.25'],
    'orchestrator.namespace': 'shop',
    'orchestrator.resource.name': 'web-1',
    'orchestrator.resource.label': { app: 'web' },
    'orchestrator.cluster.name': 'prod',
    'host.boot.id': 'b007',
    'host.pid_ns_ino': '4026531836',
    'host.os.type': 'linux',
    'agent.type': 'd4c',
  };
  for (const [path, value] of Object.entries(expected)) {
    assert.deepEqual(at(document, path), value, path);
  }
  assert.equal(document['@timestamp'], '2025-11-23T13:36:40.000123Z');
  assert.equal(
    document['message'],
    'task-42 (/usr/bin/cp, pid 42, uid 1000) in container web (image docker.io/library/nginx:1.25, pod shop/web-1) tried to ' +
      'create the executable /usr/bin/evil.sh: denied, by the rule "no new programs" at drift.yaml:12 (selector newBinary)',
  );
});

test('the same process has one entity id, another start or boot another one', () => {
  const first = arrive();
  assert.match(String(at(first, 'process.entity_id')), /^[0-9a-f]{32}$/);
  assert.equal(at(first, 'process.entity_id'), at(first, 'process.group_leader.entity_id'));
  assert.notEqual(at(first, 'process.entity_id'), at(first, 'process.parent.entity_id'));
  const other = arrive({ host: { ...input().host, bootId: 'b008' } });
  assert.notEqual(at(first, 'process.entity_id'), at(other, 'process.entity_id'));
});

test('bytes that are no UTF-8 are kept beside the text', () => {
  const raw = Buffer.from('2f746d702fff80', 'hex');
  const document = arrive({ event: event({ pairs: [pair(raw)] }) });
  assert.equal(at(document, 'file.path'), '/tmp/\ufffd\ufffd');
  assert.deepEqual(Buffer.from(String(at(document, 'd4c.file.path_base64')), 'base64'), raw);
  assert.equal(at(arrive(), 'd4c.file.path_base64'), undefined);
});

test('a path by mounts and another within the root are both told', () => {
  const paths = { kind: 'paths', mount: Buffer.from('/mnt/x'), root: Buffer.from('/usr/bin/x') } as const;
  const document = arrive({ event: event({ pairs: [pair('/', { paths })] }) });
  assert.equal(at(document, 'file.path'), '/mnt/x');
  assert.equal(at(document, 'd4c.file.root_path'), '/usr/bin/x');
});

test('of a rename the judged path is the file, the other one the original', () => {
  const renamed = event({
    hook: 'path_rename',
    operations: ['deleteFile', 'createExecutable', 'createFile'],
    pairs: [
      pair('/tmp/x', { operations: [], actions: [] }),
      pair('/usr/bin/x', { operations: ['createExecutable'] }),
    ],
  });
  const document = arrive({ event: renamed, judgement: { ...input().judgement, pair: 1 } });
  assert.equal(at(document, 'file.path'), '/usr/bin/x');
  assert.equal(at(document, 'file.Ext.original.path'), '/tmp/x');
  assert.equal(at(document, 'event.action'), 'rename');
  assert.deepEqual(at(document, 'd4c.operations'), ['createExecutable']);
  assert.match(messageOf(document), /create the executable \/usr\/bin\/x by a rename with \/tmp\/x: denied/);
});

test('code from memory is a process that starts, of a file without a path', () => {
  const memory = event({
    hook: 'bprm_check_security',
    operations: ['execMemFd'],
    pairs: [pair('/', { operations: ['execMemFd'], paths: { kind: 'none' } })],
  });
  const document = arrive({ event: memory });
  assert.deepEqual(at(document, 'event.category'), ['process']);
  assert.deepEqual(at(document, 'event.type'), ['start', 'denied']);
  assert.equal(at(document, 'event.action'), 'exec');
  assert.equal(at(document, 'file.path'), undefined);
  assert.equal(at(document, 'd4c.file.path_status'), 'none');
  assert.match(messageOf(document), /tried to run a program from memory: denied/);
});

test('what mode monitor lets through says that it would be denied', () => {
  const document = arrive({
    event: event({ denied: false, actions: ['alert', 'wouldBlock'] }),
    judgement: { ...input().judgement, wouldDeny: true },
  });
  assert.equal(at(document, 'd4c.would_deny'), true);
  assert.deepEqual(at(document, 'event.type'), ['creation']);
  assert.equal(at(document, 'event.outcome'), 'unknown');
  assert.match(messageOf(document), /let through, would be denied without mode monitor/);
});

test('an open for writing is an open, one that makes the file a creation', () => {
  const opened = (operations: readonly ('modifyFile' | 'createFile')[]) =>
    at(arrive({ event: event({ hook: 'file_open', operations, pairs: [pair('/a', { operations })] }) }), 'event.action');
  assert.equal(opened(['modifyFile']), 'open');
  assert.equal(opened(['createFile']), 'creation');
});

test('a container that nobody named leaves its fields out and is told by its cgroup', () => {
  const document = arrive({ container: undefined, judgement: { ...input().judgement, rule: undefined, matchedSelectors: [] } });
  assert.equal(at(document, 'container'), undefined);
  assert.equal(at(document, 'orchestrator'), undefined);
  assert.match(messageOf(document), /in an unknown container \(cgroup 18446744073709551615\)/);
  assert.match(messageOf(document), /by a policy that is no longer in force/);
});

test('a path cannot break the sentence into lines or colour a terminal', () => {
  const document = arrive({ event: event({ pairs: [pair('/tmp/a\n\u001b[31mb')] }) });
  assert.match(messageOf(document), /\/tmp\/a\\u\{a\}\\u\{1b\}\[31mb/);
  assert.equal(at(document, 'file.path'), '/tmp/a\n\u001b[31mb');
});

test('every field of the alerts stream that the kernel and the facts give is there', () => {
  const document = arrive();
  const given = JSON.parse(readFileSync(new URL('./fields.json', import.meta.url), 'utf8')) as Record<string, string[]>;
  assert.ok(given['alerts']!.length > 60);
  for (const path of given['alerts']!) {
    const found = path === '@timestamp' ? document[path] : at(document, path);
    assert.notEqual(found, undefined, path);
  }
});
