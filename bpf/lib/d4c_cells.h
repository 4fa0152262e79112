/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The decision core as the kernel has it: cells are in a map, loops are bpf_loop. */
#ifndef D4C_CELLS_H
#define D4C_CELLS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/d4c_table.h"

/* At load. Every table lies somewhere in it; a look-up in it is in-lined by the kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} d4c_cells SEC(".maps");

static __always_inline const __u64 *d4c_cell_at(__u32 index)
{
	return bpf_map_lookup_elem(&d4c_cells, &index);
}

#define d4c_copy(to, cell, bytes) bpf_probe_read_kernel(to, bytes, cell)
#define d4c_loop(turns, callback, context) bpf_loop(turns, callback, context, 0)

#include "../decide/d4c_class.h"
#include "../decide/d4c_directory.h"

#endif
