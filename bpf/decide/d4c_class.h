/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decision core, processes: from the conditions that a process fulfils to the class that rules are chosen by.
 * Needs what d4c_match.h needs. */
#ifndef D4C_CLASS_H
#define D4C_CLASS_H

#include "d4c_judge.h"

#define D4C_USER_CELLS 5
#define D4C_CONDITION_CELLS 4
#define D4C_NODE_CELLS 2
/* Each leads to a later one. More than the compiler makes, and what is found in fewer looks is a list's half. */
#define D4C_NODES_MAX 65536
#define D4C_USER_STEPS_MAX 32

/* Atoms that hold whichever way the executable is asked for. */
static inline __attribute__((always_inline)) void d4c_add_atoms(struct d4c_masks *masks, const __u64 *atoms)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++) {
		masks->any[i] |= atoms[i];
		masks->all[i] |= atoms[i];
	}
}

struct d4c_user_context {
	struct d4c_masks *masks;
	__u32 base; /* of the users, in the whole array */
	__u32 user;
	__u32 low, high;
};

static long d4c_halve_users(__u32 turn, void *context)
{
	struct d4c_user_context *c = context;
	__u32 middle = c->low + (c->high - c->low) / 2, at = c->base + middle * D4C_USER_CELLS, user;
	__u64 atoms[D4C_MASK_WORDS];
	const __u64 *from;

	if (c->low >= c->high)
		return 1;
	user = D4C_CELL_LOW(D4C_CELL(at));
	if (user < c->user) {
		c->low = middle + 1;
		return 0;
	}
	if (user > c->user) {
		c->high = middle;
		return 0;
	}
	from = d4c_cell_at(at + 1);
	if (from && !d4c_copy(atoms, from, sizeof(atoms)))
		d4c_add_atoms(c->masks, atoms);
outside:
	return 1;
}

static inline __attribute__((always_inline)) void d4c_add_user(struct d4c_masks *masks,
							       const struct d4c_process_section *section, __u32 base,
							       __u32 user)
{
	struct d4c_user_context context = {
		.masks = masks,
		.base = base + section->users,
		.user = user,
		.high = section->user_count,
	};

	d4c_loop(D4C_USER_STEPS_MAX, d4c_halve_users, &context);
}

struct d4c_node_context {
	const struct d4c_masks *masks;
	__u32 nodes;
	__u32 conditions;
	__u32 target;
};

static long d4c_pass_node(__u32 turn, void *context)
{
	struct d4c_node_context *c = context;
	const struct d4c_masks *masks = c->masks;
	__u64 need[D4C_MASK_WORDS], missing, excluded;
	const __u64 *from;
	__u64 node, holds;
	__u32 test;

	if (c->target & D4C_PROCESS_LEAF)
		return 1;
	node = D4C_CELL(c->nodes + c->target * D4C_NODE_CELLS);
	holds = D4C_CELL(c->nodes + c->target * D4C_NODE_CELLS + 1);
	test = D4C_CELL_LOW(node);
	from = d4c_cell_at(c->conditions + test / 2 * D4C_CONDITION_CELLS);
	if (!from || d4c_copy(need, from, sizeof(need)))
		return 1;
	excluded = (__u64)0 - (test & 1);
	missing = need[0] & ~((masks->all[0] & excluded) | (masks->any[0] & ~excluded));
	missing |= need[1] & ~((masks->all[1] & excluded) | (masks->any[1] & ~excluded));
	missing |= need[2] & ~((masks->all[2] & excluded) | (masks->any[2] & ~excluded));
	missing |= need[3] & ~((masks->all[3] & excluded) | (masks->any[3] & ~excluded));
	c->target = missing ? D4C_CELL_HIGH(node) : D4C_CELL_LOW(holds);
	return 0;
outside:
	return 1;
}

/* `masks`: the atoms that hold. */
static inline __attribute__((always_inline)) __u32 d4c_class_of(const struct d4c_masks *masks,
								const struct d4c_process_section *section, __u32 base)
{
	struct d4c_node_context context = {
		.masks = masks,
		.nodes = base + section->nodes,
		.conditions = base + section->conditions,
		.target = section->first,
	};

	d4c_loop(D4C_NODES_MAX, d4c_pass_node, &context);
	return context.target & ~D4C_PROCESS_LEAF;
}

#endif
