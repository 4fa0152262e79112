/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who is a container. A task is one's by its mark, which it gets at the first execution in the container's
 * cgroup with a root that is not the host's, and keeps for good. */
#ifndef D4C_IDENTITY_H
#define D4C_IDENTITY_H

#include "d4c_cells.h"
#include "d4c_counters.h"
#include "d4c_mounts.h"

/* An operation's subject, as every hook asks for it first. */
struct d4c_subject {
	__u64 container;
	__u32 table;
	__u32 slot_flags;
};

/* Most tasks of a host have nothing of this kind: a load instead of a look-up. */
static __always_inline int d4c_may_be_marked(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return D4C_LOAD(task, bpf_storage) != 0;
}

static __always_inline struct d4c_mark *d4c_mark_of_current(void)
{
	return d4c_may_be_marked() ? bpf_task_storage_get(&d4c_marks, bpf_get_current_task_btf(), 0, 0) : 0;
}

/* Nobody has spoken to the programs for as long as they were told to go on without. */
static __always_inline int d4c_orphaned(void)
{
	__u32 zero = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);

	return settings && settings->orphan_after_ns &&
	       bpf_ktime_get_ns() > settings->heartbeat_ns + settings->orphan_after_ns;
}

/* Whether one of these operations is anybody's concern in the container of a mark: one look-up and a bit test
 * where it is not. */
static __always_inline int d4c_concerned_by(struct d4c_mark *mark, struct d4c_subject *subject, __u32 operations)
{
	struct d4c_slot *slot;
	__u32 cell;
	__u64 *head;

	subject->container = mark->container;
	slot = bpf_map_lookup_elem(&d4c_slots, &subject->container);
	if (!slot)
		return 0;
	subject->table = slot->table;
	subject->slot_flags = slot->flags;
	cell = subject->table + 2;
	head = bpf_map_lookup_elem(&d4c_cells, &cell);
	if (!head || !((__u32)*head & operations) || d4c_orphaned())
		return 0;
	return 1;
}

/* The same for the current task, which may be no container's. */
static __always_inline int d4c_concerned(struct d4c_subject *subject, __u32 operations)
{
	struct d4c_mark *mark = d4c_mark_of_current();

	return mark && d4c_concerned_by(mark, subject, operations);
}

struct d4c_cgroup_walk {
	const void *ancestors;
	__u64 container;
	__u32 flags;
	__u32 levels;
};

static long d4c_try_cgroup(__u32 level, void *context)
{
	struct d4c_cgroup_walk *walk = context;
	struct cgroup *ancestor;
	struct d4c_slot *slot;
	__u64 id;

	if (level >= walk->levels ||
	    bpf_probe_read_kernel(&ancestor, sizeof(ancestor), walk->ancestors + level * sizeof(ancestor)))
		return 1;
	id = D4C_READ(ancestor, kn, id);
	slot = bpf_map_lookup_elem(&d4c_slots, &id);
	if (!slot)
		return 0;
	walk->container = id;
	walk->flags = slot->flags;
	return 1;
}

/* The container that a task's cgroup belongs to: of itself and its ancestors the topmost that has a slot; 0:
 * none. Looked for from the top: how far below its own a container makes cgroups is up to the container. */
static __always_inline __u64 d4c_container_of(struct task_struct *task, __u32 *flags)
{
	struct cgroup *cgroup = D4C_READ(task, cgroups, dfl_cgrp);
	struct d4c_cgroup_walk walk = {
		.ancestors = (void *)cgroup + bpf_core_field_offset(cgroup->ancestors),
		.levels = D4C_READ(cgroup, level) + 1,
	};

	bpf_loop(D4C_CGROUP_LEVELS_MAX, d4c_try_cgroup, &walk, 0);
	*flags = walk.flags;
	return walk.container;
}

static __always_inline __u64 d4c_root_of(struct task_struct *task)
{
	return (__u64)D4C_READ(task, fs, root.dentry);
}

static __always_inline __u32 d4c_namespace_pid(struct task_struct *task, __u32 *namespace)
{
	struct pid *pid = D4C_READ(task, group_leader, thread_pid);
	__u32 level = D4C_READ(pid, level);
	struct upid number = {};
	const void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	if (level > 32)
		return 0;
	if (bpf_probe_read_kernel(&number, sizeof(number), numbers + level * sizeof(number)))
		return 0;
	*namespace = D4C_READ(number.ns, ns.inum);
	return number.nr;
}

/* What begins: the container, by this task. */
static __always_inline void d4c_note_container(struct d4c_container *container, struct task_struct *task)
{
	container->root_dentry = d4c_root_of(task);
	container->root_superblock = (__u64)D4C_READ(task, fs, root.dentry, d_sb);
	container->began_ns = bpf_ktime_get_boot_ns();
	container->pid = D4C_READ(task, tgid);
	container->mount_namespace = D4C_READ(task, nsproxy, mnt_ns, ns.inum);
	container->user_namespace = D4C_READ(task, cred, user_ns, ns.inum);
}

#define D4C_JOIN_NOT 0
#define D4C_JOIN_FURTHER 1 /* the container runs */
#define D4C_JOIN_BEGINS 2  /* this is its first execution */

/* Whether an execution by this unmarked task is a container's, and which. `anyone`: also begins it when it
 * is not process 1 there. */
static __always_inline int d4c_joins(struct task_struct *task, __u64 *id, int anyone)
{
	__u32 zero = 0, flags = 0, namespace = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);
	struct d4c_container fresh = {}, *container;

	if (!settings)
		return D4C_JOIN_NOT;
	*id = d4c_container_of(task, &flags);
	if (!*id || d4c_root_of(task) == settings->host_root)
		return D4C_JOIN_NOT;
	container = bpf_map_lookup_elem(&d4c_containers, id);
	if (container && container->tasks)
		return D4C_JOIN_FURTHER;
	if (d4c_namespace_pid(task, &namespace) != 1 && !anyone && !(flags & D4C_SLOT_ANY_BEGINS))
		return container ? D4C_JOIN_FURTHER : D4C_JOIN_NOT;
	d4c_note_container(&fresh, task);
	fresh.pid_namespace = namespace;
	/* No room: not known as begun, but its tasks are judged all the same, by one path. */
	bpf_map_update_elem(&d4c_containers, id, &fresh, BPF_ANY);
	d4c_remember_mounts(*id, (__u64)D4C_READ(task, fs, root.mnt), fresh.root_dentry);
	return D4C_JOIN_BEGINS;
}

#define D4C_COUNTED_NOT 0
#define D4C_COUNTED 1
#define D4C_COUNTED_NO_MORE 2

/* Counts a marked task among its container's; once. */
static __always_inline void d4c_count_task(struct d4c_mark *mark)
{
	__u64 id = mark->container;
	struct d4c_container *container = bpf_map_lookup_elem(&d4c_containers, &id);

	/* Two may be at it: the task itself, and the iterator that adopts it. */
	if (!container || __sync_val_compare_and_swap(&mark->counted, D4C_COUNTED_NOT, D4C_COUNTED) != D4C_COUNTED_NOT)
		return;
	__sync_fetch_and_add(&container->tasks, 1);
}

/* Marks a task as its container's by this execution; 0: there is no storage for it. */
static __always_inline int d4c_mark_task(struct task_struct *task, __u64 container, __u64 start_ns, __u32 pid)
{
	struct d4c_mark fresh = {.container = container, .entry_start_ns = start_ns, .entry_pid = pid};
	struct d4c_mark *mark = bpf_task_storage_get(&d4c_marks, task, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!mark) {
		D4C_COUNT(unmarked);
		return 0;
	}
	d4c_count_task(mark);
	return 1;
}

#endif
