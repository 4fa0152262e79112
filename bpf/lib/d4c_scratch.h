/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scratch: memory that one run of a program has to itself. These programs can be preempted, and the next
 * task's run on that CPU would overwrite what belongs to a CPU: so it is taken from a pool, by a flag. */
#ifndef D4C_SCRATCH_H
#define D4C_SCRATCH_H

#include "d4c_maps.h"
#include "d4c_cells.h"

/* Elements that are tried, the CPU's own ones first. */
#define D4C_SCRATCH_TRIES 8
#define D4C_SCRATCH_OF_CPU 4
/* A name is written in one piece, and may begin at the last byte of the buffer. */
#define D4C_WORK_BYTES (D4C_PATH_BUFFER_BYTES + 256)
/* Two places with two paths each, the executable's path, the arguments; a power of two. */
#define D4C_DATA_BYTES 32768
#define D4C_DATA_SLACK D4C_PATH_BUFFER_BYTES

/* A walk from a file up to a root: see d4c_path.h. Addresses are plain numbers here, followed by
 * bpf_probe_read_kernel alone. */
struct d4c_walk {
	__u64 dentry;
	__u64 mount;      /* struct mount that `dentry` is reached by */
	__u64 mount_root; /* its root; 0: mounts are ignored */
	__u64 root_dentry; /* the container's root directory */
	__u64 seal;        /* sum over all that was seen, to tell two walks apart */
	__u32 offset;      /* of the path's first byte in the buffer, so far */
	__u32 root_offset; /* the same when the container's root was met; 0: it was not */
	__u32 end;         /* D4C_WALK_… */
	__u32 crossed;     /* a mount was left */
	__u32 sealing;
	__u32 torn; /* a name was being changed */
};

#define D4C_MATCH_ALL 0xffffffff /* of the table */
#define D4C_MATCH_NONE 0         /* the path alone is wanted */

struct d4c_scratch {
	__u64 busy;
	struct d4c_walk walk;
	struct d4c_match match;
	struct d4c_masks masks;
	/* Where the automata ended for each path of the first two places, and what that says of directories. */
	__u32 ends[2 * D4C_DIRECTORY_PATHS_MAX][D4C_AUTOMATA_MAX];
	struct d4c_directory names[2];
	__u32 matched; /* paths that `ends` are of; those of the second place begin at 2 */
	__u32 reserved;
	/* The place to judge. */
	__u64 place_dentry;
	__u64 place_mount; /* struct vfsmount */
	__u32 place_new;   /* its name is being made: it may well be unhashed */
	__u32 pair;
	/* Which automata its paths are walked through: D4C_MATCH_… or the first state of one. */
	__u32 matching;
	__u32 tells_later; /* of the only place the paths are told when an action has come of it */
	/* The program that acts: struct file, struct cred; and what is told of it. */
	__u64 executable;
	__u64 cred;
	struct d4c_pair executable_paths;
	struct d4c_process_section section;
	struct d4c_masks atoms;
	/* Whose operation it is. */
	__u32 table;
	__u32 slot_flags;
	__u32 process_class;
	__u32 data_used;
	__u64 root_superblock;
	__u64 root_dentry;
	__u32 user_namespace;
	__u32 unused;
	__u8 work[D4C_WORK_BYTES];
	struct d4c_operation_record record;
	/* Right behind the record: both leave as one. */
	__u8 data[D4C_DATA_BYTES + D4C_DATA_SLACK];
};

/* At load: D4C_SCRATCH_OF_CPU for each CPU, within bounds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct d4c_scratch);
} d4c_scratch SEC(".maps");

/* Number of elements of d4c_scratch; set by the loader. */
const volatile __u32 d4c_scratch_count = 8;

static __always_inline struct d4c_scratch *d4c_take_scratch(void)
{
	__u32 first = bpf_get_smp_processor_id() * D4C_SCRATCH_OF_CPU;

	for (int i = 0; i < D4C_SCRATCH_TRIES; i++) {
		__u32 index = (first + i) % d4c_scratch_count;
		struct d4c_scratch *s = bpf_map_lookup_elem(&d4c_scratch, &index);

		if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0)
			return s;
	}
	return 0;
}

/* An exchange, not a store: nothing of the use may move past it. */
static __always_inline void d4c_give_scratch(struct d4c_scratch *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

#endif
