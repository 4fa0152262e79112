/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BPF object file in parts. What its hooks have in common is one program, the core, that takes the place of
 * a function of theirs (`freplace`): so the verifier goes through it once. It is verified against a program that
 * is loaded already, and the others are loaded meanwhile, on another processor.
 */
#ifndef D4C_PARTS_H
#define D4C_PARTS_H

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdbool.h>

enum d4c_part {
	D4C_PART_MAPS,  /* makes the maps that the others share; no program */
	D4C_PART_FIRST, /* the hook that the core is verified against */
	D4C_PART_CORE,
	D4C_PART_HOOKS, /* all other programs */
	D4C_PARTS,
};

struct d4c_parts {
	struct bpf_object *part[D4C_PARTS]; /* the same programs in the same order */
	int types; /* descriptor of what the programs are fitted to; empty until they are loaded */
	bool has_core; /* a file without one has all its programs among the hooks */
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
/* Where it is loaded, or would be; NULL: there is none of that name. */
struct bpf_program *d4c_parts_program(const struct d4c_parts *parts, const char *name);
/* Puts the core into the place of `program`'s function. The link must outlive the one of its hook. */
struct bpf_link *d4c_parts_attach_core(const struct d4c_parts *parts, const struct bpf_program *program);

#endif
