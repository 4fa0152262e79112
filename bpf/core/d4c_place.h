/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One place of an operation: its paths, their masks, the actions that come of them. */
#ifndef D4C_PLACE_H
#define D4C_PLACE_H

#include "../lib/d4c_operation.h"

/* Sets s->match.mask for the path that begins at `offset` of the work buffer. */
__noinline int d4c_match_work(struct d4c_scratch *s, __u32 offset)
{
	if (!s)
		return 0;
	if (s->matching != D4C_MATCH_ALL)
		d4c_begin_text(&s->match, s->table, s->matching, offset, D4C_PATH_BUFFER_BYTES);
	else if (!d4c_begin_path(&s->match, s->table, offset, D4C_PATH_BUFFER_BYTES))
		s->match.state = 0;
	/* One call, whatever it is for: the verifier goes through what it calls at each. */
	d4c_walk_automata(&s->match, s->work);
	if (s->matching != D4C_MATCH_ALL)
		return 0;
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

/* Sets s->masks by the two paths of the place in hand. */
static __always_inline void d4c_look_at_paths(struct d4c_scratch *s, struct d4c_pair *pair)
{
	__u32 offset = s->walk.offset, root_offset = s->walk.root_offset;

	pair->paths = D4C_PATHS_MOUNT;
	d4c_match_work(s, offset);
	d4c_masks_first(&s->masks, s->match.mask);
	if (root_offset == 0 || root_offset == offset)
		return;
	pair->paths |= D4C_PATHS_ROOT;
	d4c_match_work(s, root_offset);
	d4c_masks_further(&s->masks, s->match.mask);
}

/* Both go into the record. In a stack frame of its own: in the others' there is no room for it, without `bpf`
 * among the LSMs. */
__noinline int d4c_tell_paths(struct d4c_scratch *s, struct d4c_pair *pair)
{
	__u32 before;

	if (!s || !pair)
		return 0;
	before = s->walk.root_offset - s->walk.offset;
	d4c_append(s, &pair->mount_path, s->walk.offset);
	if (!(pair->paths & D4C_PATHS_ROOT) || pair->mount_path.length < before)
		return 0;
	/* The path within the container's root is the end of the other one. */
	pair->root_path.offset = pair->mount_path.offset + before;
	pair->root_path.length = pair->mount_path.length - before;
	return 0;
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

/* Finds the paths of the place in hand and sets s->masks. 0, or what it is that it has no path. They are in the
 * record then, or with s->tells_later, if that stays set, still where the walk has left them. */
__noinline __u32 d4c_look(struct d4c_scratch *s, struct d4c_pair *pair)
{
	struct dentry *dentry;
	__u32 nameless, later;
	int is_hidden;

	if (!s || !pair)
		return D4C_PATHS_UNKNOWN;
	later = s->tells_later;
	s->tells_later = 0;
	dentry = (void *)s->place_dentry;
	nameless = s->place_new ? 0 : d4c_nameless(dentry);
	if (nameless)
		return nameless;
	s->walk.root_dentry = s->root_dentry;
	if (!d4c_walk(s, s->place_dentry, s->place_mount))
		return D4C_PATHS_UNKNOWN;
	if (s->walk.end == D4C_WALK_NOWHERE)
		return D4C_PATHS_NONE;
	if (s->walk.end != D4C_WALK_TOP)
		return D4C_PATHS_UNKNOWN;
	is_hidden = s->walk.root_offset == 0 && s->root_dentry && (__u64)D4C_READ(dentry, d_sb) == s->root_superblock;
	d4c_look_at_paths(s, pair);
	if (later && !is_hidden)
		s->tells_later = 1;
	else
		d4c_tell_paths(s, pair);
	return is_hidden && !d4c_look_behind_mounts(s, pair) ? D4C_PATHS_UNKNOWN : 0;
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
	s->matching = D4C_MATCH_ALL;
	paths = s->place_new ? D4C_PATHS_UNKNOWN : D4C_PATHS_NONE;
	if (s->place_dentry)
		paths = d4c_look(s, pair);
	else
		s->tells_later = 0;
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
	if (s->tells_later && pair->operations)
		d4c_tell_paths(s, pair);
	s->record.operations |= pair->operations;
	pair->actions = outcome.certain;
	s->record.actions |= outcome.certain;
	s->record.possible |= outcome.possible;
	return 0;
}

#endif
