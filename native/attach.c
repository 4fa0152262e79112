/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"
#include "casts.h"
#include "include/d4c_casts.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct kind {
	const char *section; /* what a program's section begins with */
	const char *prefix;  /* of the function or typedef that has the id */
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
};

static const struct kind kinds[] = {
	{"lsm/", "bpf_lsm_", BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
	{"fentry/", "", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
	{"tp_btf/", "btf_trace_", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
	{"iter/", "bpf_iter_", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Found ids, by section. Written by the main thread, before it starts those that read them. */
#define TARGETS_MAX 64
static struct target {
	char section[64];
	uint32_t id;
} targets[TARGETS_MAX];
static uint32_t targets_count;

static const struct kind *kind_of(const char *section)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!strncmp(section, kinds[i].section, strlen(kinds[i].section)))
			return &kinds[i];
	return NULL;
}

static struct target *find_target(const char *section)
{
	for (uint32_t i = 0; i < targets_count; i++)
		if (!strcmp(targets[i].section, section))
			return &targets[i];
	return NULL;
}

/* Called by libbpf right before a program is loaded. Up to here it was of another type: of one that is attached to
 * a function libbpf looks for the id itself. */
static int before_load(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	const struct kind *kind = kind_of(bpf_program__section_name(program));
	const struct target *target = find_target(bpf_program__section_name(program));
	int error = d4c_casts_fill(program);

	(void)cookie;
	if (error)
		return error;
	if (!kind || !target || !target->id)
		return -ESRCH;
	options->attach_btf_id = target->id;
	options->expected_attach_type = kind->attach;
	bpf_program__set_expected_attach_type(program, kind->attach);
	return bpf_program__set_type(program, kind->type);
}

/* The same for one that takes the place of a function of another program. */
static int before_replacement(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	(void)options;
	(void)cookie;
	return d4c_casts_fill(program);
}

int d4c_attach_prepare(void)
{
	static bool prepared;
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = before_load);
	LIBBPF_OPTS(libbpf_prog_handler_opts, replacing, .prog_prepare_load_fn = before_replacement);
	int error = prepared ? 0 : libbpf_register_prog_handler("freplace/", BPF_PROG_TYPE_EXT, 0, &replacing);

	if (error < 0)
		return error;

	for (size_t i = 0; i < KINDS && !prepared; i++) {
		int handler = libbpf_register_prog_handler(kinds[i].section, BPF_PROG_TYPE_SYSCALL, 0, &options);

		if (handler < 0)
			return handler;
	}
	prepared = true;
	return 0;
}

int d4c_attach_find(const struct d4c_types *types, struct bpf_object *object)
{
	static char names[TARGETS_MAX][64];
	const char *wanted[TARGETS_MAX + 1];
	uint32_t ids[TARGETS_MAX + 1], known = targets_count, fresh;
	struct bpf_program *program;
	int error;

	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		const struct kind *kind = kind_of(section);

		if (!kind || find_target(section))
			continue;
		if (targets_count == TARGETS_MAX)
			return -E2BIG;
		snprintf(targets[targets_count].section, sizeof(targets[0].section), "%s", section);
		snprintf(names[targets_count], sizeof(names[0]), "%s%s", kind->prefix, section + strlen(kind->section));
		wanted[targets_count - known] = names[targets_count];
		targets_count++;
	}
	fresh = targets_count - known;
	if (!fresh)
		return 0;
	wanted[fresh] = D4C_CAST_FUNCTION;
	error = d4c_types_find(types, wanted, fresh + 1, ids);
	if (!error)
		error = d4c_casts_find(types, ids[fresh]);
	for (uint32_t i = 0; i < fresh; i++)
		targets[known + i].id = error ? 0 : ids[i];
	if (error)
		targets_count = known;
	return error;
}

struct bpf_link *d4c_attach(struct bpf_program *program)
{
	switch (bpf_program__expected_attach_type(program)) {
	case BPF_LSM_MAC:
		return bpf_program__attach_lsm(program);
	case BPF_TRACE_ITER:
		return bpf_program__attach_iter(program, NULL);
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_RAW_TP:
		return bpf_program__attach_trace(program);
	default:
		return bpf_program__attach(program);
	}
}
