/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The decision core as the kernel runs it, asked by test runs: the same code and the same cells as in the
 * hooks, without hook, task or file. Questions and answers are arrays; whoever asks knows the process class
 * (its section of a table is not read in the kernel). */
#include "../lib/d4c_cells.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define D4C_ASKED_PATHS_MAX 2

/* A path lies in one of the buffers. */
struct d4c_asked_path {
	__u32 buffer;
	__u32 start;
	__u32 end;
};

struct d4c_question {
	__u32 table;
	__u32 operations;
	__u32 mount;
	__u32 process_class;
	__u32 paths; /* or D4C_PATHS_NOT_KNOWN */
	__u32 new_paths; /* of a directory's new name */
	__u32 is_directory; /* it goes from the one name to the other; operations do not matter */
	__u32 reserved;
	struct d4c_asked_path path[2 * D4C_ASKED_PATHS_MAX]; /* the new name's from the third on */
};
_Static_assert(sizeof(struct d4c_question) == 80, "as user space writes it");

struct d4c_answer {
	__u32 certain;
	__u32 possible;
	__u32 acted;
	__u32 answered; /* 1; 0: the program did not come so far */
};
_Static_assert(sizeof(struct d4c_answer) == 16, "as user space reads it");

struct d4c_buffer {
	__u8 bytes[D4C_PATH_BUFFER_BYTES];
};

/* At load, like the following two. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_question);
} d4c_questions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_answer);
} d4c_answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_buffer);
} d4c_buffers SEC(".maps");

/* Number of questions to answer. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} d4c_asked SEC(".maps");

/* What one run works on; runs follow each other. */
struct d4c_decide_work {
	struct d4c_match match;
	struct d4c_masks masks;
	struct d4c_directory names[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_decide_work);
} d4c_decide_work SEC(".maps");

/* Whether the path could be walked. */
__noinline int d4c_walk_asked(struct d4c_decide_work *work, __u32 table, const struct d4c_asked_path *path)
{
	struct d4c_buffer *buffer;
	__u32 index;

	if (!work || !path)
		return 0;
	index = path->buffer;
	buffer = bpf_map_lookup_elem(&d4c_buffers, &index);
	if (!buffer)
		return 0;
	d4c_match_path(&work->match, buffer->bytes, table, path->start, path->end);
	return 1;
}

static __always_inline int d4c_asked_masks(struct d4c_decide_work *work, const struct d4c_question *question)
{
	if (question->paths == D4C_PATHS_NOT_KNOWN) {
		d4c_masks_unknown(&work->masks);
		return 1;
	}
	if (question->paths == 0) {
		d4c_masks_none(&work->masks);
		return 1;
	}
	if (!d4c_walk_asked(work, question->table, &question->path[0]))
		return 0;
	d4c_masks_first(&work->masks, work->match.mask);
	if (question->paths == 1)
		return 1;
	if (!d4c_walk_asked(work, question->table, &question->path[1]))
		return 0;
	d4c_masks_further(&work->masks, work->match.mask);
	return 1;
}

static __always_inline int d4c_note_asked(struct d4c_decide_work *work, const struct d4c_question *question, int number)
{
	struct d4c_directory *name = &work->names[number];
	const struct d4c_asked_path *path = &question->path[number * D4C_ASKED_PATHS_MAX];
	__u32 paths = number ? question->new_paths : question->paths;

	name->paths = paths;
	if (paths == D4C_PATHS_NOT_KNOWN)
		return 1;
	for (int i = 0; i < D4C_ASKED_PATHS_MAX; i++) {
		if (i >= paths)
			break;
		if (!d4c_walk_asked(work, question->table, &path[i]))
			return 0;
		d4c_note_below(&name->path[i], work->match.ends, question->table);
	}
	return 1;
}

__noinline int d4c_answer_directory(struct d4c_decide_work *work, const struct d4c_question *question,
				    struct d4c_answer *answer)
{
	struct d4c_outcome outcome = {};

	if (!work || !question || !answer || question->mount >= D4C_MOUNT_KINDS || !d4c_note_asked(work, question, 0) ||
	    !d4c_note_asked(work, question, 1))
		return 1;
	if (!d4c_same_below(&work->names[0], &work->names[1], question->table)) {
		d4c_below_masks(&work->masks, &work->names[1]);
		answer->acted = d4c_judge(&outcome, &work->masks, question->table, D4C_DIRECTORY_GAINS, question->mount,
					  question->process_class);
		d4c_below_masks(&work->masks, &work->names[0]);
		answer->acted |= d4c_judge(&outcome, &work->masks, question->table, D4C_DIRECTORY_LOSES, question->mount,
					   question->process_class);
	}
	answer->certain = outcome.certain;
	answer->possible = outcome.possible;
	answer->answered = 1;
	return 0;
}

__noinline int d4c_answer_question(struct d4c_decide_work *work, const struct d4c_question *question,
				   struct d4c_answer *answer)
{
	struct d4c_outcome outcome = {};

	if (!work || !question || !answer || question->mount >= D4C_MOUNT_KINDS || !d4c_asked_masks(work, question))
		return 1;
	answer->acted = d4c_judge(&outcome, &work->masks, question->table, question->operations, question->mount,
				  question->process_class);
	answer->certain = outcome.certain;
	answer->possible = outcome.possible;
	answer->answered = 1;
	return 0;
}

static long d4c_answer_next(__u32 turn, void *context)
{
	struct d4c_question *question = bpf_map_lookup_elem(&d4c_questions, &turn);
	struct d4c_answer *answer = bpf_map_lookup_elem(&d4c_answers, &turn);
	__u32 zero = 0;
	struct d4c_decide_work *work = bpf_map_lookup_elem(&d4c_decide_work, &zero);

	(void)context;
	if (!question || !answer || !work)
		return 1;
	if (question->is_directory)
		return d4c_answer_directory(work, question, answer) != 0;
	return d4c_answer_question(work, question, answer) != 0;
}

SEC("raw_tp")
int d4c_decide(void *context)
{
	__u32 zero = 0, *count = bpf_map_lookup_elem(&d4c_asked, &zero);

	(void)context;
	if (count)
		bpf_loop(*count, d4c_answer_next, 0, 0);
	return 0;
}
