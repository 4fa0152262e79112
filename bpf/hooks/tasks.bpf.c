/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Executions and tasks: bprm_check_security, bprm_creds_from_file, bprm_committed_creds, task_alloc; what begins
 * and ends containers. */

/* Marks the current task if this execution is a container's; 0: it is one's and could not be marked. */
__noinline int d4c_enter(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = 0;
	int joins;

	if (d4c_mark_of_current())
		return 1;
	joins = d4c_joins(task, &id, 0);
	if (joins == D4C_JOIN_NOT)
		return 1;
	if (!d4c_mark_task(task, id, D4C_READ(task, group_leader, start_boottime), task->tgid))
		return 0;
	if (joins == D4C_JOIN_BEGINS)
		d4c_emit_container(D4C_RECORD_CONTAINER_BEGIN, id, task);
	return 1;
}

D4C_HOOK_BY(bprm_check_security, bprm_check)
int BPF_PROG(d4c_bprm_check, struct linux_binprm *bprm)
{
	struct file *file = D4C_LOAD(bprm, file);

	D4C_DENY_IF(!d4c_enter());
	D4C_DENY_IF(d4c_mark_of_current() && !d4c_was_judged(file) && d4c_execute(file));
	return 0;
}

/* A program is about to be executed, with the user that it will have: the last moment for a refusal. What is let
 * through is told of when it runs, with its arguments. */
D4C_HOOK(bprm_creds_from_file)
int BPF_PROG(d4c_bprm_creds_from_file, struct linux_binprm *bprm, struct file *file)
{
	const __u32 operations = D4C_BIT(D4C_OP_EXEC);
	D4C_REQUEST(request);

	if (!d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_BPRM_CREDS, 0);
	request->flags = D4C_REQUEST_ONLY_DENIED | D4C_REQUEST_OTHER_PROGRAM;
	request->execution = (__u64)bprm;
	d4c_place(request, operations, 0, 0, 0);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}

/* It runs. Its paths are looked at now, before it can be renamed: rules may ask for them later. */
D4C_HOOK(bprm_committed_creds)
int BPF_PROG(d4c_bprm_committed_creds, struct linux_binprm *bprm)
{
	D4C_REQUEST(request);
	__u32 operations = D4C_BIT(D4C_OP_EXEC);
	int told = d4c_concerned(&request->subject, operations);

	if (!told && !(d4c_concerned(&request->subject, ~0u) && d4c_asks_for_processes(request->subject.table)))
		return 0;
	d4c_ask(request, D4C_HOOK_BPRM_COMMITTED, 0);
	request->flags = D4C_REQUEST_OTHER_PROGRAM | D4C_REQUEST_EXECUTED;
	request->execution = (__u64)bprm;
	if (told)
		d4c_place(request, operations, 0, 0, 0);
	d4c_decide(request);
	return 0;
}

/* A task is its parent's container's. Threads too: each has a mark of its own. */
D4C_HOOK(task_alloc)
int BPF_PROG(d4c_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	const __u32 operations = D4C_BIT(D4C_OP_FORK);
	struct d4c_mark *mark = d4c_mark_of_current(), fresh;
	D4C_REQUEST(request);

	if (!mark)
		return 0;
	fresh = *mark;
	fresh.counted = 0;
	if (!bpf_task_storage_get(&d4c_marks, task, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE)) {
		D4C_COUNT(unmarked);
		return D4C_REFUSE(D4C_ENOMEM);
	}
	d4c_inherit_program(task);
	if (clone_flags & D4C_CLONE_THREAD || !d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_TASK_ALLOC, 0);
	d4c_place(request, operations, 0, 0, 0);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}

/* Counted here and not in task_alloc: a fork can still fail after that. And a parent that was adopted since
 * then has a child without a mark. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(d4c_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct d4c_mark *mark = bpf_task_storage_get(&d4c_marks, child, 0, 0), *inherited, fresh;

	if (!mark) {
		inherited = bpf_task_storage_get(&d4c_marks, parent, 0, 0);
		if (!inherited)
			return 0;
		fresh = *inherited;
		fresh.counted = 0;
		mark = bpf_task_storage_get(&d4c_marks, child, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!mark)
			D4C_COUNT(unmarked);
	}
	if (mark)
		d4c_count_task(mark);
	return 0;
}

/* The task is its container's no more; the last one ends it. */
static __always_inline void d4c_uncount_task(struct d4c_mark *mark, struct task_struct *task)
{
	__u64 id = mark->container;
	struct d4c_container *container;

	if (__sync_lock_test_and_set(&mark->counted, D4C_COUNTED_NO_MORE) != D4C_COUNTED)
		return;
	container = bpf_map_lookup_elem(&d4c_containers, &id);
	if (container && __sync_fetch_and_add(&container->tasks, -1) == 1)
		d4c_emit_container(D4C_RECORD_CONTAINER_END, id, task);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(d4c_process_exit, struct task_struct *task)
{
	struct d4c_mark *mark = bpf_task_storage_get(&d4c_marks, task, 0, 0);

	if (mark)
		d4c_uncount_task(mark, task);
	return 0;
}

/* What the kernel knew of a container goes with its cgroup, unless a task of it lives on elsewhere. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(d4c_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	__u64 id = D4C_READ(cgroup, kn, id);
	struct d4c_container *container = bpf_map_lookup_elem(&d4c_containers, &id);

	if (!container || container->tasks)
		return 0;
	bpf_map_delete_elem(&d4c_containers, &id);
	d4c_forget_mounts(id);
	return 0;
}

/* Its program was executed in the mount namespace that it is in. The runtime's own process, which waits in the
 * container for its start, was not: what it does there is not the container's doing. */
static __always_inline int d4c_executed_here(struct task_struct *task)
{
	struct mm_struct *mm = D4C_READ(task, mm);
	struct file *file = mm ? D4C_READ(mm, exe_file) : 0;
	struct vfsmount *mount = file ? D4C_READ(file, f_path.mnt) : 0;
	struct mount *whole = (void *)mount - bpf_core_field_offset(struct mount, mnt);

	return mount && D4C_READ(whole, mnt_ns) == D4C_READ(task, nsproxy, mnt_ns);
}

/* The iterator runs in its reader's context. */
static __always_inline void d4c_note_agent(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct d4c_settings *settings = d4c_own_settings();

	if (!settings)
		return;
	settings->agent_pid = D4C_READ(task, tgid);
	settings->agent_start_ns = D4C_READ(task, group_leader, start_boottime);
}

/* Run by reading it: at an agent's start, and when containers that run already are put under a table; until it
 * writes nothing, since a task that it has passed can have come from one that it had not marked yet. */
SEC("iter/task")
int d4c_adopt_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	const char marked = '+';
	struct d4c_mark *mark;
	__u64 id = 0;

	d4c_note_agent();
	if (!task || task->flags & D4C_PF_EXITING || bpf_task_storage_get(&d4c_marks, task, 0, 0))
		return 0;
	if (!d4c_executed_here(task) || d4c_joins(task, &id, 1) == D4C_JOIN_NOT)
		return 0;
	if (!d4c_mark_task(task, id, D4C_READ(task, group_leader, start_boottime), task->tgid))
		return 0;
	bpf_seq_write(ctx->meta->seq, &marked, sizeof(marked));
	/* Has it begun to exit meanwhile, it may have passed the place where it would have been taken off. */
	mark = bpf_task_storage_get(&d4c_marks, task, 0, 0);
	if (mark && task->flags & D4C_PF_EXITING)
		d4c_uncount_task(mark, task);
	return 0;
}

/* Run once by the loader, in its own context, before anything is attached: finds what the other programs
 * compare with. Its result is a set of D4C_FOUND_…. */
#define D4C_FOUND_ROOT 1
#define D4C_FOUND_LOCKS 2
/* Parents between the loader and process 1 of the host. */
#define D4C_PARENTS_MAX 256

static long d4c_next_parent(__u32 turn, void *context)
{
	struct task_struct **task = context, *parent = BPF_CORE_READ(*task, real_parent);

	if (BPF_CORE_READ(*task, tgid) == 1)
		return 1;
	*task = parent;
	return 0;
}

static __always_inline __u64 d4c_host_root(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	bpf_loop(D4C_PARENTS_MAX, d4c_next_parent, &task, 0);
	return BPF_CORE_READ(task, tgid) == 1 ? (__u64)BPF_CORE_READ(task, fs, root.dentry) : 0;
}

SEC("syscall")
int d4c_find_host(void *ctx)
{
	const char rename_lock[] = "rename_lock", mount_lock[] = "mount_lock";
	__u64 rename = 0, mount = 0;
	__u32 zero = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);
	int found = 0;

	if (!settings)
		return 0;
	settings->host_root = d4c_host_root();
	if (settings->host_root)
		found |= D4C_FOUND_ROOT;
	if (bpf_kallsyms_lookup_name(rename_lock, sizeof(rename_lock), 0, &rename) ||
	    bpf_kallsyms_lookup_name(mount_lock, sizeof(mount_lock), 0, &mount))
		return found;
	settings->rename_lock = rename;
	settings->mount_lock = mount;
	return found | D4C_FOUND_LOCKS;
}
