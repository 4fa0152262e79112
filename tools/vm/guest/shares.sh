#!/bin/sh
# Puts the host's folders where they are on the host, each with a tmpfs above it that takes the writes.
# Run after every start: the disk's content is this run's, not the snapshot's.
set -eu
disk=/run/d4c/disk
# What the kernel read when it looked for partitions may be another run's.
blockdev --flushbufs /dev/vdb
mount -t ext4 -o ro,noload /dev/vdb $disk
mkdir -p /run/d4c/over /run/d4c/out
mount -t tmpfs over /run/d4c/over
# One line for each: its name on the disk, its path.
while read -r name path; do
  mkdir -p "/run/d4c/over/$name/upper" "/run/d4c/over/$name/work" "$path"
  mount -t overlay -o "lowerdir=$disk/$name,upperdir=/run/d4c/over/$name/upper,workdir=/run/d4c/over/$name/work" \
    "share-$name" "$path"
  [ "$name" != checkout ] || {
    mkdir -p "$path/node_modules"
    mount --bind /usr/lib/d4c/node_modules "$path/node_modules"
  }
done <$disk/shares
