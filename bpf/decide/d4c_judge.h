/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decision core, second half: from the masks of a file's paths to actions. Needs what d4c_match.h needs. */
#ifndef D4C_JUDGE_H
#define D4C_JUDGE_H

#include "d4c_match.h"

#define D4C_RULE_CELLS 9

/* Groups that one of the file's paths matches, and those that all of them do. */
struct d4c_masks {
	__u64 any[D4C_MASK_WORDS];
	__u64 all[D4C_MASK_WORDS];
};

/* Actions: certain ones, and those that may come on top when the container is known. */
struct d4c_outcome {
	__u32 certain;
	__u32 possible;
};

struct d4c_rules_context {
	const struct d4c_masks *masks;
	__u32 rules; /* index of the first one, in the whole array */
	__u32 certain;
	__u32 possible;
};

/* A file without a path: no pattern speaks of it. */
static inline __attribute__((always_inline)) void d4c_masks_none(struct d4c_masks *masks)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++)
		masks->any[i] = masks->all[i] = 0;
	masks->any[0] = masks->all[0] = 1ull << D4C_GROUP_ANY;
}

/* A path that is not known: it may match whatever `match` asks for, and nothing that frees it. */
static inline __attribute__((always_inline)) void d4c_masks_unknown(struct d4c_masks *masks)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++) {
		masks->any[i] = ~0ull;
		masks->all[i] = 0;
	}
	masks->all[0] = 1ull << D4C_GROUP_ANY;
}

static inline __attribute__((always_inline)) void d4c_masks_first(struct d4c_masks *masks, const __u64 *mask)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++)
		masks->any[i] = masks->all[i] = mask[i];
}

/* A further path of the same file. */
static inline __attribute__((always_inline)) void d4c_masks_further(struct d4c_masks *masks, const __u64 *mask)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++) {
		masks->any[i] |= mask[i];
		masks->all[i] &= mask[i];
	}
}

static long d4c_judge_rule(__u32 turn, void *context)
{
	struct d4c_rules_context *c = context;
	const struct d4c_masks *masks = c->masks;
	__u32 rule = c->rules + turn * D4C_RULE_CELLS;
	__u64 hit, freed, tail;

	hit = d4c_cell(rule) & masks->any[0];
	hit |= d4c_cell(rule + 1) & masks->any[1];
	hit |= d4c_cell(rule + 2) & masks->any[2];
	hit |= d4c_cell(rule + 3) & masks->any[3];
	if (hit == 0)
		return 0;
	freed = d4c_cell(rule + 4) & masks->all[0];
	freed |= d4c_cell(rule + 5) & masks->all[1];
	freed |= d4c_cell(rule + 6) & masks->all[2];
	freed |= d4c_cell(rule + 7) & masks->all[3];
	if (freed != 0)
		return 0;
	tail = d4c_cell(rule + 8);
	if (D4C_CELL_HIGH(tail) & D4C_RULE_POSSIBLE)
		c->possible |= D4C_CELL_LOW(tail);
	else
		c->certain |= D4C_CELL_LOW(tail);
	return 0;
}

/* Adds to `outcome` what the table at `base` has for one operation on a file with these masks. */
static inline __attribute__((always_inline)) void d4c_judge_operation(struct d4c_outcome *outcome,
								      const struct d4c_masks *masks, __u32 base,
								      __u32 operation, __u32 mount,
								      __u32 process_class)
{
	__u64 head = d4c_cell(base + D4C_HEAD_CLASSES);
	__u32 classes = D4C_CELL_LOW(head);
	__u32 cell = D4C_CELL_HIGH(head) + (operation * D4C_MOUNT_KINDS + mount) * classes + process_class;
	__u64 run;
	__u32 count;
	struct d4c_rules_context context = {.masks = masks};

	if (process_class >= classes)
		return;
	run = d4c_cell(base + cell);
	count = D4C_CELL_HIGH(run);
	if (count == 0)
		return;
	if (count > D4C_RULES_MAX)
		count = D4C_RULES_MAX;
	context.rules = base + D4C_CELL_LOW(run);
	d4c_loop(count, d4c_judge_rule, &context);
	outcome->certain |= context.certain;
	outcome->possible |= context.possible;
}

/* The same for a set of operations at one path. Returns those of them that an action came of. */
static inline __attribute__((always_inline)) __u32 d4c_judge(struct d4c_outcome *outcome,
							     const struct d4c_masks *masks, __u32 base,
							     __u32 operations, __u32 mount, __u32 process_class)
{
	__u32 concerned = 0;

	for (__u32 operation = 0; operation < D4C_OPERATIONS; operation++) {
		struct d4c_outcome one = {};

		if (!(operations >> operation & 1))
			continue;
		d4c_judge_operation(&one, masks, base, operation, mount, process_class);
		if (one.certain | one.possible)
			concerned |= 1u << operation;
		outcome->certain |= one.certain;
		outcome->possible |= one.possible;
	}
	return concerned;
}

#endif
