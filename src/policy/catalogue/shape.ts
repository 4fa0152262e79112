import type { Entry } from './entry.ts';
import { policyWith } from './entry.ts';

const fine = policyWith({});
const sectioned = `file:
  selectors:
    - name: example
      operation: [createExecutable]
  responses:
    - match: [example]
      actions: [log, alert]
`;
const processSection = `process:
  selectors:
    - name: shells
      operation: [exec]
      processName: [sh, bash]
  responses:
    - match: [shells]
      actions: [alert]
`;

/** P2…: keys, values and what must be there. */
export const shapeEntries = {
  P2001: {
    severity: 'error',
    title: 'both dialects in one file',
    message: 'the file has {first} and {second} at its top',
    help: 'a policy has either `selectors` and `responses` at its top, or the sections `file` and `process`; move all selectors and responses into the sections',
    why: 'The two forms have different defaults, so a mixture would be read in two ways.',
    bad: `${fine}${processSection}`,
    good: sectioned,
  },
  P2002: {
    severity: 'error',
    title: 'neither selectors nor sections',
    message: 'the policy has no selectors and no responses',
    help: 'add `selectors:` and `responses:`, or the sections `file:` and `process:` with both in each',
    why: 'Without a selector and a response nothing is recorded and nothing is blocked.',
    bad: 'name: empty\n',
    good: fine,
    needsWhole: true,
  },
  P2003: {
    severity: 'error',
    title: 'no selector or no response',
    message: '{key} is empty',
    help: 'a policy has at least one selector and one response in each section; remove the file if nothing is to be protected',
    why: 'A policy that does nothing looks like protection.',
    bad: 'selectors: []\nresponses: []\n',
    good: fine,
  },
  P2004: {
    severity: 'error',
    title: 'something missing',
    message: '{owner} has no {key}',
    help: '{advice}',
    why: 'A selector needs a `name`; a response needs `match` and `actions`; a policy, or each of its sections, needs `selectors` and `responses`.',
    bad: policyWith({ response: 'match: [example]' }),
    good: fine,
    needsWhole: true,
  },
  P2005: {
    severity: 'error',
    title: 'an unknown key',
    message: 'unknown key {key} {where}',
    help: '{advice}',
    why: 'A key that is misspelt would be passed over, and the policy would mean something else than it says.',
    bad: policyWith({ response: 'match: [example]\naction: [alert]\nactions: [alert]' }),
    good: fine,
  },
  P2006: {
    severity: 'error',
    title: 'an unknown condition',
    message: 'unknown condition {key} in a selector',
    help: '{advice}',
    why: 'Without the condition the selector would match more than was meant.',
    bad: policyWith({ selector: 'containerImageNames: [nginx]' }),
    good: policyWith({ selector: 'containerImageName: [nginx]' }),
  },
  P2007: {
    severity: 'error',
    title: 'an unknown operation',
    message: 'unknown operation {operation}',
    help: '{advice}',
    why: 'Operations are the things in a container that are judged; each has exactly one name.',
    bad: policyWith({ selector: 'operation: [createExecutables]' }),
    good: policyWith({ selector: 'operation: [createExecutable]' }),
  },
  P2008: {
    severity: 'error',
    title: 'an unknown action',
    message: 'unknown action {action}',
    help: '{advice}',
    why: 'An action that is not known cannot be taken.',
    bad: policyWith({ response: 'match: [example]\nactions: [alert, deny]' }),
    good: policyWith({ response: 'match: [example]\nactions: [alert, block]' }),
  },
  P2009: {
    severity: 'error',
    title: '`log` in the flat dialect',
    message: 'the action `log` is not known in the flat dialect',
    help: 'accepted: `alert` and `block`; to use `log`, put the selectors and responses under a key `file:`, and name the operations of each selector, since there the default is all of them',
    why: 'The flat dialect is the language of version 0.1.1, which had no `log`.',
    bad: policyWith({ response: 'match: [example]\nactions: [log]' }),
    good: sectioned,
  },
  P2010: {
    severity: 'error',
    title: 'a malformed name',
    message: '{name} is no name for a selector',
    help: 'a name has 1 to 128 letters, digits, `-` and `_`, and begins with a letter or a digit{advice}',
    why: 'Names are referred to in responses and in alerts.',
    bad: policyWith({ response: 'match: [newBinary]\nactions: [alert]' }).replace(
      'name: example',
      'name: new binary',
    ),
    good: policyWith({ response: 'match: [newBinary]\nactions: [alert]' }).replace(
      'name: example',
      'name: newBinary',
    ),
  },
  P2011: {
    severity: 'error',
    title: 'a name used twice',
    message: 'the name {name} is used by two selectors',
    help: 'give each selector of a section a name of its own',
    why: 'A response could not tell which of the two is meant.',
    bad: policyWith({ selectors: '- name: example\n  operation: execMemFd' }),
    good: policyWith({
      selectors: '- name: memory\n  operation: execMemFd',
      response: 'match: [example, memory]\nactions: [alert]',
    }),
  },
  P2012: {
    severity: 'error',
    title: 'a selector with a name only',
    message: '{which} has no condition',
    help: 'add at least one: `operation: [createExecutable]`, `containerImageName: [nginx]`; a description, or `false` for `ignoreVolumeMounts`, is no condition',
    why: 'It would match every operation in every container, which nobody writes on purpose.',
    bad: policyWith({ selector: 'description: everything' }),
    good: policyWith({
      selector:
        'description: everything\noperation: [createExecutable, modifyExecutable, execMemFd]',
    }),
    needsWhole: true,
  },
  P2013: {
    severity: 'error',
    title: 'an empty list',
    message: '{key} has no value',
    help: 'give it at least one value, or remove the key; only `exclude` may be empty',
    why: 'A condition with no value could mean "anything" or "nothing".',
    bad: policyWith({ selector: 'targetFilePath: []' }),
    good: policyWith({ selector: 'targetFilePath: [/usr/bin/**]' }),
  },
  P2014: {
    severity: 'error',
    title: 'an empty value',
    message: '{key} has an empty value',
    help: 'write a value, or remove it',
    why: 'No image, path or name is empty.',
    bad: policyWith({ selector: "containerImageName: ['']" }),
    good: policyWith({ selector: "containerImageName: ['*']" }),
  },
  P2015: {
    severity: 'error',
    title: 'a value of the wrong kind',
    message: '{key} is {found}, where {expected} is expected',
    help: '{advice}',
    why: 'A value is a text or a list of texts; `selectors` and `responses` are lists of mappings. A label such as `app: web` with a space is a mapping to YAML.',
    bad: policyWith({ selector: 'kubernetesPodLabel:\n  - app: web' }),
    good: policyWith({ selector: "kubernetesPodLabel:\n  - 'app:web'" }),
  },
  P2016: {
    severity: 'error',
    title: 'neither true nor false',
    message: '{key} is {value}, which is neither `true` nor `false`',
    help: '{advice}',
    why: 'YAML 1.1 took `yes` and `on` for true, YAML 1.2 takes them for text; a policy accepts what cannot be misread.',
    bad: policyWith({ selector: 'ignoreVolumeMounts: yes' }),
    good: policyWith({ selector: 'ignoreVolumeMounts: true' }),
  },
  P2017: {
    severity: 'error',
    title: 'no number, or out of range',
    message: '{key} is {value}, which is no number from {least} to {most}',
    help: 'write a decimal number without sign, point or leading zeros',
    why: 'A user is given by its number: names of users differ from image to image.',
    bad: policyWith({ selector: 'processUserId: [root]' }),
    good: policyWith({ selector: 'processUserId: [0]' }),
  },
  P2018: {
    severity: 'error',
    title: 'a value that is not known',
    message: '{key} has no value {value}',
    help: '{advice}',
    why: 'Only the values listed have a meaning here.',
    bad: policyWith({ selector: 'orchestratorType: [nomad]' }),
    good: policyWith({ selector: 'orchestratorType: [kubernetes]' }),
  },
  P2019: {
    severity: 'error',
    title: 'a value that is too long',
    message: '{key} has a value of {bytes} bytes',
    help: 'a value has at most {most} bytes of UTF-8, like a path of the kernel; look for a quote or a comma that is missing',
    why: 'The kernel resolves no path that is longer, so the value could never match.',
    bad: {
      shown: 'targetFilePath: [/usr/bin/aaaa… (5,000 bytes)]',
      make: () => policyWith({ selector: `targetFilePath: [/usr/bin/${'a'.repeat(5_000)}]` }),
    },
    good: fine,
  },
  P2020: {
    severity: 'error',
    title: 'a runbook that is no URL',
    message: '{value} is no URL',
    help: 'write the whole address with its scheme: `https://wiki.example.org/drift`',
    why: 'It goes into every alert as `rule.reference`, to be opened by whoever answers it.',
    bad: policyWith({ response: 'match: [example]\nactions: [alert]\nrunbook: see the wiki' }),
    good: policyWith({
      response: 'match: [example]\nactions: [alert]\nrunbook: https://wiki.example.org/drift',
    }),
  },
  P2021: {
    severity: 'error',
    title: 'two names of one condition',
    message: '{key} and {other} are two names of one condition',
    help: 'put all values under one of them: {canonical} is its name, the other an older one',
    why: 'It would be unclear whether both must hold or one.',
    bad: policyWith({ selector: 'orchestratorNamespace: [default]\nkubernetesNamespace: [web]' }),
    good: policyWith({ selector: 'kubernetesNamespace: [default, web]' }),
  },
  P2022: {
    severity: 'error',
    title: 'conditions that exclude each other',
    message: '{key} and {other} cannot stand in one selector',
    help: 'keep the one that says more, or make two selectors and name both in `match`',
    why: 'One of the two makes the other needless or impossible to meet.',
    bad: policyWith({
      selector: 'containerImageName: [nginx]\ncontainerImageFullName: [docker.io/library/nginx]',
    }),
    good: policyWith({ selector: 'containerImageFullName: [docker.io/library/nginx]' }),
  },
  P2023: {
    severity: 'error',
    title: 'a condition of the other section',
    message: 'the condition {key} has no meaning in the section {section}',
    help: 'move the selector into the section {other}, or use a condition on the process, such as `processExecutable`',
    why: 'A process that is created or a program that is executed has no target file.',
    bad: processSection.replace('processName: [sh, bash]', 'targetFilePath: [/usr/bin/sh]'),
    good: processSection,
  },
  P2024: {
    severity: 'error',
    title: 'an operation of the other section',
    message: 'the operation {operation} belongs to the section {section}, and {where}',
    help: 'move the selector there; {advice}',
    why: '`fork` and `exec` are operations on processes, all others on files.',
    bad: policyWith({ selector: 'operation: [exec]' }),
    good: processSection,
  },
} satisfies Record<string, Entry>;
