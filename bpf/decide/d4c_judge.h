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

/* Read where it lies: a call that copies it costs more than all that is done with it. */
static long d4c_judge_rule(__u32 turn, void *context)
{
	struct d4c_rules_context *c = context;
	const struct d4c_masks *masks = c->masks;
	__u32 at = c->rules + turn * D4C_RULE_CELLS;
	__u64 hit, freed, last;

	hit = D4C_CELL(at) & masks->any[0];
	hit |= D4C_CELL(at + 1) & masks->any[1];
	hit |= D4C_CELL(at + 2) & masks->any[2];
	hit |= D4C_CELL(at + 3) & masks->any[3];
	if (hit == 0)
		return 0;
	freed = D4C_CELL(at + 4) & masks->all[0];
	freed |= D4C_CELL(at + 5) & masks->all[1];
	freed |= D4C_CELL(at + 6) & masks->all[2];
	freed |= D4C_CELL(at + 7) & masks->all[3];
	if (freed != 0)
		return 0;
	last = D4C_CELL(at + 8);
	if (D4C_CELL_HIGH(last) & D4C_RULE_POSSIBLE)
		c->possible |= D4C_CELL_LOW(last);
	else
		c->certain |= D4C_CELL_LOW(last);
	return 0;
outside:
	return 1;
}

/* Operations at one path, judged one after another. */
struct d4c_operations_context {
	const struct d4c_masks *masks;
	__u32 base;
	__u32 operations; /* left to judge */
	__u32 mount;
	__u32 process_class;
	__u32 certain;
	__u32 possible;
	__u32 acted; /* operations that an action came of */
};

/* Number of the lowest bit of a set that has one below 16: each bit moves four other ones of 0x09af to the top,
 * by which its number is found in the constant. (This compiler has no way to count zeros for BPF.) */
static inline __attribute__((always_inline)) __u32 d4c_lowest(__u32 set)
{
	__u32 top = (set & (0 - set)) * 0x09af >> 12 & 15;

	return 0xcd7ea84fb6935210ull >> top * 4 & 15;
}
_Static_assert(D4C_OPERATIONS <= 16, "as many as d4c_lowest can tell apart");

/* The lowest operation that is left. */
static long d4c_judge_operation(__u32 turn, void *context)
{
	struct d4c_operations_context *c = context;
	struct d4c_rules_context rules = {.masks = c->masks};
	__u32 base = c->base, operation, classes, count;
	__u64 head, run;

	operation = d4c_lowest(c->operations);
	c->operations &= c->operations - 1;
	head = D4C_CELL(base + D4C_HEAD_CLASSES);
	classes = D4C_CELL_LOW(head);
	if (c->process_class >= classes)
		return 1;
	run = D4C_CELL(base + D4C_CELL_HIGH(head) + (operation * D4C_MOUNT_KINDS + c->mount) * classes +
		       c->process_class);
	count = D4C_CELL_HIGH(run);
	if (count > D4C_RULES_MAX)
		count = D4C_RULES_MAX;
	rules.rules = base + D4C_CELL_LOW(run);
	d4c_loop(count, d4c_judge_rule, &rules);
	if (rules.certain | rules.possible)
		c->acted |= 1u << (operation & 31);
	c->certain |= rules.certain;
	c->possible |= rules.possible;
	return c->operations == 0;
outside:
	return 1;
}

/* Adds to `outcome` what the table at `base` has for these operations on a file with these masks. Returns
 * those of them that an action came of. */
static inline __attribute__((always_inline)) __u32 d4c_judge(struct d4c_outcome *outcome,
							     const struct d4c_masks *masks, __u32 base,
							     __u32 operations, __u32 mount, __u32 process_class)
{
	struct d4c_operations_context context = {
		.masks = masks,
		.base = base,
		.operations = operations & ((1u << D4C_OPERATIONS) - 1),
		.mount = mount,
		.process_class = process_class,
	};

	if (((masks->any[0] & ~(1ull << D4C_GROUP_ANY)) | masks->any[1] | masks->any[2] | masks->any[3]) == 0)
		context.operations &= ~(D4C_CELL_HIGH(D4C_CELL(base + D4C_HEAD_FLAGS)) >> D4C_TABLE_GROUPED_SHIFT);
	if (context.operations)
		d4c_loop(D4C_OPERATIONS, d4c_judge_operation, &context);
	outcome->certain |= context.certain;
	outcome->possible |= context.possible;
	return context.acted;
outside:
	return 0;
}

#endif
