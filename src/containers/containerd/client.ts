import type { Client, ServiceError } from '@grpc/grpc-js';
import { decodeMessage, encodeTexts } from './wire.ts';
import type { Message } from './wire.ts';

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

/**
 * Loads what speaks gRPC only now: it costs hundreds of milliseconds that enforcing must not wait for. Names
 * of services and numbers of fields are those of containerd's API, version 1.
 */
export async function connectContainerd(socket: string): Promise<ContainerdClient> {
  const { default: grpc } = await import('@grpc/grpc-js');
  const client: Client = new grpc.Client(`unix://${socket}`, grpc.credentials.createInsecure());

  function call(path: string, namespace: string, request: Uint8Array = empty): Promise<Message> {
    const headers = new grpc.Metadata();
    headers.set('containerd-namespace', namespace);
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    client.makeUnaryRequest(
      `/containerd.services.${path}`,
      toBuffer,
      decodeMessage,
      request,
      headers,
      { deadline: Date.now() + callTimeoutMs },
      (error, response) => (error === null ? resolve(response ?? decodeMessage(empty)) : reject(error)),
    );
    return promise;
  }

  return {
    async namespaces() {
      const response = await call('namespaces.v1.Namespaces/List', 'default');
      return response.messages(1).map((namespace) => namespace.text(1));
    },
    async container(namespace, id) {
      try {
        const response = await call('containers.v1.Containers/Get', namespace, encodeTexts({ 1: [id] }));
        const container = response.message(1);
        return container && toContainer(container);
      } catch (error) {
        if ((error as ServiceError).code === notFound) return undefined;
        throw error;
      }
    },
    async containers(namespace) {
      const response = await call('containers.v1.Containers/List', namespace);
      return response.messages(1).map(toContainer);
    },
    async tasks(namespace) {
      const response = await call('tasks.v1.Tasks/List', namespace);
      // A task has the id of its container in field 1 or, as version 1 of the service fills it, in 2.
      return new Map(response.messages(1).map((task) => [task.text(1) || task.text(2), task.number(3)]));
    },
    subscribe: (heard, signal) => listen(client, heard, signal),
    [Symbol.dispose]: () => client.close(),
  };
}

const empty = new Uint8Array();

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

/** Container: id 1, labels 2, image 3, spec 5, which is an Any: type 1, value 2, the specification as JSON. */
function toContainer(container: Message): ContainerdContainer {
  const spec = container.message(5)?.bytes(2);
  return {
    id: container.text(1),
    labels: container.texts(2),
    image: container.text(3),
    spec: spec === undefined ? {} : (JSON.parse(new TextDecoder().decode(spec)) as OciSpec),
  };
}

function listen(client: Client, heard: (event: ContainerdEvent) => void, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const filters = encodeTexts({ 1: ['topic~="^/(tasks|containers)/"'] });
  const stream = client.makeServerStreamRequest('/containerd.services.events.v1.Events/Subscribe', toBuffer, decodeMessage, filters);
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  stream.on('data', (envelope: Message) => {
    const event = toEvent(envelope);
    if (event !== undefined) heard(event);
  });
  stream.on('end', () => resolve());
  stream.on('error', (error) => (signal.aborted ? resolve() : reject(error)));
  return promise.finally(() => signal.removeEventListener('abort', cancel));
}

/** Where the payload of a topic has the first process's pid, and the id of a further process. */
const topics: Readonly<Record<string, { readonly pid?: number; readonly process?: number }>> = {
  '/containers/create': {},
  '/containers/update': {},
  '/containers/delete': {},
  '/tasks/create': { pid: 6 },
  '/tasks/start': { pid: 2 },
  '/tasks/delete': { pid: 2, process: 5 },
};

/** Envelope: namespace 2, topic 3, event 4, an Any: type 1, value 2. The id of the container is 1 in each. */
function toEvent(envelope: Message): ContainerdEvent | undefined {
  const topic = envelope.text(3);
  const fields = topics[topic];
  const value = envelope.message(4)?.bytes(2);
  if (fields === undefined || value === undefined) return undefined;
  const payload = decodeMessage(value);
  const containerId = payload.text(1);
  const process = fields.process === undefined ? '' : payload.text(fields.process);
  return {
    namespace: envelope.text(2),
    topic,
    containerId,
    pid: fields.pid === undefined ? undefined : payload.number(fields.pid) || undefined,
    isFurther: process !== '' && process !== containerId,
  };
}
