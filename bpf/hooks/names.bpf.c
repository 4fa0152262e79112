/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that go or move: path_unlink, path_link, path_rename. */

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
	/* An unnamed file's first name is no further one. */
	__u32 mode = BPF_CORE_READ(inode, i_mode), links = BPF_CORE_READ(inode, i_nlink), index = 0;
	__u32 arrival = d4c_arrival(mode), old = d4c_change(links ? mode : 0) & D4C_BIT(D4C_OP_MODIFY_EXECUTABLE);
	struct d4c_subject subject;
	struct d4c_scratch *s;

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

/* Of a pair the name, as a directory's. */
__noinline int d4c_note_name(struct d4c_scratch *s, __u32 index)
{
	struct d4c_directory *name;
	__u32 paths;

	if (!s || index > 1)
		return 0;
	name = &s->names[index];
	paths = s->record.pairs[index].paths;
	name->paths = !!(paths & D4C_PATHS_MOUNT) + !!(paths & D4C_PATHS_ROOT);
	if (paths & D4C_PATHS_UNKNOWN)
		name->paths = D4C_PATHS_NOT_KNOWN;
	d4c_note_below(&name->path[0], s->ends[2 * index], s->table);
	d4c_note_below(&name->path[1], s->ends[2 * index + 1], s->table);
	return 0;
}

__noinline int d4c_is_same_below(struct d4c_scratch *s)
{
	return s && d4c_same_below(&s->names[0], &s->names[1], s->table);
}

__noinline int d4c_judge_name(struct d4c_scratch *s, __u32 index, __u32 operations)
{
	struct d4c_outcome outcome = {};
	struct d4c_pair *pair;
	__u32 acted;

	if (!s || index > 1)
		return 0;
	pair = &s->record.pairs[index];
	d4c_below_masks(&s->masks, &s->names[index]);
	acted = d4c_judge_masks(&outcome, &s->masks, s->table, operations, (__u64)pair->mount << 32 | s->process_class);
	if (acted && !d4c_tells_mounts(s->table)) /* for the reader */
		pair->mount = d4c_mount_kind(s->record.head.container, s->place_mount);
	pair->operations |= acted;
	pair->actions |= outcome.certain;
	s->record.operations |= acted;
	s->record.actions |= outcome.certain;
	s->record.possible |= outcome.possible;
	return 0;
}

/* Directories go from the first pair's name to the second's, and the other way. */
__noinline int d4c_judge_directories(struct d4c_scratch *s, int forth, int back)
{
	if (!s)
		return 0;
	if (forth)
		s->record.flags |= D4C_OPERATION_DIRECTORY_FORTH;
	if (back)
		s->record.flags |= D4C_OPERATION_DIRECTORY_BACK;
	d4c_note_name(s, 0);
	d4c_note_name(s, 1);
	if (d4c_is_same_below(s))
		return 0;
	d4c_judge_name(s, 0, (forth ? D4C_DIRECTORY_LOSES : 0) | (back ? D4C_DIRECTORY_GAINS : 0));
	d4c_judge_name(s, 1, (forth ? D4C_DIRECTORY_GAINS : 0) | (back ? D4C_DIRECTORY_LOSES : 0));
	return 0;
}

SEC("lsm/path_rename")
int BPF_PROG(d4c_path_rename, const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry, unsigned int flags)
{
	struct inode *inode = old_dentry->d_inode, *replaced = new_dentry->d_inode;
	__u32 mode = BPF_CORE_READ(inode, i_mode), other = replaced ? BPF_CORE_READ(replaced, i_mode) : 0;
	__u32 exchange = flags & D4C_RENAME_EXCHANGE, index = 0;
	__u32 at_old = d4c_leaving(mode, other, exchange), at_new = d4c_arriving(mode, other, exchange);
	int forth = d4c_is_directory(mode), back = exchange && d4c_is_directory(other);
	__u32 all = at_old | at_new | (forth | back ? D4C_DIRECTORY_GAINS | D4C_DIRECTORY_LOSES : 0);
	struct d4c_subject subject;
	struct d4c_scratch *s;

	/* Two names of one file: the kernel leaves both as they are. */
	if (inode == replaced || !d4c_concerned(&subject, all))
		return 0;
	s = d4c_begin(&subject, D4C_HOOK_PATH_RENAME);
	if (!s) {
		D4C_DENY_IF(d4c_blind(&subject, all) == D4C_BLIND_DENIED);
		return 0;
	}
	d4c_tell_file(s, inode);
	if (at_old | forth | back)
		d4c_pair(s, index++, at_old, old_dentry, old_dir->mnt, 0);
	if (at_new | forth | back)
		d4c_pair(s, index, at_new, new_dentry, new_dir->mnt, 1);
	if (forth | back)
		d4c_judge_directories(s, forth, back);
	D4C_DENY_IF(d4c_finish(s, D4C_FINISH_PLAIN, 0));
	return 0;
}
