import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { containerdSource, decodeMessage, encodeTexts } from '#containers';
import type { Container, ContainerSink, ExpectedContainer } from '#containers';

/** Only the bytes on the wire are shared with the client: numbers are written here a second time. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Container { string id = 1; map<string, string> labels = 2; string image = 3; Any spec = 5; }
  message Containers { repeated Container containers = 1; }
  message One { Container container = 1; }
  message Ask { string id = 1; }
  message Namespace { string name = 1; }
  message Namespaces { repeated Namespace namespaces = 1; }
  message Tasks {}
  message Envelope { string namespace = 2; string topic = 3; Any event = 4; }
  message Create { string id = 1; string image = 2; }
  message TaskCreate { string container_id = 1; uint32 pid = 6; }
`, { keepCase: true });

type Bytes = Uint8Array;
const encode = (name: string, value: object): Bytes => root.lookupType(name).encode(value).finish();

interface Fake extends Disposable {
  readonly socket: string;
  containers: Record<string, { labels: Record<string, string>; image: string; spec: object }[]>;
  emit(namespace: string, topic: string, type: string, value: object): void;
}

const folder = mkdtempSync(join(tmpdir(), 'd4c-'));
after(() => rmSync(folder, { recursive: true }));

async function fakeContainerd(name: string): Promise<Fake> {
  const socket = join(folder, name);
  const streams = new Set<grpc.ServerWritableStream<Bytes, Bytes>>();
  const fake: Fake = {
    socket,
    containers: {},
    emit(namespace, topic, type, value) {
      const event = { type_url: type, value: encode(type, value) };
      for (const stream of streams) stream.write(encode('Envelope', { namespace, topic, event }));
    },
    [Symbol.dispose]: () => server.forceShutdown(),
  };
  const all = (namespace: string) =>
    (fake.containers[namespace] ?? []).map((it, i) => ({
      id: `c${i}`, labels: it.labels, image: it.image, spec: { value: Buffer.from(JSON.stringify(it.spec)) },
    }));
  const server = new grpc.Server();
  const same = (value: Bytes): Buffer => Buffer.from(value);
  const unary = (answer: (ask: Bytes, namespace: string) => Bytes | undefined) => (call: grpc.ServerUnaryCall<Bytes, Bytes>, done: grpc.sendUnaryData<Bytes>) => {
    const value = answer(call.request, String(call.metadata.get('containerd-namespace')[0]));
    if (value === undefined) done({ code: grpc.status.NOT_FOUND });
    else done(null, value);
  };
  const define = (path: string, handler: grpc.UntypedHandleCall, stream = false): void => {
    const key = path.split('/')[2]!;
    server.addService(
      { [key]: { path, requestStream: false, responseStream: stream, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same } },
      { [key]: handler },
    );
  };
  define('/containerd.services.namespaces.v1.Namespaces/List', unary(() => encode('Namespaces', { namespaces: Object.keys(fake.containers).map((it) => ({ name: it })) })));
  define('/containerd.services.containers.v1.Containers/List', unary((_, namespace) => encode('Containers', { containers: all(namespace) })));
  define('/containerd.services.containers.v1.Containers/Get', unary((ask, namespace) => {
    const { id } = root.lookupType('Ask').decode(ask) as unknown as { id: string };
    const container = all(namespace).find((it) => it.id === id);
    return container && encode('One', { container });
  }));
  define('/containerd.services.tasks.v1.Tasks/List', unary(() => encode('Tasks', {})));
  define('/containerd.services.events.v1.Events/Subscribe', (call: grpc.ServerWritableStream<Bytes, Bytes>) => {
    streams.add(call);
    call.on('cancelled', () => streams.delete(call));
  }, true);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.bindAsync(`unix://${socket}`, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  await promise;
  return fake;
}

function collect() {
  const told: (Container | ExpectedContainer)[] = [];
  const gone: string[] = [];
  let wake = (): void => {};
  const sink: ContainerSink = {
    async put(container) { told.push(container); wake(); },
    expect(container) { told.push(container); wake(); },
    removed(path) { gone.push(path); wake(); },
    failed(error) { throw error; },
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { told, gone, sink, until };
}

const spec = (more: object = {}) => ({ linux: { cgroupsPath: '/no-such/c0', namespaces: [{ type: 'pid' }] }, ...more });

test('containers that exist are told with image, name and tag; Docker\'s are left to its own source', async () => {
  using fake = await fakeContainerd('a.sock');
  fake.containers = {
    default: [{ labels: {}, image: 'docker.io/library/busybox:1.35', spec: spec() }],
    moby: [{ labels: {}, image: '', spec: spec() }],
  };
  const { told, sink } = collect();
  {
    await using _ = await containerdSource({ socket: fake.socket }).start(sink);
    assert.equal(told.length, 1);
    assert.equal(told[0]!.facts.image?.fullName, 'docker.io/library/busybox');
    assert.equal(told[0]!.facts.image?.tag, '1.35');
    assert.deepEqual([told[0]!.facts.orchestrator, told[0]!.facts.clusterId], [null, null]);
    assert.equal(told[0]!.cgroupPath, '/no-such/c0');
    assert.equal(told[0]!.sharesPids, false);
  }
});

test('labels that an image has brought make no pod of a container', async () => {
  using fake = await fakeContainerd('labels.sock');
  const labels = { app: 'web', 'io.kubernetes.pod.name': 'etcd', 'io.kubernetes.pod.namespace': 'kube-system' };
  const annotations = { 'io.kubernetes.cri.sandbox-id': 'gone', 'io.kubernetes.cri.sandbox-namespace': 'shop' };
  fake.containers = {
    default: [{ labels, image: 'evil:1', spec: spec() }],
    'k8s.io': [{ labels, image: 'evil:1', spec: spec({ annotations }) }],
  };
  const { told, sink } = collect();
  await using _ = await containerdSource({ socket: fake.socket }).start(sink);
  const [alone, inPod] = told.map(({ facts }) => [facts.orchestrator, facts.namespace, facts.pod, facts.labels]);
  assert.deepEqual(alone, [null, null, null, null]);
  assert.deepEqual(inPod, ['kubernetes', 'shop', 'etcd', undefined], 'its sandbox alone knows the labels of the pod');
});

test('a container that is made is told at its creation, and again gone', async () => {
  using fake = await fakeContainerd('b.sock');
  fake.containers = { 'k8s.io': [] };
  const { told, gone, sink, until } = collect();
  {
    await using _ = await containerdSource({ socket: fake.socket, clusterName: 'prod' }).start(sink);
    const annotations = { 'io.kubernetes.cri.sandbox-id': 'c1', 'io.kubernetes.cri.image-name': 'nginx:1.25' };
    fake.containers['k8s.io'] = [
      {
        labels: { 'io.kubernetes.pod.name': 'web-1', 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.container.name': 'nginx' },
        image: 'sha256:0123',
        spec: spec({ annotations, linux: { cgroupsPath: '/no-such/c0', namespaces: [{ type: 'pid', path: '/proc/1/ns/pid' }] } }),
      },
      { labels: { app: 'web', 'io.kubernetes.pod.name': 'web-1', 'io.cri-containerd.kind': 'sandbox' }, image: 'pause', spec: spec() },
    ];
    fake.emit('k8s.io', '/containers/create', 'Create', { id: 'c0', image: 'x' });
    await until(() => told.length === 1);
    const { facts, name, sharesPids } = told[0]!;
    assert.equal(name, 'nginx');
    assert.equal(facts.image?.fullName, 'docker.io/library/nginx');
    assert.deepEqual([facts.orchestrator, facts.namespace, facts.pod, facts.clusterName], ['kubernetes', 'shop', 'web-1', 'prod']);
    assert.deepEqual(facts.labels, new Map([['app', 'web']]));
    // It has one that containerd does not know: a policy that asks for it is undecided, not passed over.
    assert.equal(facts.clusterId, undefined);
    assert.equal(sharesPids, true);
    fake.emit('k8s.io', '/tasks/create', 'TaskCreate', { container_id: 'c0', pid: process.pid });
    await until(() => told.length === 2);
    assert.equal(told[1]!.pid, process.pid);
    fake.emit('k8s.io', '/containers/delete', 'Create', { id: 'c0' });
    await until(() => gone.length === 1);
  }
});

test('a message is read whatever fields it has, and refused where it is cut', () => {
  const type = protobuf.parse(`
    syntax = "proto3";
    message M { string a = 1; uint64 b = 2; fixed64 c = 3; fixed32 d = 4; map<string, string> e = 5; repeated string f = 300; sint32 g = 6; }
  `).root.lookupType('M');
  const bytes = type.encode({ a: 'é', b: 300, c: 7, d: 8, e: { k: 'v', x: '' }, f: ['1', '2'], g: -1 }).finish();
  const message = decodeMessage(bytes);
  assert.deepEqual([message.text(1), message.number(2), message.texts(5)], ['é', 300, { k: 'v', x: '' }]);
  assert.deepEqual([message.text(9), message.number(9), message.message(9)], ['', 0, undefined]);
  assert.deepEqual(type.toObject(type.decode(encodeTexts({ 1: ['a'.repeat(300)], 300: ['x', ''] }))), { a: 'a'.repeat(300), f: ['x', ''] });
  for (let end = 1; end < 4; end++) assert.throws(() => decodeMessage(bytes.subarray(0, end)), /ends in the middle/);
});

test('a containerd that is not there is said, and does not keep the agent from starting', async () => {
  const failures: Error[] = [];
  const sink: ContainerSink = { ...collect().sink, failed: (error) => void failures.push(error) };
  await using _ = await containerdSource({ socket: join(folder, 'none.sock') }).start(sink);
  assert.ok(failures.length >= 1);
});
