/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that do nothing, on the hooks of the product's programs: what being attached costs by itself.
 * D4C_LIST is a file of lines D4C_EMPTY(section, name), made by the benchmark from the product's object. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define D4C_EMPTY(section, name)      \
	SEC(section) int name(void *context) \
	{                             \
		return 0;             \
	}

#include D4C_LIST
