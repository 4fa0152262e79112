/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters. A program can be preempted by another one on its CPU: additions are atomic all the same. */
#ifndef D4C_COUNTERS_H
#define D4C_COUNTERS_H

#include "d4c_maps.h"

#define D4C_COUNT(field)                                                              \
	({                                                                            \
		__u32 _zero = 0;                                                      \
		struct d4c_counters *_c = bpf_map_lookup_elem(&d4c_counters, &_zero); \
		if (_c)                                                               \
			__sync_fetch_and_add(&_c->field, 1);                          \
	})

static __always_inline __u64 d4c_next_sequence(void)
{
	__u32 zero = 0;
	__u64 *sequence = bpf_map_lookup_elem(&d4c_sequence, &zero);

	return sequence ? __sync_fetch_and_add(sequence, 1) + 1 : 0;
}

/* A record that nobody will read: by reason, in all and for its container. */
__noinline int d4c_count_lost(__u64 container, __u32 reason)
{
	struct d4c_container_lost fresh = {}, *lost;
	__u32 zero = 0;
	struct d4c_counters *counters = bpf_map_lookup_elem(&d4c_counters, &zero);

	if (reason >= D4C_LOST_REASONS)
		return 0;
	if (counters)
		__sync_fetch_and_add(&counters->lost[reason], 1);
	lost = bpf_map_lookup_elem(&d4c_container_lost, &container);
	if (!lost) {
		bpf_map_update_elem(&d4c_container_lost, &container, &fresh, BPF_NOEXIST);
		lost = bpf_map_lookup_elem(&d4c_container_lost, &container);
	}
	if (lost)
		__sync_fetch_and_add(&lost->lost[reason], 1);
	return 0;
}

#endif
