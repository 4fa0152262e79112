/**
 * agent: the one place where the column is wired: policies → profiles → kernel, and records → documents →
 * outputs. It owns start, reload and stop. It prints nothing and ends no process.
 */
export { startAgent } from './agent.ts';
export type { Agent, AgentOptions } from './agent.ts';
export type { AgentStatus, ContainerStatus, PolicyStatus } from './status.ts';
export type { KernelPort, RecordBatch, RingName, TableHandle, KernelCounters } from './kernel-port.ts';
export { version } from './version.ts';
export { startService } from './service.ts';
export type { Service, ServiceOptions } from './service.ts';
export { readConfig } from './config/config.ts';
export { loadOrders } from './config/load.ts';
export type { Loaded, Orders } from './config/load.ts';
export type { AgentConfig } from './config/config.ts';
export { disabledBy, disabledFile } from './disabled.ts';
