/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What decides: from a hook's request to an answer and a record. */
#include "d4c_acting.h"
#include "d4c_moves.h"

/* More than the compiler makes. */
#define D4C_CLASSES_MAX 65536
#define D4C_PATHLESS (D4C_BIT(D4C_OP_EXEC_MEM_FD) | D4C_BIT(D4C_OP_FORK) | D4C_BIT(D4C_OP_EXEC))

struct d4c_blind_context {
	struct d4c_masks masks;
	__u32 table;
	__u32 operations;
	struct d4c_outcome outcome;
};

static long d4c_judge_blind_class(__u32 process_class, void *context)
{
	struct d4c_blind_context *c = context;

	d4c_judge_masks(&c->outcome, &c->masks, c->table, c->operations, process_class);
	return 0;
}

/* No scratch was to be had: neither path nor process is known, the outcome counts all the same. Certain actions,
 * and above them what is possible. */
__noinline int d4c_judge_blind(__u32 table, __u32 operations)
{
	struct d4c_blind_context context = {.table = table, .operations = operations};
	__u32 classes = D4C_CELL_LOW(D4C_CELL(table + D4C_HEAD_CLASSES));

	if (operations & D4C_PATHLESS)
		d4c_masks_none(&context.masks);
	else
		d4c_masks_unknown(&context.masks);
	bpf_loop(classes > D4C_CLASSES_MAX ? D4C_CLASSES_MAX : classes, d4c_judge_blind_class, &context, 0);
	return context.outcome.certain | context.outcome.possible << 8;
outside:
	return 0;
}

/* 1: deny. */
static __always_inline int d4c_decide_blind(const struct d4c_request *request)
{
	const struct d4c_subject *subject = &request->subject;
	__u32 operations = request->places[0].operations | request->places[1].operations, outcome;
	int denied;

	if (request->flags & (D4C_OPERATION_DIRECTORY_FORTH | D4C_OPERATION_DIRECTORY_BACK))
		operations |= D4C_DIRECTORY_GAINS | D4C_DIRECTORY_LOSES;
	outcome = d4c_judge_blind(subject->table, operations);
	D4C_COUNT(judged);
	D4C_COUNT(path_unknown);
	if (!outcome)
		return 0;
	denied = outcome & D4C_ACTION_BLOCK && !(subject->slot_flags & D4C_SLOT_NEVER_BLOCKED);
	if (denied || !d4c_silent()) {
		D4C_COUNT(recorded);
		d4c_next_sequence();
		d4c_count_lost(subject->container, D4C_LOST_NO_SCRATCH);
	}
	if (denied)
		D4C_COUNT(denied);
	return denied;
}

/* What the scratch holds of an earlier operation is cleared. */
static __always_inline void d4c_begin(struct d4c_scratch *s, const struct d4c_request *request)
{
	const struct d4c_subject *subject = &request->subject;
	__u64 id = subject->container;
	struct d4c_container *container;

	/* The process is filled in when it is told. */
	__builtin_memset(&s->record, 0, __builtin_offsetof(struct d4c_operation_record, process));
	s->record.head.container = id;
	s->record.hook = request->hook;
	s->table = subject->table;
	s->slot_flags = subject->slot_flags;
	s->data_used = 0;
	container = bpf_map_lookup_elem(&d4c_containers, &id);
	s->root_superblock = container ? container->root_superblock : 0;
	s->root_dentry = container ? container->root_dentry : 0;
	s->user_namespace = container ? container->user_namespace : 0;
	D4C_COUNT(judged);
}

static __always_inline void d4c_tell_file(struct d4c_operation_record *record, const struct d4c_request *request)
{
	struct inode *inode = (void *)request->inode;

	record->file_new_mode = request->new_mode;
	if (!inode)
		return;
	record->file_mode = D4C_READ(inode, i_mode);
	record->file_links = D4C_READ(inode, i_nlink);
	record->file_inode = D4C_READ(inode, i_ino);
	record->file_device = D4C_READ(inode, i_sb, s_dev);
	record->file_uid = D4C_READ(inode, i_uid.val);
	record->file_gid = D4C_READ(inode, i_gid.val);
}

static __always_inline void d4c_judge_place(struct d4c_scratch *s, const struct d4c_place *place, __u32 index,
					     int is_only)
{
	s->record.pairs[index].operations = place->operations;
	s->record.pairs_count = index + 1;
	s->place_dentry = place->dentry;
	s->place_mount = place->mount;
	s->place_new = place->is_new;
	s->pair = index;
	s->tells_later = is_only;
	d4c_judge_pair(s);
}

/* `path_mknod` asks whether this denial is the last one of the task. */
static __always_inline void d4c_remember_denial(__u64 dentry, __u64 key)
{
	struct d4c_task_state *state;
	__u64 *pending = d4c_pending_denials();

	state = bpf_task_storage_get(&d4c_task_states, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return;
	if (!state->denied_key && pending)
		__sync_fetch_and_add(pending, 1);
	state->denied_dentry = dentry;
	state->denied_key = key;
}

/* Records what has an action. 1: deny. */
static __always_inline int d4c_finish(struct d4c_scratch *s, struct d4c_request *request)
{
	struct d4c_operation_record *record = &s->record;
	int denied = record->actions & D4C_ACTION_BLOCK && !(s->slot_flags & D4C_SLOT_NEVER_BLOCKED) &&
		     !(request->flags & D4C_REQUEST_EXECUTED);
	int told = record->actions || record->possible;

#ifdef D4C_OBSERVE
	denied = 0;
#endif
	if (!told)
		request->flags |= D4C_REQUEST_NOTHING_CAME;
	if (request->flags & D4C_REQUEST_ONLY_DENIED && !denied)
		told = 0;
	if (denied) {
		D4C_COUNT(denied);
		record->flags |= D4C_OPERATION_DENIED;
	}
	/* A denial ends the hook: no older set is asked any more, so that a silent one tells of its denials. */
	if (!denied && (!told || d4c_silent()))
		return 0;
	D4C_COUNT(recorded);
	d4c_head(&record->head, D4C_RECORD_OPERATION, 0, record->head.container);
	if (record->possible & ~record->actions)
		record->flags |= D4C_OPERATION_UNDECIDED;
	if (denied && request->flags & D4C_REQUEST_PROVISIONAL) {
		record->flags |= D4C_OPERATION_PROVISIONAL;
		record->key = d4c_key(record->head.sequence);
		d4c_remember_denial(request->places[0].dentry, record->key);
	}
	d4c_tell_file(record, request);
	d4c_tell_acting(s, request);
	d4c_emit_operation(s);
	return denied;
}

/* 1: deny. */
D4C_CORE int d4c_core(struct d4c_request *request)
{
	struct d4c_scratch *s;
	int denied, forth, back;

	if (!request)
		return 0;
	s = d4c_take_scratch();
	if (!s)
		return d4c_decide_blind(request);
	d4c_begin(s, request);
	d4c_find_class(s, request);
	forth = !!(request->flags & D4C_OPERATION_DIRECTORY_FORTH);
	back = !!(request->flags & D4C_OPERATION_DIRECTORY_BACK);
	if (request->places_count > 0)
		d4c_judge_place(s, &request->places[0], 0, request->places_count == 1);
	if (request->places_count > 1)
		d4c_judge_place(s, &request->places[1], 1, 0);
	if (forth | back)
		d4c_judge_directories(s, forth, back);
	denied = d4c_finish(s, request);
	d4c_give_scratch(s);
	return denied;
}
