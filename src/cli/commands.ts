import type { Command } from 'commander';

/** One subcommand: listed in the help, and loaded only when it is the one that is asked for. */
export interface Subcommand {
  readonly name: string;
  readonly about: string;
  readonly load: () => Promise<(parent: Command) => void>;
}

/** To add a command: a file that exports a `register…(parent)`, and a line here. */
export const commands: readonly Subcommand[] = [
  {
    name: 'demo',
    about: 'shows the main job: a container under a policy, what is tried in it, and the alerts that come of it',
    load: async () => (await import('./demo/index.ts')).registerDemo,
  },
  {
    name: 'run',
    about: 'the agent on this host: enforces policies and reports what they ask for',
    load: async () => (await import('./run.ts')).registerRun,
  },
  {
    name: 'status',
    about: 'what the agent enforces, on which containers, and what it has counted',
    load: async () => (await import('./status.ts')).registerStatus,
  },
  {
    name: 'alerts',
    about: 'the alerts of this host, newest last; also as they come',
    load: async () => (await import('./alerts.ts')).registerAlerts,
  },
  {
    name: 'uninstall',
    about: 'removes from the kernel what goes on enforcing after the agent has stopped',
    load: async () => (await import('./uninstall.ts')).registerUninstall,
  },
  {
    name: 'doctor',
    about: 'what this host can do, proved by forbidden operations in a scratch container; and what to change',
    load: async () => (await import('./doctor/index.ts')).registerDoctor,
  },
];

/** What stands behind `d4c policy`. */
export const policyCommands: readonly Subcommand[] = [
  {
    name: 'new',
    about: 'writes a commented starter policy in mode monitor: useful as it stands',
    load: async () => (await import('./policy-new.ts')).registerPolicyNew,
  },
  {
    name: 'check',
    about: 'checks policies: every error and warning, with its place and what to write instead',
    load: async () => (await import('./policy-check.ts')).registerPolicyCheck,
  },
  {
    name: 'explain',
    about: 'what policies say of an operation, and the selectors and responses behind it',
    load: async () => (await import('./policy-explain.ts')).registerPolicyExplain,
  },
  {
    name: 'test',
    about: 'runs unit tests of policies: files that say which operation is to have which outcome',
    load: async () => (await import('./policy-test.ts')).registerPolicyTest,
  },
  {
    name: 'diff',
    about: 'what changes in meaning between policies, with a path that shows each change',
    load: async () => (await import('./policy-diff.ts')).registerPolicyDiff,
  },
  {
    name: 'simulate',
    about: 'what policies would have done to operations that have been recorded',
    load: async () => (await import('./policy-simulate.ts')).registerPolicySimulate,
  },
];
