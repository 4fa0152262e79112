/**
 * policy: YAML text → located tree → model, with every finding on the way; and the words that events are
 * put in. It knows no tables, no kernel and no file system.
 */
export * from './model.ts';
export * from './event.ts';
export { parsePolicy } from './parse.ts';
export type { Parsed } from './parse.ts';
export { quote } from './finding.ts';
export { makeFinding } from './report.ts';
export type { Finding, Related, Severity } from './finding.ts';
export { limits } from './limits.ts';
export { measure } from './yaml/measure.ts';
export type { Excess } from './yaml/measure.ts';
export { normalForm } from './patterns/path-form.ts';
export { matchPattern } from './patterns/match.ts';
export { locate } from './render/located.ts';
export type { CheckedFile, LineSpan, LocatedFinding } from './render/located.ts';
export { renderText } from './render/text.ts';
export type { Paint, Style } from './render/text.ts';
export { catalogue, codes } from './catalogue/index.ts';
export type { Code } from './catalogue/index.ts';
export { conditionWords, allActions, flatActions, operationsOf } from './vocabulary.ts';
export type { ConditionName, ValueForm, Word } from './vocabulary.ts';
export { starterPolicy, starterTests } from './starter.ts';
export type { StarterImage, StarterOptions } from './starter.ts';
