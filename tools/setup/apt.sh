# Debian packages without root: apt with sources, lists and cache of its own, made from the system's
# mirror and keyring, and as if nothing were installed, so that what somebody installed by hand cannot
# hide a missing name. Packages are unpacked into a prefix, never installed; apt checks the signatures.

apt_dir=$cache/apt
apt_updated=
suite=bookworm
default_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

apt_get() { APT_CONFIG=$apt_dir/apt.conf apt-get -q "$@"; }
apt_cache() { APT_CONFIG=$apt_dir/apt.conf apt-cache "$@"; }

apt_update() {
  [ -z "$apt_updated" ] || return 0
  command -v apt-get >/dev/null || die 'apt-get is missing: D4C sets itself up on Debian 12'
  mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial" "$apt_dir/debs"
  : >"$apt_dir/status"
  write_apt_sources
  write_apt_conf
  say "apt: package lists of $mirror (lists of our own, the system's stay as they are)"
  apt_get update -o APT::Update::Error-Mode=any >"$log/apt-update.log" 2>&1 \
    || die_with_log 'the package lists could not be fetched; run it again' "$log/apt-update.log"
  apt_updated=1
}

system_sources() {
  set --
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  [ $# -gt 0 ] && awk -f "$top/tools/setup/sources.awk" "$@"
}

write_apt_sources() {
  found=$(system_sources | awk -v s="$suite" '$2 == s || $2 == "stable" || $2 == "oldstable" { print; exit }')
  [ -n "$found" ] || die "no source of Debian 12 ($suite, main) in /etc/apt: D4C takes its tools from there"
  read -r mirror _ keyring <<FOUND
$found
FOUND
  mirror=${mirror%/}
  { stanza "$mirror" "$suite $suite-updates $suite-backports" "$keyring"; } >"$apt_dir/d4c.sources.new"
  found=$(system_sources | awk -v s="$suite-security" '$2 ~ s { print; exit }')
  # A small root often names the main archive only; the security archive lies beside it.
  [ -n "$found" ] || found="${mirror%/debian}/debian-security $suite-security $keyring"
  read -r uri _ keyring <<FOUND
$found
FOUND
  stanza "${uri%/}" "$suite-security" "$keyring" >>"$apt_dir/d4c.sources.new"
  mv "$apt_dir/d4c.sources.new" "$apt_dir/d4c.sources"
}

stanza() {
  key=$3
  [ "$key" != - ] || key=$default_keyring
  [ -f "$key" ] || die "the keyring $key is missing: as root, \`apt-get install debian-archive-keyring\`"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: amd64\nSigned-By: %s\n\n' "$1" "$2" "$key"
}

# Proxies and the like of the system's configuration are kept; its hooks and index targets are not
# (a hook that empties the system's package cache is common in images).
write_apt_conf() {
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Check-|Max-|ForceIPv|Retries)' >"$apt_dir/apt.conf.new" || :
  cat >>"$apt_dir/apt.conf.new" <<CONF
Dir::Etc::Parts "/dev/null";
Dir::Etc::Main "/dev/null";
Dir::Etc::sourcelist "$apt_dir/d4c.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "$top/tools/setup/packages/preferences";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt_dir";
Dir::State::lists "$apt_dir/lists";
Dir::State::status "$apt_dir/status";
Dir::Cache "$apt_dir/cache";
Dir::Log "$apt_dir";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  mv "$apt_dir/apt.conf.new" "$apt_dir/apt.conf"
}

# closure SET: `name=version` of all that the set's plain names need, then its `only` and `newest` names.
closure() {
  list=$top/tools/setup/packages/$1.list
  names=$(awk '!/^#/ && NF == 1' "$list")
  apt_get -s install $names >"$log/apt-closure-$1.log" 2>&1 \
    || die_with_log "apt finds no way to have all of packages/$1.list" "$log/apt-closure-$1.log"
  sed -n 's/^Inst \([^ ]*\) .*(\([^ ]*\) .*/\1=\2/p' "$log/apt-closure-$1.log"
  awk '$1 == "only" { print $2 }' "$list"
  awk '$1 == "newest" { print $2 }' "$list" | while read -r pattern; do
    name=$(apt_cache search -n "^$pattern\$" | cut -d' ' -f1 | grep -Ex "$pattern" | sort -V | tail -n 1)
    [ -n "$name" ] || die "no package in Debian 12 or its backports is called \`$pattern\`"
    echo "$name"
  done
}

# make_prefix SET FOLDER
make_prefix() {
  apt_update
  work=$(scratch)
  closure "$1" >"$work/names" || exit 2
  # In an empty folder: apt leaves out what is there already, and all of it is to be unpacked.
  (cd "$work" && apt_get download --print-uris $(cat "$work/names")) >"$work/uris" 2>"$log/apt-$1.log" \
    || die_with_log "apt cannot name the files of packages/$1.list" "$log/apt-$1.log"
  # 'URI' FILE SIZE HASH
  awk '$1 ~ /^.[a-z+]+:/ && NF >= 3 { print $2, $3 }' "$work/uris" >"$work/files"
  [ "$(wc -l <"$work/files")" = "$(wc -l <"$work/names")" ] || die "apt named other files than packages/$1.list needs"
  say "apt: $1: $(awk '{ n += $2 } END { printf "%d packages, %d MB", NR, n / 1e6 }' "$work/files")"
  say_versions "$1" "$work/files"
  (cd "$apt_dir/debs" && apt_get download $(cat "$work/names")) >"$log/apt-$1.log" 2>&1 || {
    missing=$(cd "$apt_dir/debs" && while read -r file size; do
      [ "$(stat -c %s "$file" 2>/dev/null)" = "$size" ] || printf ' %s' "$file"; done <"$work/files")
    die_with_log "not fetched:$missing; what came is kept, run it again" "$log/apt-$1.log"
  }
  unpack "$work" || die "a package of $1 could not be unpacked (disk full?); nothing is kept of it, run it again"
  link_host_libraries "$work/root"
  cut -d' ' -f1 "$work/files" | sort >"$work/root/run/versions"
  mv "$work/root" "$2"
  keep_newest 2 "$cache/root-$1-"*
  (cd "$apt_dir/debs" && cut -d' ' -f1 "$work/files" | xargs rm -f)
  rm -rf "$work"
}

# The versions that a reader of a log wants: what was asked for by name.
say_versions() {
  awk '!/^#/ { print $NF }' "$top/tools/setup/packages/$1.list" | while read -r name; do
    cut -d' ' -f1 "$2" | grep -E "^${name}_" | head -n 1 | sed 's/_[^_]*$//; s/%3a/:/; s/_/ /'
  done | paste -sd , | sed 's/,/, /g; s/^/setup:   /' >&2
}

# unpack WORK: one tree with merged /usr, without what nobody reads there.
unpack() {
  mkdir -p "$1/root/usr/bin" "$1/root/usr/sbin" "$1/root/usr/lib" "$1/root/usr/lib64"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/root/$name"; done
  cut -d' ' -f1 "$1/files" | sed "s|^|$apt_dir/debs/|" | ROOT=$1/root xargs -P 2 -n 1 sh -ec '
    dpkg-deb --fsys-tarfile "$0" >"$ROOT.${0##*/}.tar"
    tar -xf "$ROOT.${0##*/}.tar" -C "$ROOT" --keep-directory-symlink --no-same-owner \
      --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
    rm "$ROOT.${0##*/}.tar"' 2>"$log/unpack.log"
}

# The prefix's programs run on this system with its loader and libc, and the prefix's other libraries.
# run/bin/NAME are launchers that say so; all links are relative, so that the checkout can be moved.
link_host_libraries() {
  libs=usr/lib/x86_64-linux-gnu
  mkdir -p "$1/run/lib" "$1/run/bin"
  [ -d "$1/$libs" ] || die "the packages of $1 hold no libraries"
  (cd "$1/$libs" && ls -d ./*.so ./*.so.* 2>/dev/null | sed 's|^./||' \
    | grep -vE '^(ld-linux|lib(c|m|mvec|dl|pthread|rt|resolv|util|anl|nsl|nss_[a-z]*|thread_db|BrokenLocale|c_malloc_debug|memusage|pcprofile))[-.]') \
    | while read -r file; do ln -s "../../$libs/$file" "$1/run/lib/$file"; done
  for name in clang clang++ ld as qemu-system-x86_64 mke2fs debugfs xz cpio busybox; do
    for folder in bin sbin; do
      [ ! -e "$1/usr/$folder/$name" ] || write_launcher "usr/$folder/$name" "$1/run/bin/$name"
    done
  done
}

write_launcher() {
  cat >"$2" <<LAUNCHER
#!/bin/sh
root=\${0%/*}/../..
LD_LIBRARY_PATH=\$root/run/lib QEMU_MODULE_DIR=\$root/usr/lib/x86_64-linux-gnu/qemu exec "\$root/$1" "\$@"
LAUNCHER
  chmod +x "$2"
}
