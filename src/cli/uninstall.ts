/** `d4c uninstall`: takes out of the kernel what outlives the agent. */
import type { Command } from 'commander';
import { Failure } from '#base';
import { answers } from '#control';
import { defaultPinFolder, uninstall } from '#kernel';
import { socketOption } from './agent-socket.ts';

export function registerUninstall(parent: Command): void {
  parent
    .command('uninstall')
    .description('removes from the kernel what goes on enforcing after the agent has stopped')
    .addOption(socketOption())
    .option('--json', 'one JSON document')
    .action(async ({ socket, json }: { readonly socket: string; readonly json?: true }) => {
      if (await answers(socket)) {
        throw new Failure('host', `an agent is running: it answers on ${socket}`, { help: 'stop it first, else it would go on enforcing' });
      }
      const removed = uninstall(defaultPinFolder);
      const text = removed ? 'removed: nothing is enforced any more' : 'there was nothing of d4c in the kernel';
      process.stdout.write(json === true ? `${JSON.stringify({ removed })}\n` : `${text}\n`);
    });
}
