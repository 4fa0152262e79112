/** `d4c alerts`: what was reported, newest last; also as it comes. */
import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Failure } from '#base';
import { alertsLimitMax, defaultAlertsLimit, fetchAlerts, followAlerts } from '#control';
import { openDatabase } from '#outputs';
import { socketOption } from './agent-socket.ts';

interface AlertsOptions {
  readonly socket: string;
  readonly store?: string;
  readonly since?: string;
  readonly limit: number;
  readonly follow?: true;
  readonly json?: true;
}

export function registerAlerts(parent: Command): void {
  parent
    .command('alerts')
    .description('the alerts of this host, newest last')
    .option('--follow', 'goes on with each alert as it comes')
    .option('--since <when>', 'no earlier ones: a time (2026-11-23T12:00:00Z) or an age (10m, 12h, 30d)', parseSince)
    .addOption(new Option('--limit <n>', 'the newest so many').default(defaultAlertsLimit).argParser(parseLimit))
    .addOption(socketOption())
    .option('--store <path>', 'reads this store itself: no agent is needed (default: the agent is asked)')
    .option('--json', 'one JSON document, an array; with --follow JSON lines')
    .action(alerts);
}

async function alerts(options: AlertsOptions): Promise<void> {
  if (options.follow === true && options.store !== undefined) {
    throw new Failure('usage', '`--follow` asks the agent, `--store` reads a file', { help: 'give one of them' });
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  if (options.follow !== true) {
    const lines = options.store === undefined ? await ask(options) : read(options.store, options);
    if (options.json === true) process.stdout.write(`[${lines.join(',\n')}]\n`);
    else for (const line of lines) print(line, false);
    return;
  }
  // What comes while the past is read must not be missed, nor shown twice.
  const coming = followAlerts(options.socket, interrupted.signal);
  const first = coming.next();
  first.catch(() => undefined); // told when it is awaited
  const shown = new Set<string>();
  if (options.since !== undefined) {
    for (const line of await ask(options)) {
      shown.add(idOf(line));
      print(line, options.json === true);
    }
  }
  for (let next = await first; next.done !== true; next = await coming.next()) {
    if (!shown.delete(idOf(next.value))) print(next.value, options.json === true);
  }
}

function ask({ socket, since, limit }: AlertsOptions): Promise<readonly string[]> {
  return fetchAlerts(socket, { since, limit });
}

function read(path: string, { since, limit }: AlertsOptions): readonly string[] {
  if (!existsSync(path)) throw new Failure('io', `there is no store \`${path}\``, { help: 'give the path of `outputs: {store: …}`' });
  using database = openDatabase(path, { readOnly: true });
  return database.alerts({ since, limit }).map(({ document }) => document);
}

interface Shown {
  readonly '@timestamp': string;
  readonly message: string;
  readonly event: { readonly id: string };
}

function idOf(line: string): string {
  return (JSON.parse(line) as Shown).event.id;
}

function print(line: string, asJson: boolean): void {
  if (asJson) process.stdout.write(`${line}\n`);
  else {
    const { '@timestamp': time, message } = JSON.parse(line) as Shown;
    process.stdout.write(`${time}  ${message}\n`);
  }
}

const unitMs: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

function parseSince(text: string): string {
  const age = /^(\d+)([smhd])$/.exec(text);
  const time = age === null ? Date.parse(text) : Date.now() - Number(age[1]) * unitMs[age[2]!]!;
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new Failure('usage', `\`--since ${text}\` is no time`, { help: 'write `2026-11-23T12:00:00Z`, or an age: `10m`, `12h`, `30d`' });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= alertsLimitMax) return limit;
  throw new Failure('usage', `\`--limit ${text}\` is no number of alerts`, { help: `write a number from 1 to ${alertsLimitMax}` });
}
