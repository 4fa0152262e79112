/**
 * events: records of the kernel → typed events; what is held back, what is kept until its container is
 * known, what repeats what was told of, and what was lost. It knows no policies and no documents.
 */
export type {
  ContainerEvent,
  EventAction,
  EventPair,
  EventPaths,
  EventProcess,
  EventTask,
  Hook,
  KernelEvent,
  Operation,
  OperationEvent,
  RetractionEvent,
} from './model.ts';
export { decodeEvent } from './decode.ts';
export { eventId, toEvent } from './from-record.ts';
export { createHold, holdMs } from './hold.ts';
export type { Held, Hold } from './hold.ts';
export { createLossTracker } from './losses.ts';
export type { LossTracker } from './losses.ts';
export { createRepeatKeeper } from './repeats.ts';
export type { Occurrence, RepeatKeeper, RepeatOptions, Repeats } from './repeats.ts';
export { createWaiting } from './waiting.ts';
export type { Waiting } from './waiting.ts';
