/**
 * kernel: what is in the kernel on our behalf. Loading and pinning the programs, taking over those of an agent
 * before, tables and slots, reading the rings. It speaks bytes: what a table decides or a record tells it does
 * not know, and of containers only the ids of their cgroups.
 */
export { beginLoading, defaultPinFolder, openKernel } from './open.ts';
export type { KernelOptions } from './open.ts';
export type { AssignOptions, Kernel, KernelCounters, RingName, RunningContainer } from './model.ts';
export type { RecordBatch } from './ring.ts';
export type { TableHandle } from './tables.ts';
export { canObserve, probeHost, requireHost } from './host.ts';
export type { HostCheck, HostReport } from './host.ts';
export { openDecisionCore } from './decision.ts';
export type { Answer, AskedPaths, DecisionCore, DecisionCoreOptions, Question } from './decision.ts';
export { uninstall } from './uninstall.ts';
