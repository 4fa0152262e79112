# Sourced with build_prefix set: the compiler of the prefix and the flags without which it finds nothing
# there. What to compile with which warnings is build.sh's, or the caller's.
D4C_PREFIX=$build_prefix
D4C_CLANG=$build_prefix/run/bin/clang
D4C_BPF_FLAGS="-target bpf -nostdinc -isystem $build_prefix/usr/lib/llvm-14/lib/clang/14.0.6/include -isystem $build_prefix/usr/include -isystem $build_prefix/usr/include/x86_64-linux-gnu"
D4C_NATIVE_FLAGS="--sysroot=$build_prefix -B$build_prefix/run/bin"
# Static programs run wherever they are put: the guest's agent, test programs, containers' contents.
D4C_STATIC_FLAGS="$D4C_NATIVE_FLAGS -static"
