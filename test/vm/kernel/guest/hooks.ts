/**
 * In the guest: what each hook sees, at the level of records. Runs scripts in containers under one policy and
 * prints a line of JSON for each: its name, exit status, output, operations that stand, what was taken back.
 */
import { openKernel, probeHost } from '#kernel';
import { openBench, seenOf, standing, tableOf } from './bench.ts';

const policy = `
file:
  selectors:
    - name: executables
      operation: [createExecutable, modifyExecutable]
      targetFilePath: [/usr/bin/**]
    - name: files
      operation: [createFile]
      targetFilePath: [/etc/blocked/**]
    - name: watched
      operation: [createFile, modifyFile, deleteFile, createExecutable]
      targetFilePath: [/srv/**]
    - name: memory
      operation: [execMemFd]
  responses:
    - match: [executables, files, memory]
      actions: [alert, block]
    - match: [watched]
      actions: [alert]
`;

const asked = process.argv.slice(2);
/** What each is about stands beside its expectation, in ../hooks.test.ts. */
const scripts: readonly (readonly [name: string, script: string])[] = [
  ['nothing', 'true'],
  ['programs', 'ls / > /dev/null; cat /etc/passwd > /dev/null; /usr/bin/busybox true'],
  ['create', 'cp /usr/bin/busybox /usr/bin/new'],
  ['chmod', 'cp /usr/bin/busybox /tmp/new; chmod 644 /tmp/new; mv /tmp/new /usr/bin/new; chmod 755 /usr/bin/new'],
  ['rename', 'cp /usr/bin/busybox /tmp/new; mv /tmp/new /usr/bin/new'],
  ['link', 'cp /usr/bin/busybox /new; ln /new /usr/bin/new'],
  ['change', 'cp /usr/bin/try-ran /tmp/try; echo >> /usr/bin/try-ran'],
  ['truncate', 'truncate -s 0 /usr/bin/try-ran'],
  ['memory', '/try-memory program none execveat /usr/bin/busybox true'],
  // The image has the directory and the file: the first open finds no dentry.
  ['existing', 'echo x >> /etc/blocked/old && echo x >> /etc/blocked/old && echo x > /etc/blocked/old'],
  ['new', 'echo x >> /etc/blocked/new; echo x >> /etc/blocked/new'],
  ['fifo', 'mkfifo /etc/blocked/fifo'],
  ['link of symbol', 'echo x >> /etc/blocked/symbol'],
  ['once', 'mkdir /srv/d; echo x > /srv/d/f; echo y >> /srv/d/f; chmod 755 /srv/d/f; rm /srv/d/f; mkfifo /srv/d/p; ln -s a /srv/d/s'],
  ['umask', 'umask 0133; /try-names open creat+wronly /srv/f 0777'],
  ['tmpfs', 'mount -t tmpfs t /usr/bin/deep 2>/dev/null || mount -t tmpfs t /mnt; cp /usr/bin/busybox /mnt/x'],
  ['bind', 'mount --bind /usr/bin /mnt; cp /usr/bin/busybox /mnt/new'],
  ['deep', 'mkdir /elsewhere; /try-names deep /elsewhere x 0755'],
];

const start = performance.now();
await using kernel = await openKernel({ pinFolder: null });
const openedMs = Math.round(performance.now() - start);
await using bench = await openBench(kernel, await kernel.install(tableOf(policy)), {
  '/etc/blocked/old': 'old\n', '/etc/blocked/symbol': '-> old', '/etc/blocked/target': '',
});
for (const [name, script] of scripts) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const ran = await bench.run(script);
  const kinds = ran.records.map(({ kind }) => kind);
  console.log(JSON.stringify({
    name,
    exitCode: ran.exitCode,
    stdout: ran.stdout,
    stderr: ran.stderr,
    standing: standing(ran.records).map(seenOf),
    retracted: kinds.filter((kind) => kind === 'retraction').length,
    begun: kinds.filter((kind) => kind === 'containerBegin').length,
    ended: kinds.filter((kind) => kind === 'containerEnd').length,
  }));
}
const counters = kernel.counters();
console.log(JSON.stringify({ openedMs, host: probeHost(), lost: Object.keys(counters.lost), hooks: kernel.hooks }));
