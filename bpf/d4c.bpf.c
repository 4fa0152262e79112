/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf: what decides in the kernel. One object for all kernels from 6.1; each family of hooks is a file.
 * It knows tables, never policies: which container is judged by which table is user space's to say.
 *
 *   include/ the contract with user space    decide/ masks and rules, which also build natively
 *   lib/     maps, walks, identity, records  core/   the program that decides, shared by all hooks
 *   hooks/   one file for each family of hooks */
#include "core/core.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "hooks/protect.bpf.c"
#include "hooks/create.bpf.c"
#include "hooks/names.bpf.c"
#include "hooks/run.bpf.c"
#include "hooks/change.bpf.c"
#include "hooks/rights.bpf.c"
#include "hooks/tasks.bpf.c"
