/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The acting process, as a record tells it. */
#ifndef D4C_PROCESS_H
#define D4C_PROCESS_H

#include "d4c_path.h"
#include "d4c_identity.h"

/* Levels of user namespaces between a task's and its container's. */
#define D4C_USER_LEVELS_MAX 4
#define D4C_UID_EXTENTS_MAX 5 /* more of them are kept elsewhere by the kernel */
#define D4C_UID_NOBODY 65534

static __always_inline void d4c_tell_task(struct d4c_task *out, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	out->pid = BPF_CORE_READ(task, tgid);
	out->start_ns = BPF_CORE_READ(leader, start_boottime);
	bpf_probe_read_kernel(out->comm, sizeof(out->comm), (void *)leader + bpf_core_field_offset(leader->comm));
}

/* Leader of a process group or session, by its pid: it may be gone while the others live. */
static __always_inline void d4c_tell_leader(struct d4c_task *out, struct signal_struct *signal, int type)
{
	struct pid *pid;
	struct hlist_node *node;
	const __u32 links = bpf_core_field_offset(struct task_struct, pid_links);

	bpf_probe_read_kernel(&pid, sizeof(pid),
			      (void *)signal + bpf_core_field_offset(signal->pids) + type * sizeof(void *));
	if (!pid)
		return;
	out->pid = BPF_CORE_READ(pid, numbers[0].nr);
	bpf_probe_read_kernel(&node, sizeof(node),
			      (void *)pid + bpf_core_field_offset(pid->tasks) + D4C_PIDTYPE_TGID * sizeof(void *));
	if (node)
		d4c_tell_task(out, (void *)node - links - D4C_PIDTYPE_TGID * sizeof(struct hlist_node));
}

/* A user id of the host as the map of a user namespace has it. */
__noinline __u32 d4c_mapped_id(__u64 address, __u32 id)
{
	const struct uid_gid_map *map = (void *)address;
	__u32 count = BPF_CORE_READ(map, nr_extents);

	if (count > D4C_UID_EXTENTS_MAX)
		return D4C_UID_NOBODY;
	for (__u32 i = 0; i < D4C_UID_EXTENTS_MAX; i++) {
		struct uid_gid_extent extent;

		if (i >= count)
			break;
		bpf_probe_read_kernel(&extent, sizeof(extent),
				      (void *)map + bpf_core_field_offset(map->extent) + i * sizeof(extent));
		if (id >= extent.lower_first && id - extent.lower_first < extent.count)
			return extent.first + (id - extent.lower_first);
	}
	return D4C_UID_NOBODY;
}

static __always_inline void d4c_tell_users(struct d4c_process *out, struct task_struct *task, __u32 namespace)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct user_namespace *user_ns = BPF_CORE_READ(cred, user_ns);

	out->uid = BPF_CORE_READ(cred, uid.val);
	out->gid = BPF_CORE_READ(cred, gid.val);
	out->euid = BPF_CORE_READ(cred, euid.val);
	out->egid = BPF_CORE_READ(cred, egid.val);
	out->container_uid = out->euid;
	out->container_gid = out->egid;
	for (int i = 0; i < D4C_USER_LEVELS_MAX; i++) {
		if (!user_ns || BPF_CORE_READ(user_ns, level) == 0)
			return;
		if (BPF_CORE_READ(user_ns, ns.inum) == namespace)
			break;
		user_ns = BPF_CORE_READ(user_ns, parent);
	}
	out->container_uid = d4c_mapped_id((__u64)user_ns + bpf_core_field_offset(user_ns->uid_map), out->euid);
	out->container_gid = d4c_mapped_id((__u64)user_ns + bpf_core_field_offset(user_ns->gid_map), out->egid);
}

static __always_inline __u32 d4c_terminal(struct signal_struct *signal)
{
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);
	struct tty_driver *driver;

	if (!tty)
		return 0;
	driver = BPF_CORE_READ(tty, driver);
	return ((__u32)BPF_CORE_READ(driver, major) << 20) +
	       BPF_CORE_READ(driver, minor_start) + BPF_CORE_READ(tty, index);
}

/* Appends bytes of the work buffer to the record. */
static __always_inline void d4c_append(struct d4c_scratch *s, struct d4c_slice *slice, __u32 offset)
{
	__u32 used = s->data_used, length = D4C_PATH_BUFFER_BYTES - offset;

	slice->offset = 0;
	slice->length = 0;
	if (offset >= D4C_PATH_BUFFER_BYTES || used > D4C_DATA_BYTES - 1)
		return;
	asm volatile("" : "+r"(length), "+r"(offset), "+r"(used));
	length &= D4C_PATH_MASK;
	bpf_probe_read_kernel(&s->data[used & (D4C_DATA_BYTES - 1)], length, &s->work[offset & D4C_PATH_MASK]);
	slice->offset = sizeof(s->record) + used;
	slice->length = length;
	s->data_used = used + length;
}

static __always_inline void d4c_tell_executable(struct d4c_scratch *s, struct mm_struct *mm)
{
	struct file *file = mm ? BPF_CORE_READ(mm, exe_file) : 0;

	s->record.process.executable.length = 0;
	if (!file)
		return;
	s->walk.root_dentry = 0;
	if (d4c_walk(s, (__u64)BPF_CORE_READ(file, f_path.dentry), (__u64)BPF_CORE_READ(file, f_path.mnt)) &&
	    s->walk.end == D4C_WALK_TOP)
		d4c_append(s, &s->record.process.executable, s->walk.offset);
}

static __always_inline void d4c_tell_arguments(struct d4c_scratch *s, struct mm_struct *mm)
{
	struct d4c_process *out = &s->record.process;
	unsigned long start = mm ? BPF_CORE_READ(mm, arg_start) : 0, end = mm ? BPF_CORE_READ(mm, arg_end) : 0;
	__u32 used = s->data_used;
	unsigned long length = end - start;

	out->arguments.length = 0;
	if (!start || end <= start || used > D4C_DATA_BYTES - 1)
		return;
	if (length > D4C_ARGUMENT_BYTES_MAX) {
		length = D4C_ARGUMENT_BYTES_MAX;
		out->flags |= D4C_PROCESS_ARGUMENTS_CUT;
	}
	asm volatile("" : "+r"(length), "+r"(used));
	length &= 2 * D4C_ARGUMENT_BYTES_MAX - 1;
	if (length > D4C_ARGUMENT_BYTES_MAX)
		return;
	if (bpf_probe_read_user(&s->data[used & (D4C_DATA_BYTES - 1)], length, (void *)start))
		return;
	out->arguments.offset = sizeof(s->record) + used;
	out->arguments.length = length;
	s->data_used = used + length;
}

__noinline int d4c_tell_process(struct d4c_scratch *s)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct d4c_process *out;

	if (!s)
		return 0;
	out = &s->record.process;
	__builtin_memset(out, 0, sizeof(*out));
	d4c_tell_task(&out->self, task);
	d4c_tell_task(&out->parent, BPF_CORE_READ(task, real_parent));
	d4c_tell_leader(&out->group_leader, signal, D4C_PIDTYPE_PGID);
	d4c_tell_leader(&out->session_leader, signal, D4C_PIDTYPE_SID);
	out->entry_leader.pid = s->entry_pid;
	out->entry_leader.start_ns = s->entry_start_ns;
	out->tid = BPF_CORE_READ(task, pid);
	out->namespace_pid = d4c_namespace_pid(task, &out->pid_namespace);
	out->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	out->tty = d4c_terminal(signal);
	d4c_tell_users(out, task, s->user_namespace);
	d4c_tell_executable(s, mm);
	d4c_tell_arguments(s, mm);
	return 0;
}

#endif
