/** What the demo shows with no option: a policy in the flat dialect, and what is tried under it. */

export const builtinPolicyName = 'demo.yaml';

export const builtinPolicy = `# Nothing new to run below /usr/bin, nothing changed there, nothing run from memory.
selectors:
  - name: newBinary
    operation: [createExecutable]
    containerImageName: [demo]
    targetFilePath: [/usr/bin/**]
  - name: changedBinary
    operation: [modifyExecutable]
    containerImageName: [demo]
    targetFilePath: [/usr/bin/**]
  - name: memory
    operation: [execMemFd]
    containerImageName: [demo]
  - name: allowed
    targetFilePath: [/usr/bin/allowed-*]
responses:
  - match: [newBinary, changedBinary, memory]
    exclude: [allowed]
    actions: [alert, block]
`;

/** What an attempt must lead to, for the demo to have shown what it says. */
export interface Expectation {
  readonly denied: boolean;
  /** The documents, in order: the operations and the path of each. */
  readonly documents: readonly { readonly operations: readonly string[]; readonly path: string | null }[];
}

export interface Attempt {
  readonly title: string;
  /** A line for the container's shell. */
  readonly command: string;
  readonly expected: Expectation;
}

function denied(operation: string, path: string | null): Expectation {
  return { denied: true, documents: [{ operations: [operation], path }] };
}

const allowed: Expectation = { denied: false, documents: [] };

export const attempts: readonly Attempt[] = [
  { title: 'what the image holds runs', command: 'id -u', expected: allowed },
  {
    title: 'create an executable below /usr/bin',
    command: 'cp /usr/bin/busybox /usr/bin/dropped',
    expected: denied('createExecutable', '/usr/bin/dropped'),
  },
  {
    title: 'make a plain file there executable',
    command: 'echo payload > /usr/bin/plain && chmod +x /usr/bin/plain',
    expected: denied('createExecutable', '/usr/bin/plain'),
  },
  {
    title: 'bring one in by a rename',
    command: 'cp /usr/bin/busybox /tmp/tool && mv /tmp/tool /usr/bin/tool',
    expected: denied('createExecutable', '/usr/bin/tool'),
  },
  {
    title: 'change an executable of the image',
    command: 'echo implant >> /usr/bin/hello',
    expected: denied('modifyExecutable', '/usr/bin/hello'),
  },
  {
    title: 'run a program from memory',
    command: 'run-from-memory /usr/bin/hello',
    expected: denied('execMemFd', null),
  },
  {
    title: 'create what the policy excludes',
    command: 'cp /usr/bin/hello /usr/bin/allowed-hello && allowed-hello',
    expected: allowed,
  },
  {
    title: 'write where nothing is protected',
    command: 'cp /usr/bin/busybox /tmp/scratch && echo notes > /tmp/notes',
    expected: allowed,
  },
];
