#!/bin/sh
# Run before a snapshot is saved: what every run will read is then in memory. Only files of the root
# image; nothing may ask for boot_id or make a connection that restored machines would share.
set -eu
cd /usr/lib/d4c
node --no-warnings -e '
  const load = (name) => import(name);
  await Promise.all(["node:sqlite", "node:net", "node:http", "node:worker_threads", "node:module"].map(load));
  await Promise.all(["yaml", "commander"].map(load));
' --input-type=module
cat /usr/bin/crun /usr/sbin/runc /usr/lib/x86_64-linux-gnu/*.so* >/dev/null
crun --version >/dev/null
runc --version >/dev/null
