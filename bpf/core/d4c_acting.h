/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process that acts: the class that rules are chosen by, and what a record tells of it. */
#ifndef D4C_ACTING_H
#define D4C_ACTING_H

#include "d4c_place.h"

/* Whose program and rights count: of an execution those that it is about to have. */
static __always_inline void d4c_note_acting(struct d4c_scratch *s, const struct d4c_request *request)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct linux_binprm *execution = (void *)request->execution;

	if (execution && !(request->flags & D4C_REQUEST_EXECUTED)) {
		s->executable = (__u64)D4C_READ(execution, file);
		s->cred = (__u64)D4C_READ(execution, cred);
		return;
	}
	s->executable = (__u64)D4C_READ(task, mm, exe_file);
	s->cred = (__u64)D4C_READ(task, cred);
}

/* Finds the paths of the executable; what they match is in s->masks. */
__noinline int d4c_look_at_executable(struct d4c_scratch *s, __u32 matching)
{
	struct file *file;
	__u32 paths = D4C_PATHS_UNKNOWN;

	if (!s)
		return 0;
	file = (void *)s->executable;
	__builtin_memset(&s->executable_paths, 0, sizeof(s->executable_paths));
	s->matching = matching;
	s->tells_later = 0;
	if (file) {
		s->place_dentry = (__u64)D4C_READ(file, f_path.dentry);
		s->place_mount = (__u64)D4C_READ(file, f_path.mnt);
		s->place_new = 0;
		paths = d4c_look(s, &s->executable_paths);
	}
	if (paths)
		s->executable_paths.paths = paths;
	return 0;
}

/* The atoms of the executable: by the path that it was executed by, as far as that is remembered. */
static __always_inline void d4c_find_program(struct d4c_scratch *s, __u32 serial, __u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct d4c_program *known = 0;
	__u32 used = s->data_used;

	if (!(flags & D4C_REQUEST_OTHER_PROGRAM))
		known = bpf_task_storage_get(&d4c_programs, task, 0, 0);
	if (known && known->serial == serial) {
		s->atoms = known->atoms;
		return;
	}
	d4c_look_at_executable(s, s->section.executable);
	s->data_used = used;
	if (s->executable_paths.paths & D4C_PATHS_UNKNOWN) {
		for (int i = 0; i < D4C_MASK_WORDS; i++)
			s->atoms.any[i] = s->section.every[i];
	} else if (!(s->executable_paths.paths & D4C_PATHS_NONE)) {
		s->atoms = s->masks;
	}
	/* Of one that is only about to be executed nothing is kept: it may come to nothing. */
	if (flags & D4C_REQUEST_OTHER_PROGRAM && !(flags & D4C_REQUEST_EXECUTED))
		return;
	known = bpf_task_storage_get(&d4c_programs, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!known)
		return;
	known->serial = serial;
	known->atoms = s->atoms;
}

static __always_inline __u32 d4c_acting_user(struct d4c_scratch *s)
{
	const struct cred *cred = (void *)s->cred;
	struct user_namespace *user_ns = (void *)d4c_id_map(cred, s->user_namespace);
	__u32 user = D4C_READ(cred, euid.val);

	return user_ns ? d4c_mapped_id((__u64)user_ns + bpf_core_field_offset(user_ns->uid_map), user) : user;
}

/* Sets s->process_class. */
__noinline int d4c_find_class(struct d4c_scratch *s, struct d4c_request *request)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 at, serial;
	const __u64 *from;

	if (!s || !request)
		return 0;
	s->process_class = 0;
	at = D4C_CELL_LOW(D4C_CELL(s->table + D4C_HEAD_PROCESS));
	if (at == 0)
		return 0;
	serial = D4C_CELL_HIGH(D4C_CELL(s->table + D4C_HEAD_SERIAL));
	from = d4c_cell_at(s->table + at);
	if (!from || d4c_copy(&s->section, from, sizeof(s->section)))
		return 0;
	d4c_note_acting(s, request);
	__builtin_memset(&s->atoms, 0, sizeof(s->atoms));
	if (s->section.executable)
		d4c_find_program(s, serial, request->flags);
	if (s->section.leader) {
		s->matching = s->section.leader;
		d4c_match_work(s, d4c_leader_name(s));
		d4c_add_atoms(&s->atoms, s->match.mask);
	}
	d4c_add_user(&s->atoms, &s->section, s->table, d4c_acting_user(s));
	d4c_add_atoms(&s->atoms, d4c_tty_of(D4C_READ(task, signal)) ? s->section.terminal : s->section.no_terminal);
	s->process_class = d4c_class_of(&s->atoms, &s->section, s->table);
outside:
	return 0;
}

/* The arguments of a program that runs lie where it finds them, before it has been told where. */
static __always_inline void d4c_tell_program_arguments(struct d4c_scratch *s, const struct d4c_request *request,
						       struct mm_struct *mm)
{
	struct linux_binprm *execution = (void *)request->execution;

	if (request->flags & D4C_REQUEST_EXECUTED && execution) {
		s->record.process.arguments_count = D4C_READ(execution, argc);
		d4c_tell_arguments(s, D4C_READ(execution, p), D4C_READ(execution, exec));
	} else if (mm && !execution) {
		d4c_tell_arguments(s, D4C_READ(mm, arg_start), D4C_READ(mm, arg_end));
	}
}

/* For the record. */
__noinline int d4c_tell_acting(struct d4c_scratch *s, struct d4c_request *request)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = D4C_READ(task, mm);
	struct d4c_process *out;

	if (!s || !request)
		return 0;
	out = &s->record.process;
	d4c_note_acting(s, request);
	d4c_tell_process(s);
	d4c_look_at_executable(s, D4C_MATCH_NONE);
	out->executable_paths = s->executable_paths.paths;
	out->executable = s->executable_paths.mount_path;
	out->executable_root = s->executable_paths.root_path;
	d4c_tell_program_arguments(s, request, mm);
	return 0;
}

#endif
