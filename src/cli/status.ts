/** `d4c status`: what the agent enforces, on which containers, and what it counted. */
import type { Command } from 'commander';
import type { AgentStatus } from '#agent';
import { fetchStatus } from '#control';
import { socketOption } from './agent-socket.ts';
import { exitCodes } from './output.ts';

export function registerStatus(parent: Command): void {
  parent
    .command('status')
    .description('what the agent enforces, on which containers, and what it has counted')
    .addOption(socketOption())
    .option('--json', 'one JSON document')
    .action(async ({ socket, json }: { readonly socket: string; readonly json?: true }) => {
      const status = (await fetchStatus(socket)) as AgentStatus;
      process.stdout.write(json === true ? `${JSON.stringify(status, null, 2)}\n` : toText(status));
      process.exitCode = status.kernel.mechanism === 'none' ? exitCodes.findings : exitCodes.fine;
    });
}

function toText(status: AgentStatus): string {
  return [
    [`d4c ${status.version} on ${status.kernel.release}: ${mechanism(status)}`],
    section('policies', status.policies.map(({ file, mode, sha256, inForceSince }) => {
      return `${file}  ${mode}  ${sha256.slice(0, 12)}  since ${inForceSince}`;
    })),
    section('containers', status.containers.map((container) => {
      const pod = container.pod === null ? '' : `  ${container.namespace ?? '?'}/${container.pod}`;
      const image = container.known ? (container.image ?? 'no image name') : 'not known yet';
      return `${container.id.slice(0, 12)}  ${image}${pod}  profile ${container.profile?.slice(0, 8) ?? 'none'}`;
    })),
    section('counters', counters(status)),
    section('outputs', status.outputs.map(({ name, state, queued, lastError }) => {
      return `${name}  ${state}  ${queued} queued${lastError === null ? '' : `  last error: ${lastError}`}`;
    })),
    section('problems', status.problems),
  ]
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}

function mechanism(status: AgentStatus): string {
  const mode = status.monitor ? ' in mode monitor' : '';
  switch (status.kernel.mechanism) {
    case 'lsm':
      return `enforcing${mode} with ${status.kernel.hooks.length} hooks`;
    case 'fentry':
      return 'observing only: this kernel can deny nothing';
    case 'none':
      return `not enforcing: ${status.disabled ?? 'no program is loaded'}`;
  }
}

function counters({ counters: { events, alerts, documents, repeats, held, denied, tampered, waiting, unprotected, lost, lostByContainer }, memory }: AgentStatus): string[] {
  return [
    `${events} operations recorded, ${denied} denied; ${documents} documents, ${alerts} of them alerts`,
    ...(tampered === 0 ? [] : [`${tampered} attempts of containers on d4c itself, refused`]),
    `${repeats} more told of as repeats, ${held} to be told of; ${waiting} waiting for their container to be known`,
    ...(unprotected === 0 ? [] : [`${unprotected} containers without rules: the kernel half has no room for them`]),
    Object.values(lost).every((count) => count === 0) ? 'nothing lost' : `lost: ${listOf(lost)}`,
    ...Object.entries(lostByContainer).map(([cgroupId, reasons]) => `lost of cgroup ${cgroupId}: ${listOf(reasons)}`),
    `${mib(memory.rssBytes)} MiB of memory; ${mib(memory.mapBytes)} MiB of maps, ${memory.cells.used} of ${memory.cells.total} cells in use`,
  ];
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function listOf(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons).filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`).join(', ');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}
