/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decision core, directories renamed: whether what lies below one is matched in the same way under both names,
 * and if it is not, by which groups. Needs what d4c_match.h needs. */
#ifndef D4C_DIRECTORY_H
#define D4C_DIRECTORY_H

#include "d4c_judge.h"

#define D4C_DIRECTORY_PATHS_MAX 2
#define D4C_PATHS_NOT_KNOWN 0xffffffff
/* Cell of a class at which `some` begins; `all` is behind it. */
#define D4C_CLASS_SOME 4
#define D4C_DIRECTORY_GAINS (1u << D4C_OP_CREATE_EXECUTABLE | 1u << D4C_OP_CREATE_FILE)
#define D4C_DIRECTORY_LOSES \
	(1u << D4C_OP_MODIFY_EXECUTABLE | 1u << D4C_OP_MODIFY_FILE | 1u << D4C_OP_DELETE_FILE)

/* What a path says of all that goes on from it with "/". */
struct d4c_below {
	__u32 state[D4C_AUTOMATA_MAX]; /* of each automaton, behind the "/" */
	__u64 some[D4C_MASK_WORDS];
	__u64 all[D4C_MASK_WORDS];
};

/* The name of a directory, which may be known by two paths. */
struct d4c_directory {
	__u32 paths; /* 0 to 2, or D4C_PATHS_NOT_KNOWN */
	__u32 reserved;
	struct d4c_below path[D4C_DIRECTORY_PATHS_MAX];
};

struct d4c_below_context {
	const __u32 *ends; /* states at the path's end, as d4c_match has left them */
	struct d4c_below *below;
	__u32 base;
};

static __u32 d4c_step_slash(__u32 base, __u32 state)
{
	__u32 next = D4C_TRANSITION(base, state, '/'), background;

	if (D4C_NEXT_BYTE(next) == '/')
		return D4C_NEXT_STATE(next);
	background = D4C_BACKGROUND(base, state);
	if (background == state || background == 0)
		return background;
	next = D4C_TRANSITION(base, background, '/');
	return D4C_NEXT_BYTE(next) == '/' ? D4C_NEXT_STATE(next) : background;
outside:
	return 0;
}

static long d4c_look_below(__u32 automaton, void *context)
{
	struct d4c_below_context *c = context;
	struct d4c_below *below = c->below;
	__u32 at = automaton & (D4C_AUTOMATA_MAX - 1), state = c->ends[at], base = c->base;
	__u64 masks[2 * D4C_MASK_WORDS];
	const __u64 *from;

	below->state[at] = 0;
	if (state == 0)
		return 0;
	below->state[at] = d4c_step_slash(base, state);
	from = d4c_cell_at(base + D4C_STATE_CLASS(D4C_CELL(base + state)) + D4C_CLASS_SOME);
	if (!from || d4c_copy(masks, from, sizeof(masks)))
		return 1;
	for (int i = 0; i < D4C_MASK_WORDS; i++) {
		below->some[i] |= masks[i];
		below->all[i] |= masks[D4C_MASK_WORDS + i];
	}
	return 0;
outside:
	return 1;
}

/* One path of a directory, from the states at its end. */
static inline __attribute__((always_inline)) void d4c_note_below(struct d4c_below *below, const __u32 *ends, __u32 base)
{
	struct d4c_below_context context = {.ends = ends, .below = below, .base = base};

	for (int i = 0; i < D4C_MASK_WORDS; i++)
		below->some[i] = below->all[i] = 0;
	d4c_loop(D4C_AUTOMATA_MAX, d4c_look_below, &context);
}

/* All bits where there is a path of this number, else none: so there is nothing to branch on. */
static inline __attribute__((always_inline)) __u64 d4c_if_path(const struct d4c_directory *name, __u32 number)
{
	return (__u64)0 - (name->paths > number && name->paths != D4C_PATHS_NOT_KNOWN);
}

static inline __attribute__((always_inline)) int d4c_reaches_below(const struct d4c_directory *name)
{
	__u64 some = 0;

	for (int i = 0; i < D4C_MASK_WORDS; i++)
		some |= (name->path[0].some[i] & d4c_if_path(name, 0)) | (name->path[1].some[i] & d4c_if_path(name, 1));
	return some != 0;
}

/* Whether two paths are told apart behind their "/": 1 or 0, without a branch. */
static inline __attribute__((always_inline)) __u64 d4c_is_apart(const struct d4c_below *a, const struct d4c_below *b)
{
	__u64 differs = 0;

	for (int i = 0; i < D4C_AUTOMATA_MAX; i++)
		differs |= a->state[i] ^ b->state[i];
	return (differs | ((__u64)0 - differs)) >> 63;
}

/* Whether each path of the one name is as one of the other. */
static inline __attribute__((always_inline)) int d4c_is_among(const struct d4c_directory *a, const struct d4c_directory *b)
{
	__u64 missing = 0, no_first = ~d4c_if_path(b, 0), no_second = ~d4c_if_path(b, 1);

	for (int i = 0; i < D4C_DIRECTORY_PATHS_MAX; i++)
		missing |= d4c_if_path(a, i) & (d4c_is_apart(&a->path[i], &b->path[0]) | no_first) &
			   (d4c_is_apart(&a->path[i], &b->path[1]) | no_second);
	return missing == 0;
}

/* Whether nothing happens to what is below a directory that goes from the one name to the other. */
static inline __attribute__((always_inline)) int d4c_same_below(const struct d4c_directory *from,
								const struct d4c_directory *to, __u32 base)
{
	if (from->paths == D4C_PATHS_NOT_KNOWN || to->paths == D4C_PATHS_NOT_KNOWN)
		return 0;
	if (D4C_CELL_HIGH(D4C_CELL(base + D4C_HEAD_FLAGS)) & D4C_TABLE_COARSE &&
	    (d4c_reaches_below(from) || d4c_reaches_below(to)))
		return 0;
	return d4c_is_among(from, to) && d4c_is_among(to, from);
outside:
	return 0;
}

/* Masks for what is below a name. */
static inline __attribute__((always_inline)) void d4c_below_masks(struct d4c_masks *masks, const struct d4c_directory *name)
{
	__u64 first = d4c_if_path(name, 0), second = d4c_if_path(name, 1);

	for (int i = 0; i < D4C_MASK_WORDS; i++) {
		masks->any[i] = (name->path[0].some[i] & first) | (name->path[1].some[i] & second);
		masks->all[i] = name->path[0].all[i] & first & (name->path[1].all[i] | ~second);
	}
	if (name->paths == D4C_PATHS_NOT_KNOWN)
		d4c_masks_unknown(masks);
	masks->any[0] &= ~(1ull << D4C_GROUP_ANY);
	masks->all[0] |= 1ull << D4C_GROUP_ANY;
}

#endif
