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

/* This kernel's, read at the first call: kept until they are forgotten, as they take tens of megabytes. Of the main
 * thread alone. NULL with errno; ENOTSUP: kinds of types that are not known. */
struct d4c_types *d4c_types_of_kernel(void);
void d4c_types_forget(void);
/* Ids of the kernel's functions and typedefs of these names; 0: it has none. 0 or a negative errno. */
int d4c_types_find(const struct d4c_types *types, const char *const *wanted, uint32_t count, uint32_t *ids);
/* The same of its structures; 0 also where it has several of a name. */
int d4c_types_find_structures(const struct d4c_types *types, const char *const *wanted, uint32_t count, uint32_t *ids);
/* Writes to the file `fd` the types that have the names of `local`'s structures and enumerations, and what these are
 * made of. Pointers lead to nothing in it. 0 or a negative errno. */
int d4c_types_excerpt(const struct d4c_types *types, const struct btf *local, int fd);

#endif
