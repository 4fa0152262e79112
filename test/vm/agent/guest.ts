/** The guest's half: one scenario after the other; prints what was seen as JSON lines, judges nothing. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fetchAlerts, fetchStatus } from '#control';
import { openDatabase } from '#outputs';
import { execInContainerd, importImage, inContainerd, inCrun, startContainerd } from './support/containers.ts';
import { command, endAll, linesOf, makePlace, runToEnd, socket, startService, until } from './support/service.ts';
import type { Place } from './support/service.ts';

const work = mkdtempSync('/tmp/d4c-agent-');
const anyImage = `
selectors:
  - {name: newBinary, operation: createExecutable, targetFilePath: /usr/bin/**}
responses:
  - {match: newBinary, actions: [alert, block], name: no new programs, severity: 70}
`;
const byImage = `
selectors:
  - {name: demoBinary, operation: createExecutable, targetFilePath: /usr/bin/**, containerImageName: demo, containerImageTag: "1"}
responses:
  - {match: demoBinary, actions: [alert, block], name: images are complete}
`;
/** A container that no source names is found by its cgroup, a moment after it was made. */
const seen = 'sleep 2; ';
const copy = (name: string): string => `cp /usr/bin/busybox /usr/bin/${name} && echo made || echo refused`;

function tell(scenario: string, seen: object): void {
  process.stdout.write(`${JSON.stringify({ scenario, ...seen })}\n`);
}

function stored(place: Place): readonly string[] {
  using database = openDatabase(place.store, { readOnly: true });
  return database.alerts({ limit: 10_000 }).map(({ id }) => id);
}

async function byCgroup(): Promise<void> {
  const place = makePlace(`${work}/crun`, anyImage, 'http: {listen: 127.0.0.1:6791}\n');
  const service = await startService(place);
  const ended = await inCrun('one', `${seen}${copy('evil')}; ${copy('evil2')}`);
  const rss = service.rssMb();
  await until('two alerts', () => linesOf(place).length >= 2);
  const ready = await fetch('http://127.0.0.1:6791/readyz').then((it) => it.status);
  const metrics = await fetch('http://127.0.0.1:6791/metrics').then((it) => it.text());
  const asked = await runToEnd(['alerts', '--json']);
  const status = await runToEnd(['status', '--json']);
  const code = await service.end('SIGTERM');
  tell('cgroup', {
    ended, code, rss, ready, metrics, documents: linesOf(place), asked: JSON.parse(asked.out), stored: stored(place),
    status: JSON.parse(status.out), enforcingAfterMs: service.enforcingAfterMs,
  });
}

/** No agent is there: what is pinned goes on, what it reports waits in the ring. */
async function pinned(): Promise<void> {
  const place = makePlace(`${work}/pinned`, anyImage);
  const first = await startService(place);
  await inCrun('known', seen + copy('a'));
  await until('one alert', () => linesOf(place).length === 1);
  const holder = inCrun('stays', `sleep 4; ${copy('b')}`);
  await until('the container', async () => ((await fetchStatus(socket)) as { containers: object[] }).containers.length > 0);
  await first.end('SIGTERM');
  const ended = await holder;
  const second = await startService(place);
  await until('its alert', () => linesOf(place).length === 2);
  const removeWhileRunning = await runToEnd(['uninstall']);
  await second.end('SIGTERM');
  const removed = await runToEnd(['uninstall', '--json']);
  tell('pinned', { ended, documents: linesOf(place), removeWhileRunning, removed, adoptedAfterMs: second.enforcingAfterMs });
}

async function killed(): Promise<void> {
  const place = makePlace(`${work}/killed`, anyImage);
  const first = await startService(place);
  const total = 300;
  // It draws breath half-way, so that the kill falls before its end on a machine of any speed.
  const burst = inCrun('burst', `${seen}i=0; while [ $i -lt ${total} ]; do i=$((i+1)); [ $i -ne 150 ] || sleep 10; cp /usr/bin/busybox /usr/bin/x$i 2>/dev/null && echo made; usleep 20000; done; echo finished`);
  await until('some alerts', () => linesOf(place).length > 20);
  await first.end('SIGKILL');
  const before = linesOf(place).length;
  const ended = await burst;
  const second = await startService(place);
  await until('all alerts', () => linesOf(place).length >= total);
  const status = await fetchStatus(socket);
  await second.end('SIGTERM');
  tell('killed', { ended, before, total, lines: linesOf(place), stored: stored(place), status });
}

async function reload(): Promise<void> {
  const place = makePlace(`${work}/reload`, anyImage);
  const service = await startService(place);
  const good = readFileSync(place.policy, 'utf8');
  writeFileSync(place.policy, good.replace('createExecutable', 'createExecutible').replace('actions: [alert', 'actions: [alarm'));
  service.child.kill('SIGHUP');
  await service.logged('not reloaded');
  const first = await inCrun('kept', seen + copy('a'));
  writeFileSync(place.policy, good.replace('/usr/bin/**', '/usr/sbin/**'));
  service.child.kill('SIGHUP');
  await service.logged('reloaded: enforcing');
  const second = await inCrun('changed', `${seen}${copy('a')}; cp /usr/bin/busybox /usr/sbin/b && echo made || echo refused`);
  await until('two alerts', () => linesOf(place).length === 2);
  await service.end('SIGTERM');
  await runToEnd(['uninstall']);
  writeFileSync(place.policy, good.replace('createExecutable', 'createExecutible').replace('actions: [alert', 'actions: [alarm'));
  const refused = await runToEnd(['run', '--config', place.config]);
  const free = await inCrun('free', copy('a'));
  tell('reload', { first, second, log: service.log, documents: linesOf(place), refused, free });
}

async function containerd(): Promise<void> {
  await using _ = await startContainerd(`${work}/containerd`);
  for (const name of ['docker.io/library/demo:1', 'docker.io/library/other:1']) importImage(name, `${work}/${name.replace(/\W/g, '-')}`);
  const place = makePlace(`${work}/ctr`, byImage);
  const early = inContainerd('docker.io/library/demo:1', 'early', `until [ -e /run/go ]; do usleep 100000; done; ${copy('early')}`);
  const service = await startService(place);
  await execInContainerd('early', ['touch', '/run/go']);
  const before = await early;
  await until('the alert of the early one', () => linesOf(place).length === 1);
  const demo = await inContainerd('docker.io/library/demo:1', 'web', copy('evil'));
  const other = await inContainerd('docker.io/library/other:1', 'free', copy('fine'));
  await until('one alert more', () => linesOf(place).length === 2);
  const [first, line] = linesOf(place);
  const atOnce = inContainerd('docker.io/library/demo:1', 'timed', `sleep 1; ${copy('evil')}`);
  await until('the next alert', () => linesOf(place).length === 3);
  const latencyMs = Date.now() - Date.parse(linesOf(place)[2]!['@timestamp']);
  await atOnce;
  const status = await fetchStatus(socket);
  const alerts = await fetchAlerts(socket, { since: undefined, limit: 10 });
  const rss = service.rssMb();
  await service.end('SIGTERM');
  await runToEnd(['uninstall']);
  tell('containerd', { before, first, demo, other, document: line, latencyMs, status, alerts: alerts.length, rss, enforcingAfterMs: service.enforcingAfterMs });
}

async function monitor(): Promise<void> {
  const place = makePlace(`${work}/monitor`, anyImage);
  const service = await startService(place, ['--monitor']);
  const ended = await inCrun('watched', seen + copy('evil'));
  await until('one alert', () => linesOf(place).length === 1);
  await service.end('SIGTERM');
  await runToEnd(['uninstall']);
  tell('monitor', { ended, documents: linesOf(place) });
}

/** Somebody switched it off: nothing is loaded, until that is taken back. */
async function disabled(): Promise<void> {
  const place = makePlace(`${work}/disabled`, anyImage);
  mkdirSync('/etc/d4c', { recursive: true });
  writeFileSync('/etc/d4c/disabled', '');
  const service = await startService(place);
  const off = await runToEnd(['status', '--json']);
  const free = await inCrun('free', seen + copy('a'));
  rmSync('/etc/d4c/disabled');
  service.child.kill('SIGHUP');
  await service.logged('enforcing one policy');
  const bound = await inCrun('bound', seen + copy('a'));
  const followed = command(['alerts', '--follow', '--since', '1h', '--json']);
  const [line] = (await once(createInterface({ input: followed.stdout! }), 'line')) as [string];
  followed.kill();
  await service.end('SIGTERM');
  await runToEnd(['uninstall']);
  tell('disabled', { off, free, bound, followed: JSON.parse(line) });
}

const scenarios = { disabled, byCgroup, pinned, killed, reload, containerd, monitor };
const asked = process.argv.slice(2);
for (const [name, scenario] of Object.entries(scenarios)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    await scenario();
  } catch (error) {
    tell('failed', { name, error: (error as Error).stack });
    endAll();
    await runToEnd(['uninstall']);
  }
}
