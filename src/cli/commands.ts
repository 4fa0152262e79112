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
];

/** What stands behind `d4c policy`. */
export const policyCommands: readonly Subcommand[] = [
  {
    name: 'check',
    about: 'checks policies: every error and warning, with its place and what to write instead',
    load: async () => (await import('./policy-check.ts')).registerPolicyCheck,
  },
];
