/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that come to be: path_mknod, path_symlink.
 *
 * path_mknod is called by mknod(2) and bind(2), and by open(O_CREAT) before it has looked whether the name
 * exists. For an open a creation let through is recorded by file_open, which knows; a denial of a name that
 * is still being looked up is provisional. It is taken back if that look-up finds a file, which d_instantiate
 * tells, and stands when the open lets go of the mount right after it. What comes later is no part of it: a
 * file made there after the denial must not take it back. */

/* The task is in an open: only there this hook is called while a name is being resolved. */
static __always_inline int d4c_within_open(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return D4C_LOAD(task, nameidata) != 0;
}

static __always_inline __u32 d4c_umask(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return D4C_READ(D4C_LOAD(task, fs), umask);
}

static __always_inline struct d4c_task_state *d4c_denial(void)
{
	struct d4c_task_state *state;
	__u64 *pending = d4c_pending_denials();

	/* Hooks that every making of a file comes by ask this. */
	if (!pending || !*pending)
		return 0;
	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, 0);

	return state && state->denied_key ? state : 0;
}

/* It is none any more; its key. */
static __always_inline __u64 d4c_close_denial(struct d4c_task_state *state)
{
	__u64 key = state->denied_key, *pending = d4c_pending_denials();

	state->denied_key = 0;
	if (pending)
		__sync_fetch_and_add(pending, -1);
	return key;
}

/* From here on nothing takes it back. */
static __always_inline void d4c_end_denial(void)
{
	struct d4c_task_state *state = d4c_denial();

	if (state)
		d4c_close_denial(state);
}

/* The name was there: nothing was denied. */
static __always_inline void d4c_take_back(struct d4c_task_state *state)
{
	struct d4c_mark *mark = d4c_mark_of_current();
	__u64 key = d4c_close_denial(state);

	if (mark)
		d4c_emit_retraction(mark->container, key);
}

/* A dentry gets its file; still in look-up, by being found and not by being made. */
D4C_HOOK(d_instantiate)
int BPF_PROG(d4c_d_instantiate, struct dentry *dentry, struct inode *inode)
{
	struct d4c_task_state *state = d4c_denial();

	if (state && inode && state->denied_dentry == (__u64)dentry && dentry->d_flags & D4C_PAR_LOOKUP)
		d4c_take_back(state);
	return 0;
}

/* An open for writing or making calls it as soon as the last name is looked up, whatever came of it. */
SEC("fentry/mnt_drop_write")
int BPF_PROG(d4c_drop_write, struct vfsmount *mount)
{
	d4c_end_denial();
	return 0;
}

/* A name that an open makes was judged by path_mknod, and no action came of it: file_open, which comes with the
 * file itself in the same open, need not judge it again. A file that is created has always come by path_mknod,
 * which notes the name or forgets the one before. */
static __always_inline void d4c_note_free_name(struct d4c_mark *mark, struct dentry *dentry, struct vfsmount *mount,
					       __u32 operations)
{
	struct d4c_task_state *state;

	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return;
	state->free_dentry = (__u64)dentry;
	state->free_mount = (__u64)mount;
	state->free_operations = operations;
	mark->flags |= D4C_MARK_NOTED;
}

static __always_inline void d4c_forget_free_name(struct d4c_mark *mark)
{
	struct d4c_task_state *state;

	if (!(mark->flags & D4C_MARK_NOTED))
		return;
	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, 0);
	if (state)
		state->free_dentry = 0;
}

static __always_inline int d4c_has_free_name(struct file *file, __u32 operations)
{
	struct d4c_task_state *state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, 0);

	return state && state->free_dentry == (__u64)D4C_LOAD(file, f_path.dentry) && state->free_mount == (__u64)D4C_LOAD(file, f_path.mnt) &&
	       !(operations & ~state->free_operations);
}

D4C_HOOK(path_mknod)
int BPF_PROG(d4c_path_mknod, const struct path *dir, struct dentry *dentry, unsigned short mode, unsigned int dev)
{
	D4C_REQUEST(request);
	struct d4c_mark *mark = d4c_mark_of_current();
	/* Where the file system knows access control lists the mask is applied after this hook. */
	int opening = d4c_within_open(), denied;
	__u32 real = opening ? mode & ~d4c_umask() : mode, operations;

	if (!mark)
		return 0;
	/* mknod(2) may leave the type out for a regular file. */
	if (!(real & D4C_S_IFMT))
		real |= D4C_S_IFREG;
	operations = d4c_arrival(real);
	if (opening)
		d4c_end_denial();
	if (!d4c_concerned_by(mark, &request->subject, operations)) {
		d4c_forget_free_name(mark);
		return 0;
	}
	d4c_ask(request, D4C_HOOK_PATH_MKNOD, 0);
	request->new_mode = real;
	if (opening)
		request->flags = D4C_REQUEST_ONLY_DENIED;
	if (opening && dentry->d_flags & D4C_PAR_LOOKUP)
		request->flags |= D4C_REQUEST_PROVISIONAL;
	d4c_place(request, operations, dentry, D4C_LOAD(dir, mnt), 1);
	denied = d4c_decide(request);
	if (opening && request->flags & D4C_REQUEST_NOTHING_CAME)
		d4c_note_free_name(mark, dentry, D4C_LOAD(dir, mnt), operations);
	else
		d4c_forget_free_name(mark);
	D4C_DENY_IF(denied);
	return 0;
}

D4C_HOOK(path_symlink)
int BPF_PROG(d4c_path_symlink, const struct path *dir, struct dentry *dentry, const char *target)
{
	const __u32 operations = D4C_BIT(D4C_OP_CREATE_FILE);
	D4C_REQUEST(request);

	if (!d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_PATH_SYMLINK, 0);
	request->new_mode = 0120777;
	d4c_place(request, operations, dentry, D4C_LOAD(dir, mnt), 1);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}
