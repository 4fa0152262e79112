/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Code that runs from a file: mmap_file, file_mprotect, and what an execve opens (file_open, tasks.bpf.c). */

static __always_inline int d4c_is_internal(struct vfsmount *mount)
{
	struct mount *whole = (void *)mount - bpf_core_field_offset(struct mount, mnt);

	return (long)D4C_READ(whole, mnt_ns) == -D4C_EINVAL;
}

/* What a file system opens for itself, below a file that a task has opened: its mount is internal and its
 * file system is not one of the kernel's own; or, before 6.5, its inode is not that of its dentry. */
static __always_inline int d4c_is_below(struct file *file)
{
	struct vfsmount *mount = D4C_READ(file, f_path.mnt);

	if (D4C_READ(file, f_path.dentry, d_inode) != D4C_READ(file, f_inode))
		return 1;
	return d4c_is_internal(mount) && !(D4C_READ(mount, mnt_sb, s_flags) & D4C_SB_KERNMOUNT);
}

/* A file's names as the task has them that opened it. What a file system has opened below it, as an area's file
 * may be, has others: before 6.8 only the inode is another one, from then on the path is. `opened`: by the task. */
static __always_inline void d4c_names_of(struct file *file, int opened, struct path *path)
{
	struct backing_file *backing = (void *)file;

	path->dentry = D4C_READ(file, f_path.dentry);
	path->mnt = D4C_READ(file, f_path.mnt);
	if (!opened && bpf_core_field_exists(backing->user_path) && d4c_is_below(file)) {
		path->dentry = BPF_CORE_READ(backing, user_path.dentry);
		path->mnt = BPF_CORE_READ(backing, user_path.mnt);
	}
}

/* A file that no file system names. */
static __always_inline int d4c_is_memory(const struct path *path)
{
	struct inode *inode = D4C_READ(path->dentry, d_inode);

	if ((D4C_READ(inode, i_mode) & D4C_S_IFMT) != D4C_S_IFREG)
		return 0;
	return D4C_READ(inode, i_nlink) == 0 || d4c_is_internal(path->mnt);
}

/* When an inode last changed, of CLOCK_REALTIME. */
static __always_inline __u64 d4c_changed_ns(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return D4C_READ(inode, i_ctime_sec) * 1000000000ull + D4C_READ(inode, i_ctime_nsec);
	if (bpf_core_field_exists(inode->__i_ctime))
		return D4C_READ(inode, __i_ctime.tv_sec) * 1000000000ull + D4C_READ(inode, __i_ctime.tv_nsec);
	return D4C_READ(inode, i_ctime.tv_sec) * 1000000000ull + D4C_READ(inode, i_ctime.tv_nsec);
}

/* A file's time is that of the last tick. */
#define D4C_TICK_NS 20000000ull

static __always_inline int d4c_is_older(struct inode *inode, __u64 began_ns)
{
	__u32 zero = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);

	return settings && d4c_changed_ns(inode) + D4C_TICK_NS < began_ns + settings->real_offset_ns;
}

static long d4c_find_root(__u32 turn, void *context)
{
	__u64 *walk = context; /* where it is, what is looked for */
	struct dentry *dentry = (void *)walk[0];

	if (walk[0] == walk[1])
		return 1;
	walk[0] = (__u64)D4C_READ(dentry, d_parent);
	return walk[0] == (__u64)dentry;
}

/* A file system may be the host's, with volumes on it too: the container's own part begins at its root. */
static __always_inline int d4c_is_below_root(struct dentry *dentry, __u64 root_dentry)
{
	__u64 walk[2] = {(__u64)dentry, root_dentry};

	bpf_loop(D4C_PATH_COMPONENTS_MAX, d4c_find_root, walk, 0);
	return walk[0] == root_dentry;
}

/* Whether nothing in the container has made or written a file: it is on the container's root file system, and on
 * overlay not in the upper layer; elsewhere it is older than the container. In a stack frame of its own, as
 * file_open has the core behind it where nothing can be denied. */
static __noinline int d4c_is_of_image(__u64 id, struct dentry *dentry)
{
	struct d4c_container *container = bpf_map_lookup_elem(&d4c_containers, &id);
	struct super_block *superblock = D4C_READ(dentry, d_sb);
	struct inode *inode = D4C_READ(dentry, d_inode);
	struct ovl_inode *overlay = (void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);

	if (!container || container->root_superblock != (__u64)superblock)
		return 0;
	if (D4C_READ(superblock, s_magic) == D4C_MAGIC_OVERLAY && bpf_core_field_exists(overlay->__upperdentry))
		return !BPF_CORE_READ(overlay, __upperdentry);
	return d4c_is_older(inode, container->began_ns) && d4c_is_below_root(dentry, container->root_dentry);
}

/* Whether this file has been judged, by an execve of the current task that has not ended or one before. */
static __always_inline int d4c_was_judged(struct file *file)
{
	struct d4c_task_state *state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, 0);

	return state && (state->executed[0] == (__u64)file || state->executed[1] == (__u64)file);
}

static __always_inline void d4c_note_judged(struct file *file)
{
	struct d4c_task_state *state;

	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return;
	state->executed[1] = state->executed[0];
	state->executed[0] = (__u64)file;
}

/* Code comes from this file. `also`: operations that it is if it is in memory alone. 1: deny. With a stack frame
 * of its own: bprm_check_security has no room for this and for a container's beginning in one. */
D4C_OWN_FRAME int d4c_run_from(struct file *file, __u32 hook, __u32 also)
{
	__u32 operations = D4C_BIT(D4C_OP_EXEC_DRIFT);
	D4C_REQUEST(request);
	struct path path;
	int memory;

	d4c_names_of(file, hook == D4C_HOOK_BPRM_CHECK, &path);
	memory = d4c_is_memory(&path);
	if (memory)
		operations |= also;
	if (!d4c_concerned(&request->subject, operations) || (!memory && d4c_is_of_image(request->subject.container, path.dentry)))
		return 0;
	if (hook == D4C_HOOK_BPRM_CHECK)
		d4c_note_judged(file);
	d4c_ask(request, hook, D4C_READ(path.dentry, d_inode));
	d4c_place(request, operations, memory ? 0 : path.dentry, path.mnt, 0);
	return d4c_decide(request);
}

/* execve opens each file that it runs: the program, and the interpreter of a script and of an ELF file. One that
 * is of the image then, and not any more when the file system has opened it, is found by the hooks after that. */
static __always_inline int d4c_execute(struct file *file)
{
	return d4c_run_from(file, D4C_HOOK_BPRM_CHECK, D4C_BIT(D4C_OP_EXEC_MEM_FD));
}

/* Memory that is no file to anybody: shared and anonymous, System V's. Names that the kernel alone gives: a
 * memfd's begins with `memfd:`. */
#define D4C_NAME_SYSV 0x56535953     /* "SYSV" */
#define D4C_NAME_DEV_ZERO 0x2f766564 /* "dev/" of "dev/zero" */
#define D4C_NAME_ANON 0x6e6f6e61     /* "anon" of "anon_hugepage" */

#define D4C_DEVICE_ZERO (1 << 20 | 5)

static __always_inline int d4c_is_plain_memory(struct file *file)
{
	struct vfsmount *mount = D4C_READ(file, f_path.mnt);
	struct inode *inode = D4C_READ(file, f_inode);
	__u32 name = 0;

	if ((D4C_READ(inode, i_mode) & D4C_S_IFMT) == D4C_S_IFCHR && D4C_READ(inode, i_rdev) == D4C_DEVICE_ZERO)
		return 1;
	/* A file below another one is on an internal mount too, and its name is anybody's choice. */
	if (!d4c_is_internal(mount) || !(D4C_READ(mount, mnt_sb, s_flags) & D4C_SB_KERNMOUNT))
		return 0;
	bpf_probe_read_kernel(&name, sizeof(name), D4C_READ(file, f_path.dentry, d_name.name));
	return name == D4C_NAME_SYSV || name == D4C_NAME_DEV_ZERO || name == D4C_NAME_ANON;
}

static __always_inline int d4c_is_executing(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
}

/* The function for the hook is told what was asked for alone. */
#ifdef D4C_OBSERVE
#define D4C_MMAP_ARGUMENTS unsigned long protection, unsigned long flags
#else
#define D4C_MMAP_ARGUMENTS unsigned long asked, unsigned long protection, unsigned long flags
#endif

D4C_HOOK(mmap_file)
int BPF_PROG(d4c_mmap_file, struct file *file, D4C_MMAP_ARGUMENTS)
{
	if (!file || !(protection & D4C_PROT_EXEC) || !d4c_mark_of_current())
		return 0;
	if (d4c_is_plain_memory(file) || (d4c_is_executing() && d4c_was_judged(file)))
		return 0;
	D4C_DENY_IF(d4c_run_from(file, D4C_HOOK_MMAP_FILE, 0));
	return 0;
}

D4C_HOOK(file_mprotect)
int BPF_PROG(d4c_file_mprotect, struct vm_area_struct *area, unsigned long asked, unsigned long protection)
{
	struct file *file = D4C_READ(area, vm_file);

	if (!file || !(protection & D4C_PROT_EXEC) || D4C_READ(area, vm_flags) & D4C_VM_EXEC || !d4c_mark_of_current())
		return 0;
	if (d4c_is_plain_memory(file))
		return 0;
	D4C_DENY_IF(d4c_run_from(file, D4C_HOOK_FILE_MPROTECT, 0));
	return 0;
}
