/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decision core, first half: the groups of patterns that a path matches. Built natively and as BPF.
 *
 * Whoever includes it has defined
 *   d4c_cell(index)            the cell at an index of the whole array; 0 outside of it
 *   d4c_loop(n, callback, c)   bpf_loop, or what does the same
 */
#ifndef D4C_MATCH_H
#define D4C_MATCH_H

#include "../include/d4c_table.h"

/* Bytes that one callback walks: dear enough to start that a byte each would double the cost. */
#define D4C_CHUNK_BYTES 64
/* A path lies at the end of a buffer of this many bytes, a power of two. */
#define D4C_PATH_BUFFER_BYTES 4096
#define D4C_PATH_MASK (D4C_PATH_BUFFER_BYTES - 1)
#define D4C_CHUNKS_MAX (D4C_AUTOMATA_MAX * (D4C_PATH_BUFFER_BYTES / D4C_CHUNK_BYTES + 1))

/* Cells of the head, two fields each. */
#define D4C_HEAD_OPERATIONS 2 /* and automata */
#define D4C_HEAD_CLASSES 3    /* and dispatch */
#define D4C_HEAD_START 6
#define D4C_CELL_LOW(v) ((__u32)(v))
#define D4C_CELL_HIGH(v) ((__u32)((v) >> 32))

/* A path on its way through the automata. In the kernel it lies in a map value: of what is carried from
 * callback to callback on the stack the verifier would follow every value. */
struct d4c_match {
	__u32 base; /* index of the table's first cell */
	__u32 automata;
	__u32 automaton;
	__u32 state;
	__u32 start; /* the path is bytes[start, end) */
	__u32 end;
	__u32 offset;
	__u32 reserved;
	__u64 mask[D4C_MASK_WORDS];
};

struct d4c_match_context {
	struct d4c_match *match;
	const __u8 *bytes; /* D4C_PATH_BUFFER_BYTES of them */
};

static inline __attribute__((always_inline)) __u32 d4c_start_state(__u32 base, __u32 automaton)
{
	__u64 both = d4c_cell(base + D4C_HEAD_START + (automaton & (D4C_AUTOMATA_MAX - 1)) / 2);

	return automaton & 1 ? D4C_CELL_HIGH(both) : D4C_CELL_LOW(both);
}

static inline __attribute__((always_inline)) __u32 d4c_next_state(__u32 base, __u32 state, __u8 byte)
{
	__u64 cell = d4c_cell(base + state + 1 + byte);
	__u32 background;

	if (D4C_CELL_LOW(cell) == state)
		return D4C_CELL_HIGH(cell);
	background = D4C_CELL_LOW(d4c_cell(base + state)) & 0x7fffffff;
	if (background == state || background == 0)
		return background;
	cell = d4c_cell(base + background + 1 + byte);
	return D4C_CELL_LOW(cell) == background ? D4C_CELL_HIGH(cell) : background;
}

/* The path has ended in this state: what it accepts is added. */
static inline __attribute__((always_inline)) void d4c_accept(struct d4c_match *match, __u32 state)
{
	__u32 class = D4C_CELL_HIGH(d4c_cell(match->base + state));

	if (class == 0)
		return;
	match->mask[0] |= d4c_cell(match->base + class);
	match->mask[1] |= d4c_cell(match->base + class + 1);
	match->mask[2] |= d4c_cell(match->base + class + 2);
	match->mask[3] |= d4c_cell(match->base + class + 3);
}

/* Walks a chunk in the automaton at hand, or goes on to the next one. */
static long d4c_match_chunk(__u32 turn, void *context)
{
	struct d4c_match_context *c = context;
	struct d4c_match *match = c->match;
	const __u8 *bytes = c->bytes;
	__u32 base = match->base, state = match->state, offset = match->offset, end = match->end;

	/* 64 bits: what is spilled in fewer the verifier forgets, and with it the end of the loop. */
	for (__u64 i = 0; i < D4C_CHUNK_BYTES; i++) {
		if (offset >= end || state == 0)
			break;
		state = d4c_next_state(base, state, bytes[offset & D4C_PATH_MASK]);
		offset++;
	}
	match->state = state;
	match->offset = offset;
	if (state != 0 && offset < end)
		return 0;
	if (state != 0)
		d4c_accept(match, state);
	match->automaton++;
	if (match->automaton >= match->automata)
		return 1;
	match->state = d4c_start_state(base, match->automaton);
	match->offset = match->start;
	return 0;
}

/* Sets match->mask for bytes[start, end) under the table at `base`. */
static inline __attribute__((always_inline)) void d4c_match_path(struct d4c_match *match, const __u8 *bytes,
								 __u32 base, __u32 start, __u32 end)
{
	struct d4c_match_context context = {.match = match, .bytes = bytes};
	__u32 automata = D4C_CELL_HIGH(d4c_cell(base + D4C_HEAD_OPERATIONS));

	match->base = base;
	match->automata = automata;
	match->automaton = 0;
	match->start = start;
	match->end = end;
	match->offset = start;
	match->mask[0] = 1ull << D4C_GROUP_ANY;
	match->mask[1] = match->mask[2] = match->mask[3] = 0;
	if (automata == 0 || automata > D4C_AUTOMATA_MAX)
		return;
	match->state = d4c_start_state(base, 0);
	d4c_loop(D4C_CHUNKS_MAX, d4c_match_chunk, &context);
}

#endif
