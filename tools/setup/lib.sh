# What bin/setup is made of. Sourced with `top` set to the checkout; owns .cache, node_modules and build.
# Everything made here is made under another name and renamed, or stamped last: a cut run leaves
# nothing that the next one would take for finished.

cache=$top/.cache
log=$cache/log

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 2; }

# die_with_log TEXT FILE: the last lines of FILE are the cause.
die_with_log() {
  say "$1; the end of $2:"
  tail -n 15 "$2" | sed 's/^/  | /' >&2
  exit 2
}

# sum FILE…: one short key for the contents.
sum() {
  set -- $(cat "$@" | sha256sum)
  printf '%.16s' "$1"
}

# The prefix of a package set is named by what asked for it, not by the versions that came.
prefix_of() {
  printf '%s/root-%s-%s' "$cache" "$1" \
    "$(sum "$top/tools/setup/packages/$1.list" "$top/tools/setup/apt.sh")"
}

# The level is there and up to date. Called on every start: a few processes at most.
ready() {
  [ "$1" != kernels ] || { [ -d "$(kernels_prefix)" ]; return; }
  node_ready || return 1
  bundle_ready || return 1
  [ "$1" != node ] || return 0
  build_prefix=$(prefix_of build)
  [ -d "$build_prefix" ] || return 1
  [ "$1" != env ] || return 0
  if [ "$1" = prefix ]; then guest_ready; else build_ready; fi || return 1
  [ "$1" = vm ] || [ "$1" = prefix ] || return 0
  vm_prefix=$(prefix_of vm)
  [ -d "$vm_prefix" ]
}

ensure() { ready "$1" || locked "$1"; }

# One set-up at a time in a checkout; who waited finds the work done.
locked() {
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "found $(uname -s) $(uname -m): D4C needs Linux on x86-64"
  mkdir -p "$cache/log" "$cache/tmp"
  exec 9>"$cache/lock"
  flock -n 9 || { say 'waiting for another set-up of this checkout'; flock 9; }
  rm -rf "$cache/tmp/setup."*
  make_level "$1"
  # apt's indexes: quickly made again, and large.
  rm -f "$cache/apt/cache/"*.bin
  exec 9>&-
}

make_level() {
  if [ "$1" = kernels ]; then
    [ -d "$(kernels_prefix)" ] || make_kernels "$(kernels_prefix)"
    return 0
  fi
  node_ready || make_node
  bundle_ready || make_bundle
  [ "$1" != node ] || return 0
  build_prefix=$(prefix_of build)
  [ -d "$build_prefix" ] || make_prefix build "$build_prefix"
  case $1 in
    env) return 0 ;;
    prefix) guest_ready || make_guest ;;
    *) build_ready || make_build ;;
  esac
  [ "$1" = vm ] || [ "$1" = prefix ] || return 0
  vm_prefix=$(prefix_of vm)
  [ -d "$vm_prefix" ] || make_prefix vm "$vm_prefix"
}

# A scratch folder that the next run clears if this one is killed.
scratch() { mktemp -d "$cache/tmp/setup.XXXXXX"; }

# keep_newest COUNT PATH…: older ones of the same kind go.
keep_newest() {
  count=$1; shift
  ls -td "$@" 2>/dev/null | tail -n +$((count + 1)) | while read -r old; do rm -rf "$old"; done
}

print_env() {
  build_prefix=$(prefix_of build)
  . "$top/tools/setup/build-env.sh"
  for name in D4C_PREFIX D4C_CLANG D4C_BPF_FLAGS D4C_NATIVE_FLAGS D4C_STATIC_FLAGS; do
    eval "value=\$$name"
    printf "export %s='%s'\n" "$name" "$value"
  done
}

. "$top/tools/setup/node.sh"
. "$top/tools/setup/apt.sh"
. "$top/tools/setup/kernels.sh"
. "$top/tools/setup/build.sh"
