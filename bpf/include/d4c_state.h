/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of the maps that user space reads or writes, and the names of the maps. */
#ifndef D4C_STATE_H
#define D4C_STATE_H

#include "d4c_limits.h"

/* d4c_settings: array of one, written before the programs are attached; the last two by each heartbeat. */
#define D4C_SETTING_SILENT 1 /* of what is let through an older set of programs reports */
struct d4c_settings {
	/* Addresses, written by d4c_find_host: the dentry of the host's root directory, the kernel's sequence
	 * locks of renames and of mounts; 0: hidden. */
	__u64 host_root;
	__u64 rename_lock;
	__u64 mount_lock;
	__u64 real_offset_ns; /* CLOCK_REALTIME less CLOCK_BOOTTIME */
	__u64 agent_start_ns; /* of the process that has run d4c_adopt_tasks last: the agent; CLOCK_BOOTTIME */
	__u64 pin_inode;      /* of the pin folder; 0: there is none */
	__u32 agent_pid;      /* in the host's pid namespace */
	__u32 pin_device;     /* as the kernel numbers it */
	__u32 generation; /* of this set of programs */
	__u32 flags;      /* D4C_SETTING_… */
	/* CLOCK_MONOTONIC, which stands still while the machine sleeps, as an agent does. */
	__u64 heartbeat_ns;
	__u64 orphan_after_ns; /* programs that were spoken to longer ago judge nothing; 0: they go on for ever */
};
_Static_assert(sizeof(struct d4c_settings) == 80, "");

/* d4c_slots: hash, cgroup id → slot. User space alone writes it: which cgroup is a container (with all
 * cgroups below it), and by which table it is judged. Changing it is the swap. */
#define D4C_SLOT_NEVER_BLOCKED 1 /* exempt: recorded and alerted, never denied */
#define D4C_SLOT_ANY_BEGINS 2    /* its pid namespace is shared: any execution with its own root begins it */
struct d4c_slot {
	__u32 table; /* index of its table's head in d4c_cells */
	__u32 flags; /* D4C_SLOT_… */
};
_Static_assert(sizeof(struct d4c_slot) == 8, "");

/* d4c_containers: hash, cgroup id → what the kernel saw when the container began. The programs alone write
 * it; user space deletes what has no tasks and no cgroup any more. Like that of the marks its layout never
 * changes within a major version: both are reused by a take-over. */
struct d4c_container {
	__u64 root_superblock; /* addresses: compared, never followed */
	__u64 root_dentry;
	__u64 began_ns; /* CLOCK_BOOTTIME */
	__u64 tasks;    /* marked tasks alive */
	__u32 pid;      /* of its first process */
	__u32 pid_namespace;
	__u32 mount_namespace;
	__u32 user_namespace;
};
_Static_assert(sizeof(struct d4c_container) == 48, "");

/* d4c_mounts: hash, the mounts that were there when a container began, by which files on its volumes are told
 * from others. The mounts of one container are a chain that begins at mount 0. The programs alone write it;
 * user space deletes what belongs to a container that it deletes. A layout for good too, reused likewise. */
struct d4c_mount_key {
	__u64 container;
	__u64 mount; /* address: compared, never followed; 0: where the chain begins */
};
_Static_assert(sizeof(struct d4c_mount_key) == 16, "");

struct d4c_mount {
	__u64 next; /* in the chain; 0: its end */
	__u64 parent;     /* address of the mount that it is on */
	__u64 mountpoint; /* address of the dentry that it is on */
	__u64 number;     /* the kernel's: an address alone can come again */
	__u32 kind;       /* D4C_MOUNT_… */
	__u32 is_top;     /* the container's root is on it */
};
_Static_assert(sizeof(struct d4c_mount) == 40, "");

/* d4c_marks: task storage. */
#define D4C_MARK_NOTED 1 /* some set of programs may have a name noted that an open of the task makes; stays set */
struct d4c_mark {
	__u64 container; /* cgroup id */
	__u64 entry_start_ns;
	__u32 entry_pid;
	__u32 reserved_class;
	__u64 counted; /* 1: it is one of its container's `tasks`; 2: it exits, and is none any more */
	__u32 flags; /* D4C_MARK_… */
	__u32 reserved;
};
_Static_assert(sizeof(struct d4c_mark) == 40, "");

/* d4c_counters: per-CPU array of one. */
#define D4C_LOST_RING_FULL 0     /* no room in the ring */
#define D4C_LOST_NO_SCRATCH 1    /* no scratch was free: judged with the path unknown, not recorded */
#define D4C_LOST_RECORD 2        /* a record could not be made for another reason */
#define D4C_LOST_REASONS 4
struct d4c_counters {
	__u64 judged;   /* operations looked at by path or without */
	__u64 recorded; /* that had an action: records and losses together */
	__u64 denied;   /* provisional denials included */
	__u64 retracted;
	__u64 path_unknown;
	__u64 tampered; /* attempts of containers on programs, maps, pins and the agent: refused */
	__u64 unmarked; /* tasks of a container that storage could not be had for: their fork or exec was denied */
	__u64 lost[D4C_LOST_REASONS];
};
_Static_assert(sizeof(struct d4c_counters) == 88, "");

/* d4c_container_lost: hash, cgroup id → counts of lost records, for the containers that lost any. */
struct d4c_container_lost {
	__u64 lost[D4C_LOST_REASONS];
};
_Static_assert(sizeof(struct d4c_container_lost) == 32, "");

/* Ring buffers: d4c_alerts (records with alert or block, and what begins and ends containers),
 * d4c_telemetry (records with log alone). Cells: d4c_cells, array of __u64, can be mapped. */

#endif
