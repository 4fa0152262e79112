/**
 * policy: YAML text → located tree → model, with every finding on the way; and the words that events are
 * put in. It knows no tables, no kernel and no file system.
 */
export * from './model.ts';
export * from './event.ts';
