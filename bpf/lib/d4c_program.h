/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is remembered of the program that a task runs: rules can ask for the path that it was executed by, which
 * may be another one later. */
#ifndef D4C_PROGRAM_H
#define D4C_PROGRAM_H

#include "d4c_cells.h"
#include "d4c_maps.h"

/* Which conditions on executables the task's program fulfils, by its paths when it was executed. */
struct d4c_program {
	__u32 serial; /* of the table that asks; another one asks something else */
	__u32 reserved;
	struct d4c_masks atoms; /* any: by one of its paths; all: by each */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct d4c_program);
} d4c_programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct d4c_task_state);
} d4c_task_states SEC(".maps");

/* A child runs its parent's program. */
static __always_inline void d4c_inherit_program(struct task_struct *child)
{
	struct d4c_program *program = bpf_task_storage_get(&d4c_programs, bpf_get_current_task_btf(), 0, 0), copy;

	if (!program)
		return;
	copy = *program;
	/* No room: it is looked for by the path that it has then. */
	bpf_task_storage_get(&d4c_programs, child, &copy, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* Whether rules of this table ask for anything of a process. */
static __always_inline int d4c_asks_for_processes(__u32 table)
{
	return D4C_CELL_LOW(D4C_CELL(table + D4C_HEAD_PROCESS)) != 0;
outside:
	return 0;
}

#endif
