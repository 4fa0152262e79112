/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Directories that are renamed or exchanged: what happens to all that could lie below their names. */
#ifndef D4C_MOVES_H
#define D4C_MOVES_H

#include "d4c_place.h"

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

#endif
