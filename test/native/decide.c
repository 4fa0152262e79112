// SPDX-License-Identifier: Apache-2.0
/* The decision core built for this machine, with sanitizers: tables and events come in on standard input,
 * outcomes go out. The form of both is in src/cli/judging/native-wire.ts. Each table lies at an index other
 * than 0, in memory that ends where it ends, so that a step outside of it is seen. */
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BASE 5

static __u64 *cells;
static __u32 cell_count;

static const __u64 *d4c_cell_at(__u32 index)
{
	if (index < TABLE_BASE || index >= TABLE_BASE + cell_count) {
		fprintf(stderr, "cell %u is outside of the table\n", index);
		exit(3);
	}
	return &cells[index - TABLE_BASE];
}

static __u64 d4c_cell(__u32 index)
{
	return *d4c_cell_at(index);
}

/* The end of the table is looked for, too: d4c_cell_at ends the program. */
static int d4c_copy(void *to, const __u64 *from, __u32 bytes)
{
	d4c_cell_at((__u32)(from - cells) + TABLE_BASE + bytes / sizeof(*from) - 1);
	memcpy(to, from, bytes);
	return 0;
}

static long d4c_loop(__u32 turns, long (*callback)(__u32, void *), void *context)
{
	for (__u32 i = 0; i < turns; i++)
		if (callback(i, context))
			break;
	return 0;
}

#include "../../bpf/decide/d4c_judge.h"

static __u32 d4c_half(__u32 base, __u32 state, __u8 byte)
{
	__u32 half = state * 2 + 1 + byte;

	return (__u32)(d4c_cell(base + half / 2) >> half % 2 * 32);
}

/* One step of an automaton, for names that are no paths. */
static __u32 d4c_next_state(__u32 base, __u32 state, __u8 byte)
{
	__u32 next = d4c_half(base, state, byte), background;

	if (D4C_NEXT_BYTE(next) == byte)
		return D4C_NEXT_STATE(next);
	background = d4c_half(base, state, 0);
	if (background == state || background == 0)
		return background;
	next = d4c_half(base, background, byte);
	return D4C_NEXT_BYTE(next) == byte ? D4C_NEXT_STATE(next) : background;
}

#define UNKNOWN 0xffffffffu
#define PATHS_MAX 8

struct bytes {
	__u32 length;
	__u8 *data;
};

struct paths {
	__u32 count; /* UNKNOWN, 0 for none */
	struct bytes path[PATHS_MAX];
};

struct process {
	__u32 user, interactive;
	struct bytes leader;
	struct paths executable;
};

static int read_all(void *to, size_t length)
{
	return fread(to, 1, length, stdin) == length;
}

static __u32 read_word(void)
{
	__u32 word;

	if (!read_all(&word, sizeof(word))) {
		fprintf(stderr, "the input ends early\n");
		exit(2);
	}
	return word;
}

static struct bytes read_bytes(void)
{
	struct bytes bytes = {.length = read_word()};

	bytes.data = malloc(bytes.length ? bytes.length : 1);
	if (!read_all(bytes.data, bytes.length)) {
		fprintf(stderr, "the input ends early\n");
		exit(2);
	}
	return bytes;
}

static struct paths read_paths(void)
{
	struct paths paths = {.count = read_word()};

	if (paths.count != UNKNOWN && paths.count > PATHS_MAX) {
		fprintf(stderr, "%u paths are too many\n", paths.count);
		exit(2);
	}
	for (__u32 i = 0; paths.count != UNKNOWN && i < paths.count; i++)
		paths.path[i] = read_bytes();
	return paths;
}

static void free_paths(struct paths *paths)
{
	for (__u32 i = 0; paths->count != UNKNOWN && i < paths->count; i++)
		free(paths->path[i].data);
}

/* The way of the kernel: the path at the end of its buffer. */
static void match_path(struct bytes path, struct d4c_match *match)
{
	__u8 *buffer = malloc(D4C_PATH_BUFFER_BYTES);
	__u32 start = D4C_PATH_BUFFER_BYTES - path.length;

	if (path.length > D4C_PATH_BYTES_MAX) {
		fprintf(stderr, "a path of %u bytes is too long\n", path.length);
		exit(2);
	}
	memcpy(buffer + start, path.data, path.length);
	d4c_match_path(match, buffer, TABLE_BASE, start, D4C_PATH_BUFFER_BYTES);
	free(buffer);
}

static void file_masks(const struct paths *paths, struct d4c_masks *masks)
{
	if (paths->count == UNKNOWN)
		return d4c_masks_unknown(masks);
	if (paths->count == 0)
		return d4c_masks_none(masks);
	for (__u32 i = 0; i < paths->count; i++) {
		struct d4c_match match = {};

		match_path(paths->path[i], &match);
		if (i == 0)
			d4c_masks_first(masks, match.mask);
		else
			d4c_masks_further(masks, match.mask);
	}
}

static __u32 walk(__u32 state, struct bytes text)
{
	for (__u32 i = 0; i < text.length && state != 0; i++)
		state = d4c_next_state(TABLE_BASE, state, text.data[i]);
	return state;
}

#include "process.h"
#include "directory.h"

static void judge_event(struct d4c_outcome *outcome)
{
	__u32 kind = read_word(), class;
	struct process process = {.user = read_word()};

	process.interactive = read_word();
	process.leader = read_bytes();
	process.executable = read_paths();
	class = class_of(&process);
	if (kind == 1) {
		__u32 mount = read_word();
		struct paths from = read_paths(), to = read_paths();

		judge_directory(outcome, &from, &to, mount, class);
		free_paths(&from);
		free_paths(&to);
	} else {
		for (__u32 pairs = read_word(); pairs > 0; pairs--) {
			__u32 operations = read_word(), mount = read_word();
			struct paths paths = read_paths();
			struct d4c_masks masks;

			file_masks(&paths, &masks);
			d4c_judge(outcome, &masks, TABLE_BASE, operations, mount, class);
			free_paths(&paths);
		}
	}
	free(process.leader.data);
	free_paths(&process.executable);
}

int main(void)
{
	__u32 length;

	while (read_all(&length, sizeof(length))) {
		cells = malloc(length);
		cell_count = length / 8;
		if (!read_all(cells, length)) {
			fprintf(stderr, "the table ends early\n");
			return 2;
		}
		for (__u32 events = read_word(); events > 0; events--) {
			struct d4c_outcome outcome = {};

			judge_event(&outcome);
			fwrite(&outcome, sizeof(outcome), 1, stdout);
		}
		free(cells);
	}
	return 0;
}
