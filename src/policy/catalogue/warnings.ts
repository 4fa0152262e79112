import type { Entry } from './entry.ts';
import { policyWith } from './entry.ts';

const fine = policyWith({});
function blocking(selector: string, exclude = ''): string {
  return `file:
  selectors:
    - name: example
${selector.replaceAll(/^/gm, '      ')}
${exclude === '' ? '' : `    - name: allowed\n${exclude.replaceAll(/^/gm, '      ')}\n`}  responses:
    - match: [example]
      exclude: [${exclude === '' ? '' : 'allowed'}]
      actions: [alert, block]
`;
}

/** P6…: what is allowed and is probably not what was meant. */
export const warningEntries = {
  P6001: {
    severity: 'warning',
    title: 'a selector that nothing uses',
    message: 'no response uses the selector {name}',
    help: 'name it in `match` or `exclude` of a response, or remove it',
    why: 'It has no effect; perhaps a response was forgotten.',
    bad: policyWith({ selectors: '- name: memory\n  operation: execMemFd' }),
    good: policyWith({
      selectors: '- name: memory\n  operation: execMemFd',
      response: 'match: [example, memory]\nactions: [alert]',
    }),
    needsWhole: true,
  },
  P6002: {
    severity: 'warning',
    title: 'a response that never applies',
    message: 'the response never applies: {proof}',
    help: 'narrow what is excluded, or remove the response{caveat}',
    why: 'A response applies if a selector of `match` matches and none of `exclude` does. Here each of the first is covered by the second. (Of a file with two paths, which is one that is also reached by a mount, an exclusion must hold for both.)',
    bad: policyWith({
      selectors: '- name: allowed\n  targetFilePath: [/usr/**]',
      response: 'match: [example]\nexclude: [allowed]\nactions: [alert]',
    }),
    good: policyWith({
      selectors: '- name: allowed\n  targetFilePath: [/usr/bin/allowed-*]',
      response: 'match: [example]\nexclude: [allowed]\nactions: [alert]',
    }),
    needsWhole: true,
  },
  P6003: {
    severity: 'warning',
    title: 'something that is there twice',
    message: '{value} is there twice in {key}',
    help: 'remove one of them',
    why: 'The second has no effect; perhaps something else was meant.',
    bad: policyWith({ selector: 'targetFilePath: [/usr/bin/**, /usr/bin/**]' }),
    good: fine,
  },
  P6004: {
    severity: 'warning',
    title: 'something that another makes needless',
    message: '{value} in {key} is made needless by {other}, which matches all that it does',
    help: 'remove {value}, or narrow {other} if that matches too much',
    why: 'It has no effect; perhaps the wider one was meant to be narrower.',
    bad: policyWith({ selector: 'targetFilePath: [/usr/bin/echo, /usr/bin/*]' }),
    good: policyWith({ selector: 'targetFilePath: [/usr/bin/*]' }),
  },
  P6005: {
    severity: 'warning',
    title: 'a value that can never match',
    message: '{value} in {key} can never match: {what}',
    help: '{advice}',
    why: 'The selector matches less than was meant, perhaps nothing.',
    bad: policyWith({ selector: 'containerImageName: [nginx:1.25]' }),
    good: policyWith({ selector: 'containerImageName: [nginx]\ncontainerImageTag: ["1.25"]' }),
  },
  P6006: {
    severity: 'warning',
    title: 'a path on a program without one',
    message:
      'the selector {name} can never match: `execMemFd` has no path, and it has `targetFilePath`',
    help: 'remove `targetFilePath`, or add operations that have a path, such as `createExecutable`',
    why: 'What is executed from memory has no path: a selector with `targetFilePath` never matches it.',
    bad: policyWith({ selector: 'operation: [execMemFd]\ntargetFilePath: [/usr/bin/**]' }),
    good: policyWith({ selector: 'operation: [execMemFd]' }),
    needsWhole: true,
  },
  P6007: {
    severity: 'warning',
    title: 'typographic quotes in a value',
    message: '{key} has typographic quotes in {value}',
    help: 'they come with text copied from a web page, and to YAML they are part of the value: {advice}',
    why: 'The value matches only what has these characters in its name.',
    bad: policyWith({ selector: 'orchestratorResourceLabel: [‘production:*’]' }),
    good: policyWith({ selector: "orchestratorResourceLabel: ['production:*']" }),
  },
  P6008: {
    severity: 'warning',
    title: 'a directory as a path',
    message: '{value} in {key} matches that path alone, nothing in the directory',
    help: 'write {below} for all below it, or {children} for its direct children',
    why: 'Paths are matched whole, and this one is a directory in nearly every image.',
    bad: policyWith({ selector: 'targetFilePath: [/usr/bin]' }),
    good: policyWith({ selector: 'targetFilePath: [/usr/bin/**]' }),
  },
  P6009: {
    severity: 'warning',
    title: '`/**/` needs a directory in between',
    message: '{value} in {key} does not match {direct}',
    help: 'between the two slashes of `/**/` there is at least one directory: also list {direct}',
    why: 'In other languages `/**/` stands for nothing too; here it does not.',
    bad: policyWith({ selector: "targetFilePath: ['/srv/**/run.sh']" }),
    good: policyWith({ selector: "targetFilePath: ['/srv/**/run.sh', /srv/run.sh]" }),
  },
  P6010: {
    severity: 'warning',
    title: 'a path through a symbolic link',
    message: '{value} in {key} goes through {directory}, which is a symbolic link in many images',
    help: 'also list {target}: the kernel tells the path after links are followed',
    why: 'In images of Debian, Ubuntu, Fedora and others `/bin`, `/sbin`, `/lib` and `/lib64` lead to `/usr`; there the value never matches.',
    bad: policyWith({ selector: 'targetFilePath: [/bin/**]' }),
    good: policyWith({ selector: 'targetFilePath: [/bin/**, /usr/bin/**]' }),
  },
  P6011: {
    severity: 'warning',
    title: 'changes blocked, creation not',
    message: '`modifyExecutable` is blocked and `createExecutable` is not',
    help: 'add `createExecutable` to the selector {name}',
    why: 'Who cannot change a program can still put one of their own beside it, and have that found first.',
    bad: blocking('operation: [modifyExecutable]\ntargetFilePath: [/usr/bin/**]'),
    good: blocking(
      'operation: [createExecutable, modifyExecutable]\ntargetFilePath: [/usr/bin/**]',
    ),
    needsWhole: true,
  },
  P6012: {
    severity: 'warning',
    title: 'a block over code that the runtime mounts in',
    message:
      '`block` over `execDrift` of the selector {name}, which has neither `ignoreVolumeMounts` nor a path',
    help: 'add `ignoreVolumeMounts: true`, or an `exclude` selector with the paths that may run',
    why: 'What a runtime mounts in is not of the image: the `--init` program and GPU libraries would not run.',
    bad: blocking('operation: [execDrift]'),
    good: blocking('operation: [execDrift]\nignoreVolumeMounts: true'),
    needsWhole: true,
  },
  P6013: {
    severity: 'warning',
    title: 'a block over files anywhere',
    message: '`block` over {operations}, and every path begins with a wildcard',
    help: 'name the directories that are meant, or exclude those that the program writes to, such as `/tmp/**`',
    why: 'A container that can create, write or delete no file at all seldom works.',
    bad: blocking("operation: [createFile]\ntargetFilePath: ['/**']"),
    good: blocking(
      "operation: [createFile]\ntargetFilePath: ['/**']",
      "targetFilePath: ['/tmp/**']",
    ),
    needsWhole: true,
  },
  P6014: {
    severity: 'warning',
    title: 'several values in one',
    message: '{value} in {key} is one value with a comma in it',
    help: 'several values are a list: {list}',
    why: 'Without brackets YAML takes the whole line for one text.',
    bad: policyWith({ selector: 'targetFilePath: /usr/bin/*, /usr/sbin/*' }),
    good: policyWith({ selector: 'targetFilePath: [/usr/bin/*, /usr/sbin/*]' }),
  },
} satisfies Record<string, Entry>;
