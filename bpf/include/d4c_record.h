/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records that the programs put into a ring. Fixed part first, then bytes that slices point into.
 * Numbers are little endian; times are CLOCK_BOOTTIME in nanoseconds; ids are those of the host. */
#ifndef D4C_RECORD_H
#define D4C_RECORD_H

#include "d4c_limits.h"
#include "d4c_operations.h"

#define D4C_RECORD_VERSION 1

#define D4C_RECORD_OPERATION 1       /* struct d4c_operation_record */
#define D4C_RECORD_RETRACTION 2      /* struct d4c_retraction_record */
#define D4C_RECORD_CONTAINER_BEGIN 3 /* struct d4c_container_record: its first execution */
#define D4C_RECORD_CONTAINER_END 4   /* struct d4c_container_record: its last task is gone */

struct d4c_record_head {
	__u32 size; /* of the whole record, in bytes */
	__u16 kind;
	__u16 version;
	__u64 sequence; /* counts from 1 on each CPU; a record that was lost has used its number too */
	__u64 time_ns;
	__u64 container; /* its cgroup id */
	__u32 cpu;
	__u32 reserved;
};
_Static_assert(sizeof(struct d4c_record_head) == 40, "");

/* Bytes within the record: offset from its start. length 0: nothing known. */
struct d4c_slice {
	__u32 offset;
	__u32 length;
};

#define D4C_PATHS_MOUNT 1   /* path from the root of the mount namespace is there */
#define D4C_PATHS_ROOT 2    /* path from the container's root in its own file system is there, and differs */
#define D4C_PATHS_NONE 4    /* the file has no path (memfd, deleted) */
#define D4C_PATHS_UNKNOWN 8 /* too long, or not to be had */

struct d4c_pair {
	__u32 operations; /* what happened at this path and had an action come of it; 0: the path alone is told */
	__u32 actions;
	__u32 paths; /* D4C_PATHS_… */
	__u32 mount; /* D4C_MOUNT_… */
	struct d4c_slice mount_path;
	struct d4c_slice root_path;
};
_Static_assert(sizeof(struct d4c_pair) == 32, "");

/* A task as it was known by. start_ns and pid together name it for the lifetime of the boot. */
struct d4c_task {
	__u64 start_ns; /* of its thread group's leader */
	__u32 pid;      /* thread group id, in the host's namespace; 0: there is none */
	__u32 reserved;
	char comm[D4C_COMM_BYTES];
};
_Static_assert(sizeof(struct d4c_task) == 32, "");

struct d4c_process {
	struct d4c_task self;
	struct d4c_task parent;
	struct d4c_task group_leader;   /* of the process group */
	struct d4c_task session_leader;
	struct d4c_task entry_leader; /* the process by which this family came into the container */
	__u32 tid;
	__u32 namespace_pid; /* in its own pid namespace */
	__u32 uid, gid, euid, egid; /* in the host's user namespace */
	__u32 container_uid, container_gid; /* uid, gid in the user namespace of the container's first process */
	__u32 pid_namespace, mount_namespace; /* inode numbers */
	__u32 tty; /* device number of the controlling terminal; 0: none */
	__u32 flags; /* D4C_PROCESS_… */
	__u32 arguments_count; /* strings among `arguments`, others may follow them; 0: all are */
	__u32 executable_paths; /* D4C_PATHS_… */
	struct d4c_slice executable; /* as the paths of a file */
	struct d4c_slice executable_root;
	struct d4c_slice leader_name; /* of the session leader's executable */
	struct d4c_slice arguments; /* NUL-separated */
};
#define D4C_PROCESS_ARGUMENTS_CUT 1
_Static_assert(sizeof(struct d4c_process) == 248, "");

/* What the operation was done by; also names the hook for the reader of a record. */
#define D4C_HOOK_PATH_MKNOD 1
#define D4C_HOOK_PATH_CHMOD 2
#define D4C_HOOK_PATH_RENAME 3
#define D4C_HOOK_PATH_LINK 4
#define D4C_HOOK_PATH_TRUNCATE 5
#define D4C_HOOK_FILE_TRUNCATE 6
#define D4C_HOOK_FILE_OPEN 7
#define D4C_HOOK_BPRM_CHECK 8
#define D4C_HOOK_TASK_ALLOC 9
#define D4C_HOOK_PATH_UNLINK 10
#define D4C_HOOK_PATH_SYMLINK 11
#define D4C_HOOK_BPRM_CREDS 12
#define D4C_HOOK_MMAP_FILE 13
#define D4C_HOOK_FILE_MPROTECT 14
#define D4C_HOOK_INODE_SETXATTR 15
#define D4C_HOOK_INODE_SET_ACL 16
#define D4C_HOOK_BPRM_COMMITTED 17

#define D4C_OPERATION_DENIED 1
#define D4C_OPERATION_PROVISIONAL 2 /* a retraction with the same key may follow: nothing was denied then */
#define D4C_OPERATION_UNDECIDED 4   /* to be judged again when the container is known */
#define D4C_OPERATION_DIRECTORY_FORTH 8 /* a directory goes from the first pair's name to the second's */
#define D4C_OPERATION_DIRECTORY_BACK 16 /* and one the other way */

struct d4c_operation_record {
	struct d4c_record_head head;
	__u32 hook;
	__u32 flags;      /* D4C_OPERATION_… */
	__u32 operations; /* union over the pairs */
	__u32 actions;    /* certain actions, union over the pairs */
	__u32 possible;   /* actions that may come on top when the container is known */
	__u32 pairs_count;
	__u64 key; /* joins a provisional denial and its retraction */
	__u32 file_mode;
	__u32 file_new_mode; /* what a chmod or a creation sets; 0 where nothing does */
	__u32 file_links;
	__u32 file_device;
	__u64 file_inode;
	__u32 file_uid, file_gid;
	struct d4c_pair pairs[D4C_PAIRS_MAX];
	struct d4c_process process;
};
_Static_assert(sizeof(struct d4c_operation_record) == 448, "");

struct d4c_retraction_record {
	struct d4c_record_head head;
	__u64 key;
};
_Static_assert(sizeof(struct d4c_retraction_record) == 48, "");

struct d4c_container_record {
	struct d4c_record_head head;
	__u32 pid; /* of the process that began it, or left it last */
	__u32 pid_namespace;
	__u32 mount_namespace;
	__u32 user_namespace;
};
_Static_assert(sizeof(struct d4c_container_record) == 56, "");

#endif
