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
	const __u64 *from = d4c_cell_at(c->rules + turn * D4C_RULE_CELLS);
	struct d4c_rule rule;
	__u64 hit, freed;

	if (!from || d4c_copy(&rule, from, sizeof(rule)))
		return 1;
	hit = rule.match[0] & masks->any[0];
	hit |= rule.match[1] & masks->any[1];
	hit |= rule.match[2] & masks->any[2];
	hit |= rule.match[3] & masks->any[3];
	freed = rule.exclude[0] & masks->all[0];
	freed |= rule.exclude[1] & masks->all[1];
	freed |= rule.exclude[2] & masks->all[2];
	freed |= rule.exclude[3] & masks->all[3];
	if (hit == 0 || freed != 0)
		return 0;
	if (rule.flags & D4C_RULE_POSSIBLE)
		c->possible |= rule.actions;
	else
		c->certain |= rule.actions;
	return 0;
}

/* Operations at one path, judged one after another. */
struct d4c_operations_context {
	const struct d4c_masks *masks;
	__u32 base;
	__u32 operations;
	__u32 mount;
	__u32 process_class;
	__u32 certain;
	__u32 possible;
	__u32 acted; /* operations that an action came of */
};

static long d4c_judge_operation(__u32 operation, void *context)
{
	struct d4c_operations_context *c = context;
	struct d4c_rules_context rules = {.masks = c->masks};
	__u32 base = c->base, classes, count;
	__u64 head, run;

	if (!(c->operations >> (operation & 31) & 1))
		return 0;
	head = D4C_CELL(base + D4C_HEAD_CLASSES);
	classes = D4C_CELL_LOW(head);
	if (c->process_class >= classes)
		return 0;
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
	return 0;
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
		.operations = operations,
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
