/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's type information (Documentation/bpf/btf.rst), read in one pass. libbpf looks through all of it
 * for every type that a program uses, which costs a start more than the verifier does: so it is given an excerpt
 * with the types that have the names in question.
 */
#ifndef D4C_TYPES_H
#define D4C_TYPES_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the kernel itself, and of one module. */
#define D4C_TYPES_SECTIONS 2

struct d4c_types_section {
	uint8_t *bytes;
	const char *strings;
	uint32_t strings_size;
	uint32_t count;
	const struct btf_type **types; /* in the order of their ids */
};

struct d4c_types {
	struct d4c_types_section section[D4C_TYPES_SECTIONS];
};

/* 0 or a negative errno; -ENOTSUP: kinds of types that are not known. */
int d4c_types_open(struct d4c_types *types);
void d4c_types_close(struct d4c_types *types);
/* Ids of the kernel's functions and typedefs of these names; 0: it has none. 0 or a negative errno. */
int d4c_types_find(const struct d4c_types *types, const char *const *wanted, uint32_t count, uint32_t *ids);
/* A file of the types that have the names of `local`'s structures and enumerations, and what these are made of: its descriptor,
 * or a negative errno. Pointers lead to nothing in it. */
int d4c_types_excerpt(const struct d4c_types *types, const struct btf *local);

#endif
