import { openDelivery } from '#outputs';
import type { Delivery, OutgoingDocument, Output, OutputState, Store } from '#outputs';

/** Outputs that could be opened, not in use yet. */
export interface OpenOutlets {
  readonly outputs: readonly Output[];
  readonly store: Store | undefined;
  close(): Promise<void>;
}

/** Where documents go at the moment: can be exchanged while they come. */
export interface Post extends AsyncDisposable {
  deliver(batch: readonly OutgoingDocument[]): Promise<void>;
  settle(): Promise<void>;
  states(): Promise<readonly OutputState[]>;
  /** The former ones are closed first: two must not take from one store. */
  swap(fresh: OpenOutlets): Promise<void>;
  readonly store: Store | undefined;
}

export async function openOutlets(outlets: {
  readonly outputs: readonly Output[];
  readonly store?: (() => Promise<Store>) | undefined;
}): Promise<OpenOutlets> {
  const store = await outlets.store?.();
  return {
    outputs: outlets.outputs,
    store,
    async close() {
      for (const output of outlets.outputs) await output.close();
      await store?.close();
    },
  };
}

export async function openPost(outlets: Parameters<typeof openOutlets>[0]): Promise<Post> {
  let current = await openOutlets(outlets);
  let delivery: Promise<Delivery> = openDelivery(current.outputs, current.store);
  await delivery;
  return {
    deliver: async (batch) => (await delivery).deliver(batch),
    settle: async () => (await delivery).settle(),
    states: async () => (await delivery).states(),
    async swap(fresh) {
      const former = delivery;
      // Batches that come meanwhile wait for the new ones.
      delivery = former
        .then((it) => it[Symbol.asyncDispose]())
        .then(() => openDelivery(fresh.outputs, fresh.store));
      current = fresh;
      await delivery;
    },
    get store() {
      return current.store;
    },
    [Symbol.asyncDispose]: async () => (await delivery)[Symbol.asyncDispose](),
  };
}
