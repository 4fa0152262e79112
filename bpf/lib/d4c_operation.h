/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An operation as a hook has it judged:
 *
 *   D4C_REQUEST(request);
 *   if (!d4c_concerned(&request->subject, operations)) return 0;
 *   d4c_ask(request, hook, inode);
 *   d4c_place(request, operations, dentry, mount, new) for each place, in the order delete, modify, create
 *   D4C_DENY_IF(d4c_decide(request));
 *
 * What decides is one program, d4c_core, that takes the place of d4c_decide in each hook's: else the verifier
 * would go through it again for every hook, and starting would take four times as long. */
#ifndef D4C_OPERATION_H
#define D4C_OPERATION_H

#include "d4c_emit.h"
#include "d4c_hook.h"

#define D4C_PLACES_MAX 2

/* Where an operation happens. No dentry: it has no path, or where something appears, one that nobody can tell. */
struct d4c_place {
	__u64 dentry;
	__u64 mount; /* struct vfsmount; 0: not told */
	__u32 operations;
	__u32 is_new; /* its name is being made: it may well be unhashed */
};

/* DIRECTORY_FORTH and _BACK of the record, and: */
#define D4C_REQUEST_ONLY_DENIED 0x100 /* let through, it is judged and recorded by a later hook */
#define D4C_REQUEST_PROVISIONAL 0x200 /* a denial at the first place may be taken back */
#define D4C_REQUEST_OTHER_PROGRAM 0x400 /* the task runs, or is to run, another one than it is known for */
#define D4C_REQUEST_EXECUTED 0x800 /* it runs it: nothing can be denied any more */
#define D4C_REQUEST_NOTHING_CAME 0x1000 /* set by what decides: no action came of it, nor may any */

struct d4c_request {
	struct d4c_subject subject;
	__u64 inode; /* of the file; 0: there is none yet */
	__u32 hook;
	__u32 flags;
	__u32 new_mode;
	__u32 places_count;
	__u64 execution; /* struct linux_binprm of one that is under way; 0: none */
	struct d4c_place places[D4C_PLACES_MAX];
};

#define D4C_BIT(operation) (1u << (operation))

#define D4C_CREATES (D4C_BIT(D4C_OP_CREATE_FILE) | D4C_BIT(D4C_OP_CREATE_EXECUTABLE))

/* The next ones tell operations by a file's mode. They are not static: of what comes out of a branch in a hook
 * the verifier would follow each value to the hook's end. */
__noinline int d4c_is_directory(__u32 mode)
{
	return (mode & D4C_S_IFMT) == D4C_S_IFDIR;
}

__noinline int d4c_is_regular(__u32 mode)
{
	return (mode & D4C_S_IFMT) == D4C_S_IFREG;
}

/* A file of this mode appears at a name. */
__noinline __u32 d4c_arrival(__u32 mode)
{
	return d4c_is_regular(mode) && mode & D4C_S_IXUGO ? D4C_CREATES : D4C_BIT(D4C_OP_CREATE_FILE);
}

/* One is changed, or replaced. */
__noinline __u32 d4c_change(__u32 mode)
{
	if (!d4c_is_regular(mode))
		return 0;
	return D4C_BIT(D4C_OP_MODIFY_FILE) | (mode & D4C_S_IXUGO ? D4C_BIT(D4C_OP_MODIFY_EXECUTABLE) : 0);
}

#ifdef D4C_OBSERVE
/* What decides is called from here, and there is no room on one stack for both. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct d4c_request);
} d4c_requests SEC(".maps");

static __always_inline struct d4c_request *d4c_own_request(void)
{
	if (!d4c_mark_of_current())
		return 0;
	return bpf_task_storage_get(&d4c_requests, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

#define D4C_REQUEST(name)                                \
	struct d4c_request *name = d4c_own_request();    \
	if (!name)                                       \
		return 0
#else
#define D4C_REQUEST(name) struct d4c_request name##_memory, *name = &name##_memory
#endif

static __always_inline void d4c_ask(struct d4c_request *request, __u32 hook, struct inode *inode)
{
	request->inode = (__u64)inode;
	request->hook = hook;
	request->flags = 0;
	request->new_mode = 0;
	request->places_count = 0;
	request->execution = 0;
	__builtin_memset(request->places, 0, sizeof(request->places));
}

static __always_inline void d4c_place(struct d4c_request *request, __u32 operations, struct dentry *dentry,
				      struct vfsmount *mount, int is_new)
{
	struct d4c_place *place = &request->places[request->places_count++ & (D4C_PLACES_MAX - 1)];

	place->dentry = (__u64)dentry;
	place->mount = (__u64)mount;
	place->operations = operations;
	place->is_new = is_new;
}

#ifndef D4C_OBSERVE
/* 1: deny. Stands for d4c_core, which the loader puts in its place before a hook is attached. The barrier keeps
 * the compiler from knowing what it does. */
__noinline int d4c_decide(struct d4c_request *request)
{
	int denied = 0;

	asm volatile("" : "+r"(denied) : "r"(request) : "memory");
	return denied;
}
#endif

#endif
