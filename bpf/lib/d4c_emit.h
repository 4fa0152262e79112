/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records into rings. Every record that is lost is counted, by reason and container. */
/* Alerts always wake their reader: it reads ahead of what it has acknowledged, and the kernel by itself would
 * wake it only when it has acknowledged everything. */
#ifndef D4C_EMIT_H
#define D4C_EMIT_H

#include "d4c_process.h"

/* A key that no other provisional denial of this boot has. */
static __always_inline __u64 d4c_key(__u64 sequence)
{
	return sequence << 12 | (bpf_get_smp_processor_id() & 0xfff);
}

static __always_inline int d4c_silent(void)
{
	__u32 zero = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);

	return !settings || settings->flags & D4C_SETTING_SILENT;
}

static __always_inline void d4c_head(struct d4c_record_head *head, __u16 kind, __u32 size, __u64 container)
{
	head->size = size;
	head->kind = kind;
	head->version = D4C_RECORD_VERSION;
	head->sequence = d4c_next_sequence();
	head->time_ns = bpf_ktime_get_boot_ns();
	head->container = container;
	head->cpu = bpf_get_smp_processor_id();
	head->reserved = 0;
}

/* Puts the operation's record into its ring. */
__noinline int d4c_emit_operation(struct d4c_scratch *s)
{
	struct d4c_operation_record *record;
	__u32 size, reported;
	long failed;

	if (!s)
		return 0;
	record = &s->record;
	size = sizeof(*record) + s->data_used;
	asm volatile("" : "+r"(size));
	if (size > sizeof(*record) + D4C_DATA_BYTES) {
		d4c_count_lost(record->head.container, D4C_LOST_RECORD);
		return 0;
	}
	record->head.size = size;
	reported = record->actions | record->possible;
	if (reported & ~D4C_ACTION_LOG)
		failed = bpf_ringbuf_output(&d4c_alerts, record, size, BPF_RB_FORCE_WAKEUP);
	else
		failed = bpf_ringbuf_output(&d4c_telemetry, record, size, 0);
	if (failed)
		d4c_count_lost(record->head.container, D4C_LOST_RING_FULL);
	return 0;
}

static __always_inline void d4c_emit_retraction(__u64 container, __u64 key)
{
	struct d4c_retraction_record record = {.key = key};

	D4C_COUNT(retracted);
	d4c_head(&record.head, D4C_RECORD_RETRACTION, sizeof(record), container);
	if (bpf_ringbuf_output(&d4c_alerts, &record, sizeof(record), BPF_RB_FORCE_WAKEUP))
		d4c_count_lost(container, D4C_LOST_RING_FULL);
}

static __always_inline void d4c_emit_container(__u16 kind, __u64 id, struct task_struct *task)
{
	struct d4c_container_record record = {};

	if (d4c_silent())
		return;
	d4c_head(&record.head, kind, sizeof(record), id);
	record.pid = D4C_READ(task, tgid);
	d4c_namespace_pid(task, &record.pid_namespace);
	record.mount_namespace = D4C_READ(task, nsproxy, mnt_ns, ns.inum);
	record.user_namespace = D4C_READ(task, cred, user_ns, ns.inum);
	if (bpf_ringbuf_output(&d4c_alerts, &record, sizeof(record), BPF_RB_FORCE_WAKEUP))
		d4c_count_lost(id, D4C_LOST_RING_FULL);
}

#endif
