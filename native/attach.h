/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are attached to a function of the kernel, told from their sections: `lsm/HOOK`, `fentry/NAME`,
 * `tp_btf/NAME`, `iter/NAME`. libbpf would read all types of the kernel for each object file to find the ids of
 * these; they are told it from one reading.
 */
#ifndef D4C_ATTACH_H
#define D4C_ATTACH_H

#include "types.h"
#include <bpf/libbpf.h>

/* Before an object with such programs is opened; once is enough. 0 or a negative errno. */
int d4c_attach_prepare(void);
/* The ids for an object's programs, before it is loaded. They are the same for as long as the kernel runs. */
int d4c_attach_find(const struct d4c_types *types, struct bpf_object *object);
/* NULL with errno. */
struct bpf_link *d4c_attach(struct bpf_program *program);

#endif
