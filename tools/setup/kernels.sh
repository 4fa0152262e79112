# Kernels beside those of packages/vm.list, which tests boot and nobody needs to start with: the generic ones of
# Debian 12, and the next Debian's. Kept of a package is what a guest needs: the image, and the modules for disks,
# ports and file systems. Its lists are apt's of its own, as the next Debian's names must not reach the other sets.

next_suite=trixie

kernels_prefix() {
  printf '%s/root-kernels-%s' "$cache" "$(sum "$top/tools/setup/packages/kernels.list" "$top/tools/setup/kernels.sh")"
}

# make_kernels FOLDER
make_kernels() (
  apt_dir=$cache/apt-kernels
  update_with_next
  work=$(scratch)
  closure kernels >"$work/names" || exit 2
  say "apt: kernels: $(paste -sd ' ' "$work/names")"
  (cd "$work" && apt_get download $(cat "$work/names")) >"$log/apt-kernels.log" 2>&1 \
    || die_with_log 'a kernel could not be fetched; run it again' "$log/apt-kernels.log"
  mkdir -p "$work/root/run" "$work/root/usr/lib"
  ln -s usr/lib "$work/root/lib"
  for deb in "$work"/*.deb; do
    unpack_kernel "$deb" "$work/root" || die "a kernel could not be unpacked (disk full?); run it again"
    basename "$deb" >>"$work/root/run/versions"
  done
  mv "$work/root" "$1"
  keep_newest 2 "$cache/root-kernels-"*
  rm -rf "$work"
)

update_with_next() {
  mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
  : >"$apt_dir/status"
  write_apt_sources
  stanza "$mirror" "$next_suite" - >>"$apt_dir/d4c.sources"
  write_apt_conf
  say "apt: package lists of $mirror, with $next_suite"
  apt_get update -o APT::Update::Error-Mode=any >"$log/apt-update-kernels.log" 2>&1 || die_with_log \
    "the package lists of Debian 12 and $next_suite could not be fetched (is debian-archive-keyring up to date?); run it again" \
    "$log/apt-update-kernels.log"
}

# unpack_kernel PACKAGE FOLDER
unpack_kernel() {
  dpkg-deb --fsys-tarfile "$1" >"$1.tar" &&
    tar -xf "$1.tar" -C "$2" --keep-directory-symlink --no-same-owner --wildcards './boot/vmlinuz-*' '*/modules.builtin' \
      '*/kernel/arch/*' '*/kernel/crypto/*' '*/kernel/fs/*' '*/kernel/lib/*' \
      '*/kernel/drivers/virtio/*' '*/kernel/drivers/block/*' '*/kernel/drivers/char/*' 2>"$log/unpack.log" &&
    rm "$1.tar"
}
