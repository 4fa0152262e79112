/* SPDX-License-Identifier: Apache-2.0 */
/* Directories renamed, by the core's own code. */
#include "../../bpf/decide/d4c_directory.h"

static void note_name(struct d4c_directory *name, const struct paths *paths)
{
	name->paths = paths->count == UNKNOWN ? D4C_PATHS_NOT_KNOWN : paths->count;
	for (__u32 i = 0; paths->count != UNKNOWN && i < paths->count; i++) {
		struct d4c_match match = {};

		if (i == D4C_DIRECTORY_PATHS_MAX) {
			fprintf(stderr, "%u paths are too many for a directory\n", paths->count);
			exit(2);
		}
		match_path(paths->path[i], &match);
		d4c_note_below(&name->path[i], match.ends, TABLE_BASE);
	}
}

static void judge_directory(struct d4c_outcome *outcome, const struct paths *from, const struct paths *to, __u32 mount,
			    __u32 class)
{
	struct d4c_directory names[2] = {};
	struct d4c_masks masks;

	note_name(&names[0], from);
	note_name(&names[1], to);
	if (d4c_same_below(&names[0], &names[1], TABLE_BASE))
		return;
	d4c_below_masks(&masks, &names[1]);
	d4c_judge(outcome, &masks, TABLE_BASE, D4C_DIRECTORY_GAINS, mount, class);
	d4c_below_masks(&masks, &names[0]);
	d4c_judge(outcome, &masks, TABLE_BASE, D4C_DIRECTORY_LOSES, mount, class);
}
