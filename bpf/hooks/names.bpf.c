/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that go or move: path_unlink, path_link, path_rename. */

D4C_HOOK(path_unlink)
int BPF_PROG(d4c_path_unlink, const struct path *dir, struct dentry *dentry)
{
	const __u32 operations = D4C_BIT(D4C_OP_DELETE_FILE);
	D4C_REQUEST(request);

	if (d4c_is_pin(dentry) && d4c_is_stranger())
		return d4c_refuse();
	if (!d4c_concerned(&request->subject, operations))
		return 0;
	d4c_ask(request, D4C_HOOK_PATH_UNLINK, D4C_LOAD(dentry, d_inode));
	d4c_place(request, operations, dentry, D4C_LOAD(dir, mnt), 0);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}

D4C_HOOK(path_link)
int BPF_PROG(d4c_path_link, struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)
{
	struct inode *inode = D4C_LOAD(old_dentry, d_inode);
	/* An unnamed file's first name is no further one. */
	__u32 mode = D4C_READ(inode, i_mode), links = D4C_READ(inode, i_nlink);
	__u32 arrival = d4c_arrival(mode), old = d4c_change(links ? mode : 0) & D4C_BIT(D4C_OP_MODIFY_EXECUTABLE);
	D4C_REQUEST(request);

	if (!d4c_concerned(&request->subject, old | arrival))
		return 0;
	d4c_ask(request, D4C_HOOK_PATH_LINK, inode);
	/* link(2) stays within one mount. */
	if (old)
		d4c_place(request, old, old_dentry, D4C_LOAD(new_dir, mnt), 0);
	d4c_place(request, arrival, new_dentry, D4C_LOAD(new_dir, mnt), 1);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}

/* A rename of a file of mode `mode` onto one of mode `other`, 0: onto none. At the old name: */
__noinline __u32 d4c_leaving(__u32 mode, __u32 other, __u32 exchange)
{
	__u32 operations = d4c_is_directory(mode) ? 0 : D4C_BIT(D4C_OP_DELETE_FILE);

	if (!exchange || d4c_is_directory(other))
		return operations;
	return operations | d4c_change(mode) | d4c_arrival(other);
}

/* and at the new name. */
__noinline __u32 d4c_arriving(__u32 mode, __u32 other, __u32 exchange)
{
	__u32 operations = d4c_is_directory(mode) ? 0 : d4c_change(other) | d4c_arrival(mode);

	if (exchange && !d4c_is_directory(other))
		operations |= D4C_BIT(D4C_OP_DELETE_FILE);
	return operations;
}

D4C_HOOK(path_rename)
int BPF_PROG(d4c_path_rename, const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry, unsigned int flags)
{
	struct inode *inode = D4C_LOAD(old_dentry, d_inode), *replaced = D4C_LOAD(new_dentry, d_inode);
	__u32 mode = D4C_READ(inode, i_mode), other = replaced ? D4C_READ(replaced, i_mode) : 0;
	__u32 exchange = flags & D4C_RENAME_EXCHANGE;
	__u32 at_old = d4c_leaving(mode, other, exchange), at_new = d4c_arriving(mode, other, exchange);
	int forth = d4c_is_directory(mode), back = exchange && d4c_is_directory(other);
	__u32 all = at_old | at_new | (forth | back ? D4C_DIRECTORY_GAINS | D4C_DIRECTORY_LOSES : 0);
	D4C_REQUEST(request);

	if ((d4c_is_pin(old_dentry) || d4c_is_pin(new_dentry)) && d4c_is_stranger())
		return d4c_refuse();
	/* Two names of one file: the kernel leaves both as they are. */
	if (inode == replaced || !d4c_concerned(&request->subject, all))
		return 0;
	d4c_ask(request, D4C_HOOK_PATH_RENAME, inode);
	if (forth)
		request->flags |= D4C_OPERATION_DIRECTORY_FORTH;
	if (back)
		request->flags |= D4C_OPERATION_DIRECTORY_BACK;
	if (at_old | forth | back)
		d4c_place(request, at_old, old_dentry, D4C_LOAD(old_dir, mnt), 0);
	if (at_new | forth | back)
		d4c_place(request, at_new, new_dentry, D4C_LOAD(new_dir, mnt), 1);
	D4C_DENY_IF(d4c_decide(request));
	return 0;
}
