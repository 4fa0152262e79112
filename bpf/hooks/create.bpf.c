/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that come to be: path_mknod, path_symlink.
 *
 * path_mknod is called by mknod(2) and bind(2), and by open(O_CREAT) before it has looked whether the name
 * exists. For an open a creation let through is recorded by file_open, which knows; a denial of a name that
 * is still being looked up is provisional, and file_open takes it back if the file was there already. */

/* The task is in an open: only there this hook is called while a name is being resolved. */
static __always_inline int d4c_within_open(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nameidata) != 0;
}

static __always_inline __u32 d4c_umask(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, fs, umask);
}

/* A provisional denial of this task, if there is one, is settled by what comes next in its open: it comes to
 * `opened`, whose name was denied; or goes on behind a symbolic link of the denied name. Then the name was
 * there, and nothing was denied. */
static __always_inline void d4c_settle_denial(struct dentry *opened)
{
	struct d4c_task_state *state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, 0);
	struct d4c_mark *mark;
	struct dentry *denied;
	__u64 age;

	if (!state || !state->denied_dentry)
		return;
	denied = (void *)state->denied_dentry;
	state->denied_dentry = 0;
	age = bpf_ktime_get_boot_ns() - state->denied_ns;
	mark = d4c_mark_of_current();
	if (!mark || age > D4C_PROVISIONAL_NS)
		return;
	/* The dentry may be another one's by now: its name tells. */
	if (denied == opened || (BPF_CORE_READ(denied, d_name.hash_len) == state->denied_name &&
				 BPF_CORE_READ(denied, d_inode)))
		d4c_emit_retraction(mark->container, state->denied_key);
}

/* Remembers a provisional denial for the file_open that may follow. */
static __always_inline void d4c_remember_denial(struct dentry *dentry, __u64 key)
{
	struct d4c_task_state fresh = {}, *state;

	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), &fresh,
				     BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return;
	state->denied_dentry = (__u64)dentry;
	state->denied_name = BPF_CORE_READ(dentry, d_name.hash_len);
	state->denied_key = key;
	state->denied_ns = bpf_ktime_get_boot_ns();
}

SEC("lsm/path_mknod")
int BPF_PROG(d4c_path_mknod, const struct path *dir, struct dentry *dentry, unsigned short mode, unsigned int dev)
{
	struct d4c_subject subject;
	struct d4c_scratch *s;
	/* Where the file system knows access control lists the mask is applied after this hook. */
	int opening = d4c_within_open(), provisional;
	__u32 real = opening ? mode & ~d4c_umask() : mode, operations;
	__u64 key = 0;

	/* mknod(2) may leave the type out for a regular file. */
	if (!(real & D4C_S_IFMT))
		real |= D4C_S_IFREG;
	operations = d4c_arrival(real);
	if (opening)
		d4c_settle_denial(0);
	if (!d4c_concerned(&subject, operations))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_MKNOD);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, operations) == D4C_BLIND_DENIED);
		return 0;
	}
	s->record.file_new_mode = real;
	d4c_pair(s, 0, operations, dentry, dir->mnt, 1);
	provisional = opening && dentry->d_flags & D4C_PAR_LOOKUP;
	if (!d4c_finish(s, opening ? D4C_FINISH_ONLY_DENIED : D4C_FINISH_PLAIN, provisional ? &key : 0))
		return 0;
	if (key)
		d4c_remember_denial(dentry, key);
	return -D4C_EPERM;
}

SEC("lsm/path_symlink")
int BPF_PROG(d4c_path_symlink, const struct path *dir, struct dentry *dentry, const char *target)
{
	const __u32 operations = D4C_BIT(D4C_OP_CREATE_FILE);
	struct d4c_subject subject;
	struct d4c_scratch *s;

	if (!d4c_concerned(&subject, operations))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_SYMLINK);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, operations) == D4C_BLIND_DENIED);
		return 0;
	}
	s->record.file_new_mode = 0120777;
	d4c_pair(s, 0, operations, dentry, dir->mnt, 1);
	D4C_DENY_IF(d4c_finish(s, D4C_FINISH_PLAIN, 0));
	return 0;
}
