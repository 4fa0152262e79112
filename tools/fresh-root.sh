#!/bin/sh
# fresh-root.sh [--user] [--keep] COMMAND…: runs COMMAND in a clone of this checkout's last commit, on a
# Debian 12 that has nothing but git, Node and npm. As root, or with --user as uid 1000. Needs root,
# mmdebstrap and util-linux here; what the trial leaves goes with it, unless --keep.
set -eu
top=$(cd "${0%/*}/.." && pwd -P)
cache=$top/.cache
as_user= keep=
while :; do
  case ${1:-} in
    --user) as_user=1 ;;
    --keep) keep=1 ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
command -v mmdebstrap >/dev/null || { echo 'fresh-root: as root, `apt-get install mmdebstrap`' >&2; exit 2; }

# Inside the new mount namespace: the root gets /proc, /sys and this machine's devices, and loses them with us.
if [ "${FRESH_ROOT_STEP:-}" = run ]; then
  mount -t proc proc "$FRESH_ROOT/proc"
  mount --rbind /dev "$FRESH_ROOT/dev"
  mount --rbind /sys "$FRESH_ROOT/sys"
  owner=0:0 home=/root
  [ -z "$as_user" ] || { owner=1000:1000 home=/home/user; }
  exec chroot --userspec="$owner" "$FRESH_ROOT" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME="$home" USER="${as_user:+user}" LANG=C.UTF-8 ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS} \
    sh -c 'cd "$HOME/checkout" && "$@"' sh "$@"
fi

mkdir -p "$cache/tmp"
if [ ! -f "$cache/fresh-root.tar" ]; then
  mirror=$(awk -f "$top/tools/setup/sources.awk" /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
    awk '$2 == "bookworm" { print $1; exit }')
  echo "fresh-root: making a root with mmdebstrap from $mirror" >&2
  mmdebstrap --variant=minbase --include=git,nodejs,npm,ca-certificates bookworm "$cache/tmp/fresh-root.tar" \
    "${mirror:?no source of bookworm in /etc/apt}"
  mv "$cache/tmp/fresh-root.tar" "$cache/fresh-root.tar"
fi

root=$(mktemp -d "$cache/tmp/fresh.XXXXXX")
if [ -n "$keep" ]; then echo "fresh-root: $root stays" >&2; else trap 'rm -rf --one-file-system "$root"' EXIT; fi
chmod 755 "$root"
tar -xf "$cache/fresh-root.tar" -C "$root"
home=$root/root
mkdir -p "$root/home/user"
[ -z "$as_user" ] || home=$root/home/user
echo 'user:x:1000:1000::/home/user:/bin/sh' >>"$root/etc/passwd"

# How this machine reaches its package servers: without these npm hangs for a minute.
for file in /etc/hosts /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc; do
  [ ! -f "$file" ] || { mkdir -p "$root${file%/*}"; cp -L "$file" "$root$file"; }
done
[ ! -f "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$home/.npmrc"
# Only what says how to reach them: an image may switch checks of dates off, for one.
for file in /etc/apt/apt.conf.d/*; do
  ! grep -qi '^ *Acquire' "$file" || cp "$file" "$root/etc/apt/apt.conf.d/"
done

git -c safe.directory='*' clone -q --no-hardlinks "$top" "$home/checkout"
[ -z "$as_user" ] || chown -R 1000:1000 "$root/home/user"
started=$(date +%s)
status=0
FRESH_ROOT_STEP=run FRESH_ROOT=$root unshare --mount --pid --fork sh "$0" ${as_user:+--user} "$@" || status=$?
echo "fresh-root: exit status $status after $(($(date +%s) - started)) s" >&2
exit "$status"
