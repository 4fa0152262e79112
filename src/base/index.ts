/**
 * base: what every layer may use. Failures, spans of text, facts about containers, the clock, disposal.
 * It knows nothing of policies, kernels or containers' sources, and imports nothing.
 */
export { Failure, isFailure } from './failure.ts';
export type { FailureCode } from './failure.ts';
export { lineStarts, position } from './span.ts';
export type { Position, Span } from './span.ts';
export { parseImageReference } from './image-reference.ts';
export type { ImageReference } from './image-reference.ts';
export { factsUnknown, noFacts } from './facts.ts';
export type { ContainerFacts, Fact } from './facts.ts';
export { nearest } from './nearest.ts';
