import type { Entry } from './entry.ts';
import { policyWith } from './entry.ts';

const fine = policyWith({});
const twoSections = `file:
  selectors:
    - name: binaries
      operation: [createExecutable]
  responses:
    - match: [MATCH]
      actions: [alert]
process:
  selectors:
    - name: shells
      operation: [exec]
      processName: [sh, bash]
  responses:
    - match: [shells]
      actions: [alert]
`;
function sectionWith(section: string, selector: string, exclude = ''): string {
  return `${section}:
  selectors:
    - name: example
${selector.replaceAll(/^/gm, '      ')}
    - name: allowed
      ${section === 'file' ? 'targetFilePath: [/tmp/**]' : 'processExecutable: [/usr/bin/app]'}
  responses:
    - match: [example]
      exclude: [${exclude}]
      actions: [alert, block]
    - match: [allowed]
      actions: [alert]
`;
}

function tooLarge(): string {
  const paths = Array.from({ length: 3_000 }, (_, index) => `'/usr/bin/*a*b*c*${index}*x*y*'`);
  return policyWith({ selector: `targetFilePath: [${paths.join(', ')}]` });
}

/** P4…: what a policy says as a whole; P5…: what the compiler can hold. */
export const meaningEntries = {
  P4001: {
    severity: 'error',
    title: 'a selector that is not defined',
    message: '{key} names the selector {name}, which is not defined',
    help: '{advice}',
    why: 'The response would not apply where it was meant to.',
    bad: policyWith({ response: 'match: [exmaple]\nactions: [alert]' }),
    good: fine,
    needsWhole: true,
  },
  P4002: {
    severity: 'error',
    title: 'a selector of the other section',
    message: '{key} names the selector {name}, which is of the section {section}',
    help: 'a response judges the operations of its own section: name a selector of it, or move the response',
    why: 'Selectors on files never match an operation on processes, nor the reverse.',
    bad: twoSections.replace('MATCH', 'binaries, shells'),
    good: twoSections.replace('MATCH', 'binaries'),
  },
  P4003: {
    severity: 'error',
    title: '`block` without `alert`',
    message: 'the response has `block` without `alert`',
    help: 'write `actions: [alert, block]`',
    why: 'An operation that is blocked without a word leaves the people behind the container guessing.',
    bad: policyWith({ response: 'match: [example]\nactions: [block]' }),
    good: policyWith({ response: 'match: [example]\nactions: [alert, block]' }),
  },
  P4004: {
    severity: 'error',
    title: 'a block over files without a path',
    message: '`block` over {operations} of the selector {name}, which has no `targetFilePath`',
    help: 'add `targetFilePath` to the selector, or an `exclude` selector that has one',
    why: 'Without a path no file could be created, written or deleted anywhere in the container, and a node could be locked up.',
    bad: sectionWith('file', 'operation: [createFile]'),
    good: sectionWith('file', 'operation: [createFile]\ntargetFilePath: [/etc/**]', 'allowed'),
    needsWhole: true,
  },
  P4005: {
    severity: 'error',
    title: 'a block over all processes',
    message: '`block` over {operations} of the selector {name}, which has no further condition',
    help: 'add a condition that says which: an image, a namespace, `processName`, `processExecutable`',
    why: 'A bare one would keep every container of the node from running anything.',
    bad: sectionWith('process', 'operation: [exec]'),
    good: sectionWith('process', 'operation: [exec]\nprocessName: [sh]', 'allowed'),
    needsWhole: true,
  },
  P5001: {
    severity: 'error',
    title: 'a policy that is too large to compile',
    message: '{problem}',
    help: '{advice}',
    why: 'Path patterns become one table that the kernel walks. Several `**` under one prefix, or several `*` in one component, can make it grow beyond all bounds; the selectors that cost most are named. A policy is never cut short: it is taken whole or refused.',
    bad: {
      shown: "targetFilePath: # and 3,000 such values\n  - '/usr/bin/*a*b*c*1*x*y*'",
      make: tooLarge,
    },
    good: fine,
  },
} satisfies Record<string, Entry>;
