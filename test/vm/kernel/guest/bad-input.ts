/**
 * In the guest: tables that are none, cells that somebody changes in place, a table of another version found pinned.
 * All the while a container tries what its first table denies. Prints one line of JSON. `D4C_SEED` repeats a run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tableVersion } from '#abi';
import { isFailure } from '#base';
import { openKernel, uninstall } from '#kernel';
import { addon } from '../../../../src/kernel/addon.ts';
import { u64Bytes, slotOf } from '../../../../src/kernel/bytes.ts';
import { makeImage } from '../../../../src/cli/demo/bundle.ts';
import { build, linesOf, makeOtherBuild } from './agents.ts';
import { root, tableOf } from './bench.ts';

const pinFolder = '/sys/fs/bpf/d4c-bad';
const name = 'bad';
/** Times that cells are changed and tried under. */
const rounds = 60;
const seed = Number(process.env['D4C_SEED'] ?? randomInt(1, 2 ** 31));
const builds = [build, makeOtherBuild()] as const;

const cgroup = join('/sys/fs/cgroup', name);
mkdirSync(cgroup, { recursive: true });
const cgroupId = statSync(cgroup, { bigint: true }).ino;

const table = tableOf(`
file:
  selectors:
    - {name: bin, operation: [createFile], targetFilePath: [/usr/bin/**], processName: [sh, busybox]}
  responses: [{match: [bin], actions: [alert, block]}]
`);
using image = makeImage(join(root, 'build/demo-image'), [], [], []);
const script = `while read n; do i=0; ok=0
  while [ $i -lt $n ]; do i=$((i+1)); true > /usr/bin/new && ok=$((ok+1)); rm -f /usr/bin/new; hello; done >/dev/null 2>&1
  echo $ok; done`;
using bundle = image.bundle(name, { file: null, args: ['/usr/bin/busybox', 'sh', '-c', script] }, `/${name}/c`);

let kernel = await openKernel({ pinFolder });
const handle = await kernel.install(table);
kernel.assign(cgroupId, handle, { neverBlocked: false });
const container = spawn('crun', ['--cgroup-manager=cgroupfs', 'run', '--bundle', bundle.folder, name], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = linesOf(container.stdout);
/** How many of so many attempts went through. */
async function through(attempts: number): Promise<number> {
  container.stdin.write(`${attempts}\n`);
  return Number(await answers.next());
}

function changed(change: (view: DataView) => void): Uint8Array {
  const copy = table.slice();
  change(new DataView(copy.buffer));
  return copy;
}

const bad: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(),
  'half a head': table.slice(0, 40),
  'a cell less': table.slice(0, -8),
  'half a cell': table.slice(0, -4),
  'another version': changed((view) => view.setUint32(4, tableVersion + 1, true)),
  'another mark': changed((view) => view.setUint32(0, 7, true)),
  'rules outside': changed((view) => view.setUint32(28, 0xffff, true)),
  'states outside': changed((view) => view.setUint32(40, 0x7fffffff, true)),
  zeros: new Uint8Array(table.length),
};
const said = async (what: () => Promise<unknown>): Promise<string> => {
  try {
    await what();
    return 'taken';
  } catch (error) {
    return isFailure(error) ? error.message : `not told: ${String((error as Error).stack)}`;
  }
};
const refused: Record<string, string> = {};
const before = kernel.memory().cells.used;
for (const [what, bytes] of Object.entries(bad)) refused[what] = await said(() => kernel.install(bytes));
const afterRefusals = { through: await through(20), cells: kernel.memory().cells.used - before };

const native = addon();
const setOf = (): string => join(pinFolder, readdirSync(pinFolder).find((one) => one.startsWith('set-'))!);
function openPin<T>(pin: string, use: (map: ReturnType<typeof native.openMap>) => T): T {
  const map = native.openMap(join(setOf(), pin));
  try {
    return use(map);
  } finally {
    native.close(map);
  }
}
const at = (): number => openPin('d4c_slots', (map) => slotOf(native.mapGet(map, u64Bytes(cgroupId))!).table);
const readCells = (): Uint8Array => openPin('d4c_cells', (map) => native.mapRead(map, at(), table.length / 8));
const writeCells = (bytes: Uint8Array): void => openPin('d4c_cells', (map) => native.mapWrite(map, at(), bytes));

// What the container may do under cells that root has changed is nobody's promise; that the kernel goes on is.
let state = seed;
const next = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const whole = readCells();
for (let round = 0; round < rounds; round++) {
  const cells = whole.slice();
  for (let i = round % 8 === 0 ? cells.length : 1 + next(8); i > 0; i--) cells[next(cells.length)] = next(256);
  writeCells(cells);
  await through(3);
}
// Processes were judged by what was there; by a table that is put there anew they are judged anew.
kernel.assign(cgroupId, await kernel.install(table), { neverBlocked: false });
const afterChanges = await through(20);
await kernel[Symbol.asyncDispose]();

const start = (build: string): Promise<string> => said(async () => {
  kernel = await openKernel({ pinFolder, build });
});
const pins = (): string => readdirSync(pinFolder, { recursive: true, encoding: 'utf8' }).sort().join();
writeCells(changed((view) => view.setUint32(4, tableVersion + 1, true)));
const pinned = pins();
const newVersion = { start: await start(builds[1]), pins: pins() === pinned, through: await through(20) };
writeCells(changed((view) => view.setUint32(8, 0xffffffff, true)));
const longHead = { other: await start(builds[1]), same: await start(builds[0]), through: await through(20) };
const sane = kernel.memory().cells.used <= 100;
kernel.assign(cgroupId, await kernel.install(table), { neverBlocked: false });
await kernel[Symbol.asyncDispose]();
const repaired = { start: await start(builds[1]), through: await through(20) };
await kernel[Symbol.asyncDispose]();
const complaints = spawnSync('dmesg', { encoding: 'utf8' }).stdout.split('\n').filter((line) => /BUG|WARNING|Oops|RIP:/.test(line));
container.stdin.end();
console.log(JSON.stringify({
  seed, refused, afterRefusals, afterChanges, newVersion, longHead, sane, repaired, complaints, removed: uninstall(pinFolder),
}));
