/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An operation as a hook has it judged:
 *
 *   if (!d4c_concerned(&subject, operations)) return 0;
 *   s = d4c_begin(&subject, hook, operations);     0: judged already, without a path
 *   d4c_tell_file(s, inode);
 *   d4c_pair(s, 0, operations, dentry, mount, new) for each place, in the order delete, modify, create
 *   return d4c_finish(s, ...);
 */
#ifndef D4C_OPERATION_H
#define D4C_OPERATION_H

#include "d4c_emit.h"

/* Leaves the hook with a refusal. The barrier keeps the compiler from computing the result, which the
 * verifier from 6.10 would not know to be 0 or -1. */
#define D4C_DENY_IF(condition)                        \
	do {                                          \
		if (condition) {                      \
			asm volatile("" ::: "memory"); \
			return -D4C_EPERM;            \
		}                                     \
	} while (0)

#define D4C_BIT(operation) (1u << (operation))

#define D4C_CREATES (D4C_BIT(D4C_OP_CREATE_FILE) | D4C_BIT(D4C_OP_CREATE_EXECUTABLE))

/* The next ones tell operations by a file's mode. They are not static: of what comes out of a branch in a hook
 * the verifier would follow each value to the hook's end. */
__noinline int d4c_is_directory(__u32 mode)
{
	return (mode & D4C_S_IFMT) == D4C_S_IFDIR;
}

__noinline int d4c_is_regular(__u32 mode)
{
	return (mode & D4C_S_IFMT) == D4C_S_IFREG;
}

/* A file of this mode appears at a name. */
__noinline __u32 d4c_arrival(__u32 mode)
{
	return d4c_is_regular(mode) && mode & D4C_S_IXUGO ? D4C_CREATES : D4C_BIT(D4C_OP_CREATE_FILE);
}

/* One is changed, or replaced. */
__noinline __u32 d4c_change(__u32 mode)
{
	if (!d4c_is_regular(mode))
		return 0;
	return D4C_BIT(D4C_OP_MODIFY_FILE) | (mode & D4C_S_IXUGO ? D4C_BIT(D4C_OP_MODIFY_EXECUTABLE) : 0);
}

/* Sets s->match.mask for the path that begins at `offset` of the work buffer. */
__noinline int d4c_match_work(struct d4c_scratch *s, __u32 offset)
{
	if (!s)
		return 0;
	d4c_match_path(&s->match, s->work, s->table, offset, D4C_PATH_BUFFER_BYTES);
	__builtin_memcpy(s->ends[s->matched & (2 * D4C_DIRECTORY_PATHS_MAX - 1)], s->match.ends, sizeof(s->match.ends));
	s->matched++;
	return 0;
}

/* Of the operations those that an action came of; the actions are added to the outcome. `who`: the process
 * class, and above it the kind of mount. */
__noinline int d4c_judge_masks(struct d4c_outcome *outcome, const struct d4c_masks *masks, __u32 table,
			       __u32 operations, __u64 who)
{
	if (!outcome || !masks)
		return 0;
	return d4c_judge(outcome, masks, table, operations, who >> 32, who);
}

/* Whether what a table decides depends on the kind of mount. */
static __always_inline int d4c_tells_mounts(__u32 table)
{
	return (D4C_CELL_HIGH(D4C_CELL(table + D4C_HEAD_FLAGS)) & D4C_TABLE_MOUNTS) != 0;
outside:
	return 0;
}

/* Masks of the two paths of the place in hand; both go into the record. */
static __always_inline void d4c_look_at_paths(struct d4c_scratch *s, struct d4c_pair *pair, __u32 root_offset)
{
	__u32 offset = s->walk.offset;

	pair->paths = D4C_PATHS_MOUNT;
	d4c_append(s, &pair->mount_path, offset);
	d4c_match_work(s, offset);
	d4c_masks_first(&s->masks, s->match.mask);
	if (root_offset == 0 || root_offset == offset || pair->mount_path.length < root_offset - offset)
		return;
	/* The path within the container's root is the end of the other one. */
	pair->paths |= D4C_PATHS_ROOT;
	pair->root_path.offset = pair->mount_path.offset + (root_offset - offset);
	pair->root_path.length = pair->mount_path.length - (root_offset - offset);
	d4c_match_work(s, root_offset);
	d4c_masks_further(&s->masks, s->match.mask);
}

/* A mount hides the container's root from the walk, and the file may yet be on it. */
static __always_inline int d4c_look_behind_mounts(struct d4c_scratch *s, struct d4c_pair *pair)
{
	if (!d4c_walk(s, s->place_dentry, 0) || s->walk.end == D4C_WALK_TOO_LONG)
		return 0;
	if (s->walk.end != D4C_WALK_TOP)
		return 1;
	pair->paths |= D4C_PATHS_ROOT;
	d4c_append(s, &pair->root_path, s->walk.offset);
	d4c_match_work(s, s->walk.offset);
	d4c_masks_further(&s->masks, s->match.mask);
	return 1;
}

/* Finds the paths of the place in hand and sets s->masks. */
static __always_inline __u32 d4c_look(struct d4c_scratch *s, struct d4c_pair *pair)
{
	struct dentry *dentry = (void *)s->place_dentry;
	__u32 nameless = s->place_new ? 0 : d4c_nameless(dentry), root_offset;

	if (nameless)
		return nameless;
	s->walk.root_dentry = s->root_dentry;
	if (!d4c_walk(s, s->place_dentry, s->place_mount))
		return D4C_PATHS_UNKNOWN;
	if (s->walk.end == D4C_WALK_NOWHERE)
		return D4C_PATHS_NONE;
	if (s->walk.end != D4C_WALK_TOP)
		return D4C_PATHS_UNKNOWN;
	root_offset = s->walk.root_offset;
	d4c_look_at_paths(s, pair, root_offset);
	if (root_offset == 0 && s->root_dentry && (__u64)BPF_CORE_READ(dentry, d_sb) == s->root_superblock &&
	    !d4c_look_behind_mounts(s, pair))
		return D4C_PATHS_UNKNOWN;
	return 0;
}

/* Judges the pair s->pair; its operations and place are set. */
__noinline int d4c_judge_pair(struct d4c_scratch *s)
{
	struct d4c_outcome outcome = {};
	struct d4c_pair *pair;
	__u32 index, paths;
	int tells_mounts;

	if (!s)
		return 0;
	index = s->pair;
	if (index >= D4C_PAIRS_MAX)
		return 0;
	pair = &s->record.pairs[index];
	s->matched = index * D4C_DIRECTORY_PATHS_MAX;
	if (s->place_dentry)
		paths = d4c_look(s, pair);
	else
		paths = s->place_new ? D4C_PATHS_UNKNOWN : D4C_PATHS_NONE;
	if (paths == D4C_PATHS_UNKNOWN) {
		pair->paths = paths;
		d4c_masks_unknown(&s->masks);
		D4C_COUNT(path_unknown);
	} else if (paths == D4C_PATHS_NONE) {
		pair->paths = paths;
		d4c_masks_none(&s->masks);
	}
	tells_mounts = d4c_tells_mounts(s->table);
	if (tells_mounts)
		pair->mount = d4c_mount_kind(s->record.head.container, s->place_mount);
	pair->operations = d4c_judge_masks(&outcome, &s->masks, s->table, pair->operations,
					   (__u64)pair->mount << 32 | s->process_class);
	if (!tells_mounts && pair->operations) /* for the reader */
		pair->mount = d4c_mount_kind(s->record.head.container, s->place_mount);
	s->record.operations |= pair->operations;
	pair->actions = outcome.certain;
	s->record.actions |= outcome.certain;
	s->record.possible |= outcome.possible;
	return 0;
}

/* No scratch was to be had: the path is unknown, the outcome counts all the same. Certain actions. */
__noinline int d4c_judge_blind(__u32 table, __u32 operations, __u32 process_class)
{
	struct d4c_outcome outcome = {};
	struct d4c_masks masks;

	if (operations & D4C_BIT(D4C_OP_EXEC_MEM_FD))
		d4c_masks_none(&masks);
	else
		d4c_masks_unknown(&masks);
	d4c_judge_masks(&outcome, &masks, table, operations, process_class);
	return outcome.certain | outcome.possible << 8;
}

#define D4C_BLIND_ALLOWED 0
#define D4C_BLIND_DENIED 1

static __always_inline int d4c_blind(const struct d4c_subject *subject, __u32 operations)
{
	__u32 outcome = d4c_judge_blind(subject->table, operations, subject->process_class);
	int denied;

	D4C_COUNT(judged);
	D4C_COUNT(path_unknown);
	if (!outcome)
		return D4C_BLIND_ALLOWED;
	denied = outcome & D4C_ACTION_BLOCK && !(subject->slot_flags & D4C_SLOT_NEVER_BLOCKED);
	if (denied || !d4c_silent()) {
		D4C_COUNT(recorded);
		d4c_next_sequence();
		d4c_count_lost(subject->container, D4C_LOST_NO_SCRATCH);
	}
	if (!denied)
		return D4C_BLIND_ALLOWED;
	D4C_COUNT(denied);
	return D4C_BLIND_DENIED;
}

/* Takes scratch for an operation. What it holds of an earlier one is cleared. */
static __always_inline struct d4c_scratch *d4c_begin(const struct d4c_subject *subject, __u32 hook)
{
	struct d4c_scratch *s = d4c_take_scratch();
	__u64 id = subject->container;
	struct d4c_container *container;

	if (!s)
		return 0;
	__builtin_memset(&s->record, 0, sizeof(s->record));
	s->record.head.container = id;
	s->record.hook = hook;
	s->table = subject->table;
	s->slot_flags = subject->slot_flags;
	s->process_class = subject->process_class;
	s->entry_start_ns = subject->entry_start_ns;
	s->entry_pid = subject->entry_pid;
	s->data_used = 0;
	container = bpf_map_lookup_elem(&d4c_containers, &id);
	s->root_superblock = container ? container->root_superblock : 0;
	s->root_dentry = container ? container->root_dentry : 0;
	s->user_namespace = container ? container->user_namespace : 0;
	D4C_COUNT(judged);
	return s;
}

static __always_inline void d4c_tell_file(struct d4c_scratch *s, struct inode *inode)
{
	struct d4c_operation_record *record = &s->record;

	if (!inode)
		return;
	record->file_mode = BPF_CORE_READ(inode, i_mode);
	record->file_links = BPF_CORE_READ(inode, i_nlink);
	record->file_inode = BPF_CORE_READ(inode, i_ino);
	record->file_device = BPF_CORE_READ(inode, i_sb, s_dev);
	record->file_uid = BPF_CORE_READ(inode, i_uid.val);
	record->file_gid = BPF_CORE_READ(inode, i_gid.val);
}

/* One place, and what the operation is there. No dentry: it has no path, or where something appears, one that
 * nobody can tell. */
static __always_inline void d4c_pair(struct d4c_scratch *s, __u32 index, __u32 operations, struct dentry *dentry,
				     struct vfsmount *mount, int is_new)
{
	s->record.pairs[index & 1].operations = operations;
	s->record.pairs_count = index + 1;
	s->place_dentry = (__u64)dentry;
	s->place_mount = (__u64)mount;
	s->place_new = is_new;
	s->pair = index;
	d4c_judge_pair(s);
}

#define D4C_FINISH_PLAIN 0
#define D4C_FINISH_ONLY_DENIED 1 /* let through, it is judged and recorded by a later hook */

/* Records what has an action, gives the scratch back; 1: deny. `key`: where a denial is provisional, the
 * place for its key. */
static __always_inline int d4c_finish(struct d4c_scratch *s, int mode, __u64 *key)
{
	struct d4c_operation_record *record = &s->record;
	int denied = record->actions & D4C_ACTION_BLOCK && !(s->slot_flags & D4C_SLOT_NEVER_BLOCKED);
	int told = record->actions || record->possible;

	if (mode == D4C_FINISH_ONLY_DENIED && !denied)
		told = 0;
	if (denied) {
		D4C_COUNT(denied);
		record->flags |= D4C_OPERATION_DENIED;
	}
	/* A denial ends the hook: no older set is asked any more, so that a silent one tells of its denials. */
	if (denied || (told && !d4c_silent())) {
		D4C_COUNT(recorded);
		d4c_head(&record->head, D4C_RECORD_OPERATION, 0, record->head.container);
		if (record->possible & ~record->actions)
			record->flags |= D4C_OPERATION_UNDECIDED;
		if (denied && key) {
			record->flags |= D4C_OPERATION_PROVISIONAL;
			record->key = *key = d4c_key(record->head.sequence);
		}
		d4c_emit_operation(s);
	}
	d4c_give_scratch(s);
	return denied;
}

#endif
