/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps. Sizes marked "at load" are set by the loader; what stands here is the least. */
#ifndef D4C_MAPS_H
#define D4C_MAPS_H

#include "d4c_read.h"
#include "../include/d4c_record.h"
#include "../include/d4c_state.h"
#include "../include/d4c_table.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_settings);
} d4c_settings SEC(".maps");

/* At load. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct d4c_slot);
} d4c_slots SEC(".maps");

/* At load, as many as slots. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct d4c_container);
} d4c_containers SEC(".maps");

/* At load, as many as slots times what is usual. Room is taken as it is used. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct d4c_mount_key);
	__type(value, struct d4c_mount);
} d4c_mounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct d4c_mark);
} d4c_marks SEC(".maps");

/* What one hook leaves for a later one of the same system call. */
struct d4c_task_state {
	__u64 denied_dentry; /* of a provisional denial that has not ended */
	__u64 denied_key;    /* 0: there is none */
	__u64 executed[2];   /* files that an execve runs and that have been judged, the last one first */
	/* A name that an open is making and that no action came of; 0: there is none. */
	__u64 free_dentry;
	__u64 free_mount;
	__u64 free_operations;
};

/* Provisional denials that have not ended, of all tasks. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} d4c_pending SEC(".maps");

static __always_inline __u64 *d4c_pending_denials(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&d4c_pending, &zero);
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct d4c_counters);
} d4c_counters SEC(".maps");

/* Sequence of each CPU's records, shared by both rings. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} d4c_sequence SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct d4c_container_lost);
} d4c_container_lost SEC(".maps");

/* At load, both. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} d4c_alerts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} d4c_telemetry SEC(".maps");

#endif
