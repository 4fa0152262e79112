#!/bin/sh
# Second program of the guest, on its final root: mounts what programs expect, then becomes the agent.
export PATH=/usr/bin:/usr/sbin
fail() { echo "init: $*" >/dev/console; poweroff -f; }
mount -t proc proc /proc || fail 'no proc'
mount -t sysfs sys /sys || fail 'no sysfs'
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts || fail 'no devpts'
mount -t tmpfs shm /dev/shm && mount -t tmpfs -o mode=755 run /run && mount -t tmpfs tmp /tmp || fail 'no tmpfs'
chmod 1777 /tmp /dev/shm
mount -t cgroup2 -o nsdelegate cgroup /sys/fs/cgroup || fail 'no cgroup2'
mount -t securityfs securityfs /sys/kernel/security || fail 'no securityfs'
mount -t bpf bpf /sys/fs/bpf || fail 'no bpffs'
mount -t tracefs tracefs /sys/kernel/tracing || fail 'no tracefs'
cp -a /usr/share/d4c/etc/. /etc/ && ln -s /proc/self/mounts /etc/mtab || fail 'no /etc'
hostname d4c-guest
ip link set lo up
mkdir -p /run/d4c/disk
exec /usr/lib/d4c/agent </dev/null >/dev/console 2>&1
