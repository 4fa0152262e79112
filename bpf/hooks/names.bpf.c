/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that go or move: path_unlink, path_link, path_rename. Directories move in their own way: not here. */

static __always_inline int d4c_is_directory(const struct inode *inode)
{
	return (BPF_CORE_READ(inode, i_mode) & D4C_S_IFMT) == D4C_S_IFDIR;
}

static __always_inline int d4c_is_executable(const struct inode *inode)
{
	__u32 mode = BPF_CORE_READ(inode, i_mode);

	return (mode & D4C_S_IFMT) == D4C_S_IFREG && mode & D4C_S_IXUGO;
}

static __always_inline int d4c_is_regular(const struct inode *inode)
{
	return (BPF_CORE_READ(inode, i_mode) & D4C_S_IFMT) == D4C_S_IFREG;
}

/* What it is that this file appears at a name. */
static __always_inline __u32 d4c_arrival(const struct inode *inode)
{
	return d4c_is_executable(inode) ? D4C_CREATES : D4C_BIT(D4C_OP_CREATE_FILE);
}

/* What it is that this file is changed, or replaced. */
static __always_inline __u32 d4c_change(const struct inode *inode)
{
	if (!d4c_is_regular(inode))
		return 0;
	return d4c_is_executable(inode) ? D4C_BIT(D4C_OP_MODIFY_FILE) | D4C_BIT(D4C_OP_MODIFY_EXECUTABLE) :
					  D4C_BIT(D4C_OP_MODIFY_FILE);
}

SEC("lsm/path_unlink")
int BPF_PROG(d4c_path_unlink, const struct path *dir, struct dentry *dentry)
{
	const __u32 operations = D4C_BIT(D4C_OP_DELETE_FILE);
	struct d4c_subject subject;
	struct d4c_scratch *s;

	if (!d4c_concerned(&subject, operations))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_UNLINK);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, operations) == D4C_BLIND_DENIED);
		return 0;
	}
	d4c_tell_file(s, dentry->d_inode);
	d4c_pair(s, 0, operations, dentry, dir->mnt, 0);
	D4C_DENY_IF(d4c_finish(s, D4C_FINISH_PLAIN, 0));
	return 0;
}

SEC("lsm/path_link")
int BPF_PROG(d4c_path_link, struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)
{
	struct inode *inode = old_dentry->d_inode;
	__u32 arrival = d4c_arrival(inode), old = 0, index = 0;
	struct d4c_subject subject;
	struct d4c_scratch *s;

	/* An unnamed file's first name is no further one. */
	if (d4c_is_executable(inode) && BPF_CORE_READ(inode, i_nlink))
		old = D4C_BIT(D4C_OP_MODIFY_EXECUTABLE);
	if (!d4c_concerned(&subject, old | arrival))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_LINK);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, old | arrival) == D4C_BLIND_DENIED);
		return 0;
	}
	d4c_tell_file(s, inode);
	/* link(2) stays within one mount. */
	if (old)
		d4c_pair(s, index++, old, old_dentry, new_dir->mnt, 0);
	d4c_pair(s, index, arrival, new_dentry, new_dir->mnt, 1);
	D4C_DENY_IF(d4c_finish(s, D4C_FINISH_PLAIN, 0));
	return 0;
}

SEC("lsm/path_rename")
int BPF_PROG(d4c_path_rename, const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry, unsigned int flags)
{
	struct inode *inode = old_dentry->d_inode, *other = new_dentry->d_inode;
	int exchange = flags & D4C_RENAME_EXCHANGE, moves = !d4c_is_directory(inode);
	int comes = exchange && other && !d4c_is_directory(other);
	__u32 at_old = 0, at_new = 0, index = 0;
	struct d4c_subject subject;
	struct d4c_scratch *s;

	/* Two names of one file: the kernel leaves both as they are. */
	if (inode == other)
		return 0;
	if (moves) {
		at_old |= D4C_BIT(D4C_OP_DELETE_FILE);
		at_new |= d4c_arrival(inode);
	}
	if (other && moves)
		at_new |= d4c_change(other);
	if (comes) {
		at_new |= D4C_BIT(D4C_OP_DELETE_FILE);
		at_old |= d4c_arrival(other);
		if (moves)
			at_old |= d4c_change(inode);
	}
	if (!d4c_concerned(&subject, at_old | at_new))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_RENAME);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, at_old | at_new) == D4C_BLIND_DENIED);
		return 0;
	}
	d4c_tell_file(s, inode);
	if (at_old)
		d4c_pair(s, index++, at_old, old_dentry, old_dir->mnt, 0);
	if (at_new)
		d4c_pair(s, index, at_new, new_dentry, new_dir->mnt, 1);
	D4C_DENY_IF(d4c_finish(s, D4C_FINISH_PLAIN, 0));
	return 0;
}
