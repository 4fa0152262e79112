/**
 * cli: arguments, printing, exit codes. What a command does lies in the layers below; a command is loaded only
 * when it is asked for, so that each starts as fast as it can.
 */
import { Command, CommanderError } from 'commander';
import { commands, policyCommands } from './commands.ts';
import type { Subcommand } from './commands.ts';
import { exitCodes, printFailure, tolerateClosedPipe } from './output.ts';
import { version } from './version.ts';

async function main(words: readonly string[]): Promise<void> {
  const program = new Command('d4c').description(
    'Defend for Containers: keeps containers what their images say they are',
  );
  program
    .version(version(), '-V, --version', 'the version of d4c')
    .helpOption('-h, --help', 'this help')
    .exitOverride();
  program.helpCommand('help [command]', 'help on a command');
  await offer(program, commands, words[0] === 'help' ? words[1] : words[0]);
  const policy = program
    .command('policy')
    .description('checks, explains and tests policies')
    .exitOverride();
  policy.helpOption('-h, --help', 'this help').helpCommand('help [command]', 'help on a command');
  if (words.includes('policy')) {
    const [, ...rest] = words.slice(words.indexOf('policy'));
    await offer(policy, policyCommands, rest[0] === 'help' ? rest[1] : rest[0]);
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are no failures; all else that commander finds is wrong usage, and it has said so.
    process.exitCode = error.exitCode === 0 ? exitCodes.fine : exitCodes.failure;
  }
}

/** Registers the subcommand that is asked for, and of the others what the help says of them. */
async function offer(
  parent: Command,
  subcommands: readonly Subcommand[],
  asked: string | undefined,
): Promise<void> {
  for (const { name, about, load } of subcommands) {
    if (name !== asked) {
      parent.command(name).description(about);
      continue;
    }
    const register = await load();
    register(parent);
    for (const command of parent.commands) {
      command
        .exitOverride()
        .helpOption('-h, --help', 'this help')
        .showHelpAfterError('(`--help` tells what is accepted)');
    }
  }
}

tolerateClosedPipe();
try {
  await main(process.argv.slice(2));
} catch (error) {
  printFailure(error);
  process.exitCode = exitCodes.failure;
}
