# demo-image.sh FOLDER: fills FOLDER with the root file system of demo containers: busybox with its applets,
# a dynamic glibc program with its loader and library, and what the built-in attempts need. Called by build.sh
# with the variables of build-env.sh. Merged-usr, as the images of today are.
set -eu
root=$1
here=${0%/*}/demo-image

mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib/x86_64-linux-gnu" "$root/usr/lib64" "$root/usr/local/bin" \
  "$root/etc" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/root" "$root/home" "$root/var/tmp" \
  "$root/srv" "$root/opt" "$root/mnt"
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 0700 "$root/root"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done

cp "$D4C_PREFIX/usr/bin/busybox" "$root/usr/bin/busybox"
for applet in $("$D4C_PREFIX/usr/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/usr/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'NAME="D4C demo"\nID=d4c-demo\n' >"$root/etc/os-release"

cp -L "$D4C_PREFIX/usr/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/"
cp -L "$D4C_PREFIX/usr/lib/x86_64-linux-gnu/libc.so.6" "$root/usr/lib/x86_64-linux-gnu/"
"$D4C_CLANG" $D4C_NATIVE_FLAGS -O2 -Wall -Wextra -Werror "$here/hello.c" -o "$root/usr/bin/hello"
"$D4C_CLANG" $D4C_STATIC_FLAGS -O2 -Wall -Wextra -Werror "$here/run-from-memory.c" -o "$root/usr/bin/run-from-memory"
