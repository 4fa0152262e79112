/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create */
#include "parts.h"
#include "attach.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char core_name[] = "d4c_core";
/* The function of each hook that the core replaces. */
static const char replaced_name[] = "d4c_decide";
/* Any hook that has that function would do; a short one is loaded soonest. */
static const char first_name[] = "d4c_path_symlink";

static enum d4c_part part_of(const struct d4c_parts *parts, const char *name)
{
	if (parts->has_core && !strcmp(name, core_name))
		return D4C_PART_CORE;
	return parts->has_core && !strcmp(name, first_name) ? D4C_PART_FIRST : D4C_PART_HOOKS;
}

/* Reads the kernel's types, and writes those that the programs speak of to where they look for them. */
static int fit_to_kernel(struct d4c_parts *parts)
{
	struct d4c_types *types = d4c_types_of_kernel();
	int error = types ? d4c_attach_find(types, parts->part[D4C_PART_HOOKS]) : -errno;

	if (!error)
		error = d4c_types_excerpt(types, bpf_object__btf(parts->part[D4C_PART_HOOKS]), parts->types);
	d4c_types_forget();
	return error;
}

static int open_parts(struct d4c_parts *parts, const char *path)
{
	/* Without programs it needs no types of the kernel: any will do. */
	LIBBPF_OPTS(bpf_object_open_opts, without, .btf_custom_path = path);
	char types[64];
	LIBBPF_OPTS(bpf_object_open_opts, with, .btf_custom_path = types);
	struct bpf_program *program;
	int error = d4c_attach_prepare();

	if (error)
		return error;
	parts->types = memfd_create("d4c_types", MFD_CLOEXEC);
	if (parts->types < 0)
		return -errno;
	snprintf(types, sizeof(types), "/proc/self/fd/%d", parts->types);
	for (int i = 0; i < D4C_PARTS; i++) {
		parts->part[i] = bpf_object__open_file(path, i == D4C_PART_MAPS ? &without : &with);
		if (!parts->part[i])
			return errno ? -errno : -EINVAL;
	}
	parts->has_core = bpf_object__find_program_by_name(parts->part[D4C_PART_CORE], core_name);
	for (int i = 0; i < D4C_PARTS; i++)
		bpf_object__for_each_program(program, parts->part[i])
			if (part_of(parts, bpf_program__name(program)) != (enum d4c_part)i)
				bpf_program__set_autoload(program, false);
	return 0;
}

int d4c_parts_open(struct d4c_parts *parts, const char *path)
{
	int error = open_parts(parts, path);

	if (error)
		d4c_parts_close(parts);
	return error;
}

static int share_maps(struct d4c_parts *parts)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, parts->part[D4C_PART_MAPS]) {
		if (bpf_map__is_internal(map))
			continue;
		for (int i = D4C_PART_MAPS + 1; i < D4C_PARTS; i++) {
			struct bpf_map *same = bpf_object__find_map_by_name(parts->part[i], bpf_map__name(map));
			int error = bpf_map__reuse_fd(same, bpf_map__fd(map));

			if (error)
				return error;
		}
	}
	return 0;
}

/* The verifier gives up when a signal is pending: our threads take none. */
static int start_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void *load_hooks(void *hooks)
{
	return (void *)(intptr_t)bpf_object__load(hooks);
}

static int load_core(struct d4c_parts *parts)
{
	struct bpf_program *core = bpf_object__find_program_by_name(parts->part[D4C_PART_CORE], core_name);
	struct bpf_program *first = bpf_object__find_program_by_name(parts->part[D4C_PART_FIRST], first_name);
	int error = first ? bpf_object__load(parts->part[D4C_PART_FIRST]) : -ENOENT;

	if (!error)
		error = bpf_program__set_attach_target(core, bpf_program__fd(first), replaced_name);
	return error ? error : bpf_object__load(parts->part[D4C_PART_CORE]);
}

static int load(struct d4c_parts *parts)
{
	void *of_hooks = NULL;
	pthread_t thread;
	int error = bpf_object__load(parts->part[D4C_PART_MAPS]);

	if (!error)
		error = share_maps(parts);
	if (error)
		return error;
	if (!parts->has_core)
		return bpf_object__load(parts->part[D4C_PART_HOOKS]);
	error = start_thread(&thread, load_hooks, parts->part[D4C_PART_HOOKS]);
	if (error)
		return error;
	error = load_core(parts);
	pthread_join(thread, &of_hooks);
	return error ? error : (int)(intptr_t)of_hooks;
}

static void *load_in_thread(void *argument)
{
	struct d4c_parts *parts = argument;

	parts->error = load(parts);
	return NULL;
}

int d4c_parts_start(struct d4c_parts *parts)
{
	int error = parts->loading ? -EBUSY : fit_to_kernel(parts);

	if (!error)
		error = start_thread(&parts->loader, load_in_thread, parts);
	parts->loading = parts->loading || !error;
	return error;
}

static void join(struct d4c_parts *parts)
{
	if (parts->loading)
		pthread_join(parts->loader, NULL);
	parts->loading = false;
}

int d4c_parts_wait(struct d4c_parts *parts)
{
	int error = parts->loading ? 0 : d4c_parts_start(parts);

	join(parts);
	return error ? error : parts->error;
}

void d4c_parts_close(struct d4c_parts *parts)
{
	join(parts);
	for (int i = 0; i < D4C_PARTS; i++)
		bpf_object__close(parts->part[i]);
	if (parts->types > 0)
		close(parts->types);
	memset(parts, 0, sizeof(*parts));
	/* What the objects took goes back to the system. */
	malloc_trim(0);
}

struct bpf_program *d4c_parts_program(const struct d4c_parts *parts, const char *name)
{
	return bpf_object__find_program_by_name(parts->part[part_of(parts, name)], name);
}

struct bpf_link *d4c_parts_attach_core(const struct d4c_parts *parts, const struct bpf_program *program)
{
	struct bpf_program *core = d4c_parts_program(parts, core_name);

	return bpf_program__attach_freplace(core, bpf_program__fd(program), replaced_name);
}
