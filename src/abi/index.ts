/**
 * abi: the mirror of bpf/include in TypeScript. Layouts of tables and records, read and written as bytes. It
 * knows what fields mean to nobody: no policy, no kernel.
 */
export * from './table.ts';
export { constants, layouts } from './contract.gen.ts';
export { decodeRecord } from './record.ts';
export type {
  ContainerRecord, KernelRecord, OperationRecord, PairRecord, ProcessRecord, RecordHead, RetractionRecord, TaskRecord,
} from './record.ts';
