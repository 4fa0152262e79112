/**
 * abi: the mirror of bpf/include in TypeScript. Layouts of tables and records, read and written as bytes. It
 * knows what fields mean to nobody: no policy, no kernel.
 */
export * from './table.ts';
