/**
 * outputs: where documents go, and that they get there. The store keeps them on the disk until every other
 * output has taken them. It takes documents as they are: it knows no events, containers or policies.
 */
export { toLine } from './model.ts';
export type { OutgoingDocument, Output, OutputState } from './model.ts';
export { openDelivery } from './delivery.ts';
export type { Delivery } from './delivery.ts';
export { fileOutput } from './file.ts';
export type { FileOutputOptions } from './file.ts';
export { stdoutOutput } from './stdout.ts';
export { openStore } from './store/store.ts';
export type { Store } from './store/store.ts';
export { openDatabase } from './store/database.ts';
export type { AlertQuery, StoredDocument } from './store/database.ts';
