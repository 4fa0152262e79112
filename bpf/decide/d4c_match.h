/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decision core, first half: the groups of patterns that a path matches. Built natively and as BPF.
 *
 * Whoever includes it has defined
 *   d4c_cell_at(index)         where the cell at an index of the whole array is; 0: outside of it
 *   d4c_copy(to, cell, bytes)  copies from that cell on; a table that is whole has so many bytes there
 *   d4c_loop(n, callback, c)   bpf_loop, or what does the same
 *
 * A function that reads cells has a label `outside`: a table that is whole never leads there. (To go on with
 * some value instead would have the verifier try each way that the code can take with it.)
 */
#ifndef D4C_MATCH_H
#define D4C_MATCH_H

#include "../include/d4c_table.h"

/* Bytes that one callback walks. A byte each would double the cost of a walk; the verifier, on the other side,
 * goes through each of them, and with 64 loading the programs would take three times as long as with 16. */
#define D4C_CHUNK_BYTES 16
/* A path lies at the end of a buffer of this many bytes, a power of two. */
#define D4C_PATH_BUFFER_BYTES 4096
#define D4C_PATH_MASK (D4C_PATH_BUFFER_BYTES - 1)
#define D4C_CHUNKS_MAX (D4C_AUTOMATA_MAX * (D4C_PATH_BUFFER_BYTES / D4C_CHUNK_BYTES + 1))

/* Cells of the head, two fields each. */
#define D4C_HEAD_FLAGS 1      /* and cells, before them */
#define D4C_HEAD_OPERATIONS 2 /* and automata */
#define D4C_HEAD_CLASSES 3    /* and dispatch */
#define D4C_HEAD_PROCESS 4    /* and the first class, behind it */
#define D4C_HEAD_SERIAL 5     /* behind the first cell of the automata */
#define D4C_HEAD_START 6
#define D4C_CELL(index)                                \
	({                                             \
		const __u64 *_cell = d4c_cell_at(index); \
		if (!_cell)                            \
			goto outside;                  \
		*_cell;                                \
	})
/* Where a state of the table leads to on a byte: half a cell, of the state if its low byte is that byte. */
#define D4C_TRANSITION(base, state, byte)                                             \
	({                                                                            \
		__u32 _place = (byte) + 1;                                            \
		const __u64 *_pair = d4c_cell_at((base) + (state) + (_place >> 1));   \
		if (!_pair)                                                           \
			goto outside;                                                 \
		((const __u32 *)_pair)[_place & 1];                                   \
	})
#define D4C_NEXT_BYTE(v) ((v) >> D4C_BYTE_SHIFT)
#define D4C_NEXT_STATE(v) ((v) & D4C_STATE_MASK)
#define D4C_BACKGROUND(base, state) D4C_TRANSITION(base, state, 0)
/* Of a state's own cell. */
#define D4C_STATE_CLASS(v) ((v) & D4C_STATE_MASK)
#define D4C_CELL_LOW(v) ((__u32)(v))
#define D4C_CELL_HIGH(v) ((__u32)((v) >> 32))

/* Keeps a way out from being made one with others, which would carry its result along through a loop. */
#define D4C_APART asm volatile("")

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
	__u32 ends[D4C_AUTOMATA_MAX]; /* state of each automaton at the path's end; 0: dead, or there is none */
};

struct d4c_match_context {
	struct d4c_match *match;
	const __u8 *bytes; /* D4C_PATH_BUFFER_BYTES of them */
};

/* The path has ended in this state: what it accepts is added. */
static inline __attribute__((always_inline)) void d4c_accept(struct d4c_match *match, __u32 state)
{
	__u32 class = D4C_STATE_CLASS(D4C_CELL(match->base + state));
	__u32 at = match->base + class;

	if (class == 0)
		return;
	match->mask[0] |= D4C_CELL(at);
	match->mask[1] |= D4C_CELL(at + 1);
	match->mask[2] |= D4C_CELL(at + 2);
	match->mask[3] |= D4C_CELL(at + 3);
outside:
	return;
}

/* Puts the path at the beginning of an automaton; 0: there is none. */
static inline __attribute__((always_inline)) int d4c_enter_automaton(struct d4c_match *match, __u32 automaton)
{
	__u64 both;

	if (automaton >= match->automata || automaton >= D4C_AUTOMATA_MAX)
		return 0;
	both = D4C_CELL(match->base + D4C_HEAD_START + automaton / 2);
	match->automaton = automaton;
	match->state = automaton & 1 ? D4C_CELL_HIGH(both) : D4C_CELL_LOW(both);
	match->offset = match->start;
	return 1;
outside:
	return 0;
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
		__u32 byte, background, next;

		if (offset >= end || state == 0)
			break;
		byte = bytes[offset & D4C_PATH_MASK];
		offset++;
		next = D4C_TRANSITION(base, state, byte);
		if (D4C_NEXT_BYTE(next) == byte) {
			state = D4C_NEXT_STATE(next);
			continue;
		}
		background = D4C_BACKGROUND(base, state);
		if (background != state && background != 0) {
			next = D4C_TRANSITION(base, background, byte);
			state = D4C_NEXT_BYTE(next) == byte ? D4C_NEXT_STATE(next) : background;
		} else {
			state = background;
		}
	}
	match->state = state;
	match->offset = offset;
	if (state != 0 && offset < end)
		return 0;
	match->ends[match->automaton & (D4C_AUTOMATA_MAX - 1)] = state;
	if (state != 0)
		d4c_accept(match, state);
	return !d4c_enter_automaton(match, match->automaton + 1);
outside:
	D4C_APART;
	return 1;
}

/* Puts a path, bytes[start, end), at the beginning of the table's automata; 0: it has none. */
static inline __attribute__((always_inline)) int d4c_begin_path(struct d4c_match *match, __u32 base, __u32 start, __u32 end)
{
	match->mask[0] = 1ull << D4C_GROUP_ANY;
	match->mask[1] = match->mask[2] = match->mask[3] = 0;
	for (int i = 0; i < D4C_AUTOMATA_MAX; i++)
		match->ends[i] = 0;
	match->base = base;
	match->start = start;
	match->end = end;
	match->automata = D4C_CELL_HIGH(D4C_CELL(base + D4C_HEAD_OPERATIONS));
	return d4c_enter_automaton(match, 0);
outside:
	return 0;
}

/* The same for another kind of text, and for one automaton alone: what that accepts will be all of the mask. */
static inline __attribute__((always_inline)) void d4c_begin_text(struct d4c_match *match, __u32 base, __u32 state,
								 __u32 start, __u32 end)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++)
		match->mask[i] = 0;
	match->base = base;
	match->start = match->offset = start;
	match->end = end;
	match->automata = match->automaton = 0;
	match->state = state;
}

/* Walks to the end: the groups that match are in match->mask then. */
static inline __attribute__((always_inline)) void d4c_walk_automata(struct d4c_match *match, const __u8 *bytes)
{
	struct d4c_match_context context = {.match = match, .bytes = bytes};

	d4c_loop(D4C_CHUNKS_MAX, d4c_match_chunk, &context);
}

/* Sets match->mask for bytes[start, end) under the table at `base`. */
static inline __attribute__((always_inline)) void d4c_match_path(struct d4c_match *match, const __u8 *bytes,
								 __u32 base, __u32 start, __u32 end)
{
	if (d4c_begin_path(match, base, start, end))
		d4c_walk_automata(match, bytes);
}

#endif
