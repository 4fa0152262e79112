import { readFileSync } from 'node:fs';
import type { Client, ServiceError } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';

export interface ContainerdContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly spec: OciSpec;
}

/** What is read of an OCI runtime specification. */
export interface OciSpec {
  readonly linux?: {
    readonly cgroupsPath?: string;
    /** With a path: joined, not made. */
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ContainerdEvent {
  readonly namespace: string;
  readonly topic: string;
  readonly containerId: string;
  /** Of the first process, where the topic tells it. */
  readonly pid: number | undefined;
  /** The topic is of a further process (`exec`), not of the container. */
  readonly isFurther: boolean;
}

export interface ContainerdClient extends Disposable {
  namespaces(): Promise<readonly string[]>;
  /** `undefined`: there is no such container any more. */
  container(namespace: string, id: string): Promise<ContainerdContainer | undefined>;
  containers(namespace: string): Promise<readonly ContainerdContainer[]>;
  /** Container id → pid of its first process. */
  tasks(namespace: string): Promise<ReadonlyMap<string, number>>;
  /** Resolves when the stream ends; rejects when it breaks. */
  subscribe(heard: (event: ContainerdEvent) => void, signal: AbortSignal): Promise<void>;
}

/** A containerd that does not answer in this time is taken for gone. */
const callTimeoutMs = 10_000;
const notFound = 5;

/** Loads what speaks gRPC only now: it costs hundreds of milliseconds that enforcing must not wait for. */
export async function connectContainerd(socket: string): Promise<ContainerdClient> {
  const [grpc, protobuf] = await Promise.all([import('@grpc/grpc-js'), import('protobufjs')]);
  const text = readFileSync(new URL('./containerd.proto', import.meta.url), 'utf8');
  const { root } = protobuf.default.parse(text, { keepCase: true });
  const type = (name: string): Type => root.lookupType(`containerd.${name}`);
  const client: Client = new grpc.default.Client(`unix://${socket}`, grpc.default.credentials.createInsecure());

  function metadata(namespace: string): InstanceType<typeof grpc.default.Metadata> {
    const headers = new grpc.default.Metadata();
    headers.set('containerd-namespace', namespace);
    return headers;
  }

  function call(method: Method, namespace: string, request: object): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    client.makeUnaryRequest(
      method.path,
      (value: object) => Buffer.from(type(method.request).encode(value).finish()),
      (bytes: Buffer) => toPlain(type(method.response), bytes),
      request,
      metadata(namespace),
      { deadline: Date.now() + callTimeoutMs },
      (error, response) => (error === null ? resolve(response ?? {}) : reject(error)),
    );
    return promise;
  }

  return {
    async namespaces() {
      const { namespaces } = await call(methods.namespaces, 'default', {});
      return (namespaces as { name: string }[]).map(({ name }) => name);
    },
    async container(namespace, id) {
      try {
        const { container } = await call(methods.container, namespace, { id });
        return toContainer(container as RawContainer);
      } catch (error) {
        if ((error as ServiceError).code === notFound) return undefined;
        throw error;
      }
    },
    async containers(namespace) {
      const { containers } = await call(methods.containers, namespace, {});
      return (containers as RawContainer[]).map(toContainer);
    },
    async tasks(namespace) {
      const { tasks } = await call(methods.tasks, namespace, {});
      const raw = tasks as { container_id: string; id: string; pid: number }[];
      return new Map(raw.map((task) => [task.container_id || task.id, task.pid]));
    },
    subscribe: (heard, signal) => listen(client, type, heard, signal),
    [Symbol.dispose]: () => client.close(),
  };
}

interface Method {
  readonly path: string;
  readonly request: string;
  readonly response: string;
}

const methods = {
  namespaces: method('namespaces', 'Namespaces/List', 'ListNamespacesRequest', 'ListNamespacesResponse'),
  container: method('containers', 'Containers/Get', 'GetContainerRequest', 'GetContainerResponse'),
  containers: method('containers', 'Containers/List', 'ListContainersRequest', 'ListContainersResponse'),
  tasks: method('tasks', 'Tasks/List', 'ListTasksRequest', 'ListTasksResponse'),
  events: method('events', 'Events/Subscribe', 'SubscribeRequest', 'Envelope'),
};

function method(service: string, name: string, request: string, response: string): Method {
  return { path: `/containerd.services.${service}.v1.${name}`, request, response };
}

interface RawContainer {
  readonly id: string;
  readonly labels: Record<string, string>;
  readonly image: string;
  readonly spec: { readonly value: Uint8Array } | null;
}

function toContainer(raw: RawContainer): ContainerdContainer {
  const spec = raw.spec === null ? {} : (JSON.parse(new TextDecoder().decode(raw.spec.value)) as OciSpec);
  return { id: raw.id, labels: raw.labels, image: raw.image, spec };
}

function listen(
  client: Client,
  type: (name: string) => Type,
  heard: (event: ContainerdEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stream = client.makeServerStreamRequest(
    methods.events.path,
    (value: object) => Buffer.from(type(methods.events.request).encode(value).finish()),
    (bytes: Buffer) => toPlain(type(methods.events.response), bytes),
    { filters: ['topic~="^/(tasks|containers)/"'] },
  );
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  stream.on('data', (envelope: RawEnvelope) => {
    const event = toEvent(type, envelope);
    if (event !== undefined) heard(event);
  });
  stream.on('end', () => resolve());
  stream.on('error', (error) => (signal.aborted ? resolve() : reject(error)));
  return promise.finally(() => signal.removeEventListener('abort', cancel));
}

interface RawEnvelope {
  readonly namespace: string;
  readonly topic: string;
  readonly event: { readonly value: Uint8Array } | null;
}

const payloads: Readonly<Record<string, string>> = {
  '/containers/create': 'ContainerEvent',
  '/containers/update': 'ContainerEvent',
  '/containers/delete': 'ContainerEvent',
  '/tasks/create': 'TaskCreate',
  '/tasks/start': 'TaskStart',
  '/tasks/delete': 'TaskDelete',
};

function toEvent(type: (name: string) => Type, envelope: RawEnvelope): ContainerdEvent | undefined {
  const name = payloads[envelope.topic];
  if (name === undefined || envelope.event === null) return undefined;
  const value = toPlain(type(name), envelope.event.value);
  const isTask = envelope.topic.startsWith('/tasks/');
  const containerId = String(isTask ? value['container_id'] : value['id']);
  const process = isTask && typeof value['id'] === 'string' ? value['id'] : '';
  return {
    namespace: envelope.namespace,
    topic: envelope.topic,
    containerId,
    pid: Number(value['pid'] ?? 0) || undefined,
    isFurther: process !== '' && process !== containerId,
  };
}

function toPlain(type: Type, bytes: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(bytes), { defaults: true, arrays: true, objects: true }) as Record<string, unknown>;
}
