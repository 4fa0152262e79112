/**
 * compiler: policies as one container sees them → automata → tables; the same tables interpreted, and
 * explained. A pure function of its arguments: it knows no kernel, no clock and no Node module.
 */
export { compile, openCompiler } from './compile.ts';
export type { Compiler, Profile } from './compile.ts';
export { classOfProcess, decide, lookUps } from './decide.ts';
export type { Verdict, VerdictAction } from './decide.ts';
export { diffCategories, diffPolicies } from './diff.ts';
export type { DiffCategory, MeaningChange, MeaningDiff } from './diff.ts';
export type { ContainerKind } from './diff-kinds.ts';
export type { DiffCase, DiffExample } from './diff-outcome.ts';
export type { ProcessPair } from './diff-processes.ts';
export { explain } from './explain.ts';
export type { ExplainedCondition, ExplainedResponse, ExplainedSelector, Explanation, Holds } from './explain.ts';
export { openSimulation, operationsOf } from './simulate.ts';
export type { Recorded, Simulated, SimulatedGroup, SimulatedKind, SimulatedOutcome, SimulatedResponse, Simulation, SimulationSummary } from './simulate.ts';
export { limits } from './limits.ts';
export { matchesBytes, matchesText } from './match-text.ts';
