/** `d4c run`: the agent on this host. */
import type { Command } from 'commander';
import type { RunOptions } from './serve.ts';

export function registerRun(parent: Command): void {
  parent
    .command('run')
    .description('the agent on this host: enforces policies and reports what they ask for')
    .option('--config <file>', 'the configuration', '/etc/d4c/d4c.yml')
    .option('--monitor', 'every policy in mode monitor: nothing is denied (default: as each policy says)')
    .option('--json', 'what the agent says on standard error as JSON lines; documents are for the outputs')
    .action(async (options: RunOptions) => {
      // The verifier works in a thread while the rest of the agent is being imported.
      const { beginLoading, defaultPinFolder } = await import('#kernel');
      beginLoading({ pinFolder: defaultPinFolder });
      process.exitCode = await (await import('./serve.ts')).serve(options);
    });
}
