/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's half of include/d4c_casts.h. */
#ifndef D4C_CASTS_FILL_H
#define D4C_CASTS_FILL_H

#include "types.h"
#include <bpf/libbpf.h>

/* Finds what the kernel has; `function_id`: of D4C_CAST_FUNCTION, 0: it has none. Called by the main thread, before
 * it starts those that fill programs. 0 or a negative errno. */
int d4c_casts_find(const struct d4c_types *types, uint32_t function_id);
/* A program that is about to be loaded. 0 or a negative errno. */
int d4c_casts_fill(struct bpf_program *program);

#endif
