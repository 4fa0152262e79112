/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The acting process, as a record tells it. */
#ifndef D4C_PROCESS_H
#define D4C_PROCESS_H

#include "d4c_identity.h"
#include "d4c_path.h"
#include "d4c_program.h"

/* Levels of user namespaces: 32 and the host's, so that a walk from a task's comes to its container's or to that. */
#define D4C_USER_LEVELS_MAX 34
#define D4C_UID_EXTENTS_NEAR 5 /* more of them are kept elsewhere by the kernel */
#define D4C_UID_EXTENTS_MAX 340
#define D4C_UID_NOBODY 65534

static __always_inline void d4c_tell_task(struct d4c_task *out, struct task_struct *task)
{
	struct task_struct *leader = D4C_READ(task, group_leader);

	out->pid = D4C_READ(task, tgid);
	out->start_ns = D4C_READ(leader, start_boottime);
	bpf_probe_read_kernel(out->comm, sizeof(out->comm), (void *)leader + bpf_core_field_offset(leader->comm));
}

static __always_inline struct pid *d4c_leading_pid(struct signal_struct *signal, int type)
{
	struct pid *pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid),
			      (void *)signal + bpf_core_field_offset(signal->pids) + type * sizeof(void *));
	return pid;
}

/* The task that has a pid, as the leader of its threads; 0: it is gone. */
static __always_inline __u64 d4c_task_of(struct pid *pid)
{
	const __u32 links = bpf_core_field_offset(struct task_struct, pid_links);
	struct hlist_node *node = 0;

	bpf_probe_read_kernel(&node, sizeof(node),
			      (void *)pid + bpf_core_field_offset(pid->tasks) + D4C_PIDTYPE_TGID * sizeof(void *));
	return node ? (__u64)node - links - D4C_PIDTYPE_TGID * sizeof(struct hlist_node) : 0;
}

static __always_inline __u64 d4c_leader_of(struct signal_struct *signal, int type)
{
	struct pid *pid = d4c_leading_pid(signal, type);

	return pid ? d4c_task_of(pid) : 0;
}

/* Leader of a process group or session, by its pid: it may be gone while the others live. */
static __always_inline void d4c_tell_leader(struct d4c_task *out, struct signal_struct *signal, int type)
{
	struct pid *pid = d4c_leading_pid(signal, type);
	__u64 task = pid ? d4c_task_of(pid) : 0;

	if (pid)
		out->pid = D4C_READ(pid, numbers[0].nr);
	if (task)
		d4c_tell_task(out, (void *)task);
}

struct d4c_id_search {
	__u64 extents;
	__u32 id;
	__u32 mapped;
};

static long d4c_try_extent(__u32 turn, void *context)
{
	struct d4c_id_search *search = context;
	struct uid_gid_extent extent = {};

	bpf_probe_read_kernel(&extent, sizeof(extent), (void *)search->extents + turn * sizeof(extent));
	if (search->id < extent.lower_first || search->id - extent.lower_first >= extent.count)
		return 0;
	search->mapped = extent.first + (search->id - extent.lower_first);
	return 1;
}

/* A user id of the host as the map of a user namespace has it. */
__noinline __u32 d4c_mapped_id(__u64 address, __u32 id)
{
	const struct uid_gid_map *map = (void *)address;
	struct d4c_id_search search = {.id = id, .mapped = D4C_UID_NOBODY};
	__u32 count = D4C_READ(map, nr_extents);

	search.extents = address + bpf_core_field_offset(map->extent);
	if (count > D4C_UID_EXTENTS_NEAR)
		search.extents = (__u64)D4C_READ(map, forward);
	bpf_loop(count > D4C_UID_EXTENTS_MAX ? D4C_UID_EXTENTS_MAX : count, d4c_try_extent, &search, 0);
	return search.mapped;
}

struct d4c_namespace_walk {
	__u64 user_ns;
	__u32 namespace;
	__u32 found;
};

static long d4c_try_namespace(__u32 turn, void *context)
{
	struct d4c_namespace_walk *walk = context;
	struct user_namespace *user_ns = (void *)walk->user_ns;

	if (!user_ns || D4C_READ(user_ns, level) == 0)
		return 1;
	walk->found = D4C_READ(user_ns, ns.inum) == walk->namespace;
	if (walk->found)
		return 1;
	walk->user_ns = (__u64)D4C_READ(user_ns, parent);
	return 0;
}

/* Where the map of ids is that a container's user namespace has, from a user's own on; 0: ids are the host's.
 * Never that of a namespace which the container has made: its ids are whatever it likes. */
static __always_inline __u64 d4c_id_map(const struct cred *cred, __u32 namespace)
{
	struct d4c_namespace_walk walk = {.user_ns = (__u64)D4C_READ(cred, user_ns), .namespace = namespace};

	bpf_loop(D4C_USER_LEVELS_MAX, d4c_try_namespace, &walk, 0);
	return walk.found ? walk.user_ns : 0;
}

static __always_inline void d4c_tell_users(struct d4c_process *out, struct d4c_scratch *s)
{
	const struct cred *cred = (void *)s->cred;
	struct user_namespace *user_ns = (void *)d4c_id_map(cred, s->user_namespace);

	out->uid = D4C_READ(cred, uid.val);
	out->gid = D4C_READ(cred, gid.val);
	out->euid = D4C_READ(cred, euid.val);
	out->egid = D4C_READ(cred, egid.val);
	out->container_uid = out->euid;
	out->container_gid = out->egid;
	if (!user_ns)
		return;
	out->container_uid = d4c_mapped_id((__u64)user_ns + bpf_core_field_offset(user_ns->uid_map), out->euid);
	out->container_gid = d4c_mapped_id((__u64)user_ns + bpf_core_field_offset(user_ns->gid_map), out->egid);
}

/* The terminal of the session: a process can let go of its own, its leader's is there for all the others. */
static __always_inline struct tty_struct *d4c_tty_of(struct signal_struct *signal)
{
	struct tty_struct *tty = D4C_READ(signal, tty);
	struct task_struct *leader;

	if (tty)
		return tty;
	leader = (void *)d4c_leader_of(signal, D4C_PIDTYPE_SID);
	return leader ? D4C_READ(leader, signal, tty) : 0;
}

static __always_inline __u32 d4c_terminal(struct signal_struct *signal)
{
	struct tty_struct *tty = d4c_tty_of(signal);
	struct tty_driver *driver;

	if (!tty)
		return 0;
	driver = D4C_READ(tty, driver);
	return ((__u32)D4C_READ(driver, major) << 20) +
	       D4C_READ(driver, minor_start) + D4C_READ(tty, index);
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

/* Puts the name of the session leader's executable at the end of the work buffer; where it begins. */
static __always_inline __u32 d4c_leader_name(struct d4c_scratch *s)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *leader;
	struct file *file;
	struct qstr name;
	__u32 offset;

	leader = (void *)d4c_leader_of(D4C_READ(task, signal), D4C_PIDTYPE_SID);
	file = leader ? D4C_READ(leader, mm, exe_file) : 0;
	if (!file || bpf_probe_read_kernel(&name, sizeof(name), (void *)D4C_READ(file, f_path.dentry) +
								bpf_core_field_offset(struct dentry, d_name)))
		return D4C_PATH_BUFFER_BYTES;
	if (name.len > 0xff)
		return D4C_PATH_BUFFER_BYTES;
	offset = D4C_PATH_BUFFER_BYTES - name.len;
	asm volatile("" : "+r"(offset));
	bpf_probe_read_kernel(&s->work[offset & D4C_PATH_MASK], name.len & 0xff, name.name);
	return offset;
}

/* `start`, `end`: addresses of the process. */
static __always_inline void d4c_tell_arguments(struct d4c_scratch *s, unsigned long start, unsigned long end)
{
	struct d4c_process *out = &s->record.process;
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

/* All but what takes a look at paths: that is d4c_acting.h. */
__noinline int d4c_tell_process(struct d4c_scratch *s)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct signal_struct *signal = D4C_READ(task, signal);
	struct d4c_mark *mark = d4c_mark_of_current();
	struct d4c_process *out;

	if (!s)
		return 0;
	out = &s->record.process;
	__builtin_memset(out, 0, sizeof(*out));
	d4c_tell_task(&out->self, task);
	d4c_tell_task(&out->parent, D4C_READ(task, real_parent));
	d4c_tell_leader(&out->group_leader, signal, D4C_PIDTYPE_PGID);
	d4c_tell_leader(&out->session_leader, signal, D4C_PIDTYPE_SID);
	if (mark) {
		out->entry_leader.pid = mark->entry_pid;
		out->entry_leader.start_ns = mark->entry_start_ns;
	}
	out->tid = D4C_READ(task, pid);
	out->namespace_pid = d4c_namespace_pid(task, &out->pid_namespace);
	out->mount_namespace = D4C_READ(task, nsproxy, mnt_ns, ns.inum);
	out->tty = d4c_terminal(signal);
	d4c_tell_users(out, s);
	d4c_append(s, &out->leader_name, d4c_leader_name(s));
	return 0;
}

#endif
