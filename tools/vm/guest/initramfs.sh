#!/bin/busybox sh
# First program of the guest: loads the kernel's modules, and makes the root a tmpfs with the image at /usr.
# So programs run from a plain read-only ext4, any path can be made to mount at, and a container can
# pivot_root (it cannot out of an initramfs). All that changes is memory, which is what a snapshot keeps.
bb=/bin/busybox
fail() { echo "init: $*" >/dev/console; $bb poweroff -f; }
$bb mount -t devtmpfs dev /dev || fail 'no devtmpfs'
for module in /modules/*.ko; do
  [ ! -e "$module" ] || $bb insmod "$module" || fail "cannot load $module"
done
$bb mount -t tmpfs -o mode=755 root /new || fail 'no tmpfs'
cd /new || fail 'no root'
$bb mkdir -p usr dev proc sys run tmp etc root var/lib/containerd var/log mnt home srv opt
for name in bin sbin lib lib64; do $bb ln -s usr/$name $name; done
$bb mount -t ext4 -o ro /dev/vda /new/usr || fail 'no root image'
$bb mount --move /dev /new/dev || fail 'cannot move /dev'
exec $bb switch_root /new /usr/lib/d4c/init
