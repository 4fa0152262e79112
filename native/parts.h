/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A BPF object file in parts, so that the verifier works on two processors: it takes longer than all else at a
 * start. One part makes the maps and has no program; two halves share its maps and have a share of the programs
 * each. Constants are each half's own.
 */
#ifndef D4C_PARTS_H
#define D4C_PARTS_H

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdbool.h>

#define D4C_HALVES 2

struct d4c_parts {
	struct bpf_object *maps;
	struct bpf_object *halves[D4C_HALVES]; /* the same programs in the same order */
	pthread_t loader;
	bool loading;
	int error; /* of the load, once the loader is joined */
};

/* All return 0 or a negative errno. */
int d4c_parts_open(struct d4c_parts *parts, const char *path);
int d4c_parts_start(struct d4c_parts *parts);
/* Starts, if nobody has, and waits for the end. */
int d4c_parts_wait(struct d4c_parts *parts);
void d4c_parts_close(struct d4c_parts *parts);
/* Where it is loaded, once it is; NULL: there is none of that name. */
struct bpf_program *d4c_parts_program(const struct d4c_parts *parts, const char *name);

#endif
