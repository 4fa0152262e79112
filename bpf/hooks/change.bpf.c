/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that change where they are: path_chmod, path_truncate, from 6.2 file_truncate, file_open. */

__noinline __u32 d4c_mode_change(__u32 old, __u32 mode)
{
	__u32 gained = mode & ~old & (D4C_S_ISUID | D4C_S_ISGID);

	if (!d4c_is_regular(old))
		return 0;
	if (!(old & D4C_S_IXUGO))
		return mode & D4C_S_IXUGO ? D4C_BIT(D4C_OP_CREATE_EXECUTABLE) : 0;
	return !(mode & D4C_S_IXUGO) || gained ? D4C_BIT(D4C_OP_MODIFY_EXECUTABLE) : 0;
}

D4C_HOOK(path_chmod)
int BPF_PROG(d4c_path_chmod, const struct path *path, unsigned short mode)
{
	struct dentry *dentry = D4C_LOAD(path, dentry);
	struct inode *inode = D4C_READ(dentry, d_inode);
	__u32 old = D4C_READ(inode, i_mode), operations = d4c_mode_change(old, mode);
	D4C_REQUEST(request);

	if (!operations || !d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_PATH_CHMOD, inode);
	request->new_mode = (old & D4C_S_IFMT) | (mode & 07777);
	d4c_place(request, operations, dentry, D4C_LOAD(path, mnt), 0);
	/* It becomes executable at its other names too, and the kernel knows no way to them. */
	if (operations & D4C_BIT(D4C_OP_CREATE_EXECUTABLE) && D4C_READ(inode, i_nlink) > 1)
		d4c_place(request, operations, 0, D4C_LOAD(path, mnt), 1);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}

/* A file is cut to a length. 1: deny. */
static __always_inline int d4c_truncation(struct dentry *dentry, struct vfsmount *mount, struct inode *inode, __u32 hook)
{
	__u32 operations = d4c_change(D4C_READ(inode, i_mode));
	D4C_REQUEST(request);

	/* Within an open it is O_TRUNC, which file_open has judged. */
	if (!operations || d4c_within_open() || !d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, hook, inode);
	d4c_place(request, operations, dentry, mount, 0);
	return d4c_decide(request);
}

D4C_HOOK(path_truncate)
int BPF_PROG(d4c_path_truncate, const struct path *path)
{
	struct dentry *dentry = D4C_LOAD(path, dentry);
	struct inode *inode = D4C_READ(dentry, d_inode);

	D4C_DENY_IF(d4c_truncation(dentry, D4C_LOAD(path, mnt), inode, D4C_HOOK_PATH_TRUNCATE));
	return 0;
}

/* From 6.2, where ftruncate no longer comes by path_truncate. */
D4C_HOOK(file_truncate)
int BPF_PROG(d4c_file_truncate, struct file *file)
{
	struct dentry *dentry = D4C_LOAD(file, f_path.dentry);
	struct inode *inode = D4C_LOAD(file, f_inode);

	D4C_DENY_IF(d4c_truncation(dentry, D4C_LOAD(file, f_path.mnt), inode, D4C_HOOK_FILE_TRUNCATE));
	return 0;
}

/* What an open is to the file: its making, or a change. */
__noinline __u32 d4c_opening(__u32 inode_mode, __u32 created, __u32 changes)
{
	if (!d4c_is_regular(inode_mode))
		return 0;
	if (created)
		return d4c_arrival(inode_mode);
	return changes ? d4c_change(inode_mode) : 0;
}

/* A file system that looks up and opens in one comes here before the denial has ended: it has found a file. */
static __always_inline void d4c_found_and_opened(void)
{
	struct d4c_task_state *state = d4c_denial();

	if (state)
		d4c_take_back(state);
}

D4C_HOOK(file_open)
int BPF_PROG(d4c_file_open, struct file *file)
{
	__u32 flags = file->f_flags, mode = file->f_mode, operations;
	int created = mode & D4C_FMODE_CREATED || flags & D4C_O_TMPFILE;
	D4C_REQUEST(request);
	struct d4c_mark *mark;
	struct inode *inode;

	if (!(flags & (D4C_O_CREAT | D4C_O_TRUNC | D4C_O_TMPFILE | D4C_FMODE_EXEC_FLAG)) && !(mode & D4C_FMODE_WRITE))
		return 0;
	/* Of an open for execution too: it passes its flags on. */
	if (!d4c_may_be_marked() || d4c_is_below(file))
		return 0;
	mark = d4c_mark_of_current();
	if (!mark)
		return 0;
	if (flags & D4C_FMODE_EXEC_FLAG) {
		D4C_DENY_IF(d4c_execute(file));
		return 0;
	}
	if (flags & D4C_O_CREAT)
		d4c_found_and_opened();
	inode = D4C_LOAD(file, f_inode);
	operations = d4c_opening(D4C_READ(inode, i_mode), created, mode & D4C_FMODE_WRITE || flags & D4C_O_TRUNC);
	if (!operations || !d4c_concerned_by(mark, &request->subject, operations))
		return 0;
	if (mode & D4C_FMODE_CREATED && !(flags & D4C_O_TMPFILE) && d4c_has_free_name(file, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_FILE_OPEN, inode);
	if (created)
		request->new_mode = D4C_READ(inode, i_mode);
	d4c_place(request, operations, D4C_LOAD(file, f_path.dentry), D4C_LOAD(file, f_path.mnt), created);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}
