/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>

int d4c_parts_open(struct d4c_parts *parts, const char *path)
{
	/* Without programs it needs no types of the kernel, which take long to read: any will do. */
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = path);
	struct bpf_program *program;

	parts->maps = bpf_object__open_file(path, &options);
	for (int i = 0; i < D4C_HALVES; i++)
		parts->halves[i] = bpf_object__open_file(path, NULL);
	if (!parts->maps || !parts->halves[0] || !parts->halves[1]) {
		int error = errno ? -errno : -EINVAL;

		d4c_parts_close(parts);
		return error;
	}
	bpf_object__for_each_program(program, parts->maps)
		bpf_program__set_autoload(program, false);
	return 0;
}

/* Leaves each program to the half that has fewer instructions so far; says how many each has. */
static void divide(struct d4c_parts *parts, size_t instructions[D4C_HALVES])
{
	struct bpf_program *ours[D4C_HALVES] = {NULL, NULL};

	while ((ours[0] = bpf_object__next_program(parts->halves[0], ours[0]))) {
		int lighter = instructions[1] < instructions[0];

		ours[1] = bpf_object__next_program(parts->halves[1], ours[1]);
		if (!bpf_program__autoload(ours[0]))
			continue;
		instructions[lighter] += bpf_program__insn_cnt(ours[0]);
		bpf_program__set_autoload(ours[!lighter], false);
	}
}

static int share_maps(struct d4c_parts *parts)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, parts->maps) {
		if (bpf_map__is_internal(map))
			continue;
		for (int i = 0; i < D4C_HALVES; i++) {
			struct bpf_map *same = bpf_object__find_map_by_name(parts->halves[i], bpf_map__name(map));
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

static void *load_half(void *half)
{
	return (void *)(intptr_t)bpf_object__load(half);
}

static int load(struct d4c_parts *parts)
{
	size_t instructions[D4C_HALVES] = {0, 0};
	void *second = NULL;
	pthread_t thread;
	int error = bpf_object__load(parts->maps);

	if (!error)
		error = share_maps(parts);
	if (error)
		return error;
	divide(parts, instructions);
	if (!instructions[1])
		return bpf_object__load(parts->halves[0]);
	error = start_thread(&thread, load_half, parts->halves[1]);
	if (error)
		return error;
	error = bpf_object__load(parts->halves[0]);
	pthread_join(thread, &second);
	return error ? error : (int)(intptr_t)second;
}

static void *load_in_thread(void *argument)
{
	struct d4c_parts *parts = argument;

	parts->error = load(parts);
	return NULL;
}

int d4c_parts_start(struct d4c_parts *parts)
{
	int error = parts->loading ? -EBUSY : start_thread(&parts->loader, load_in_thread, parts);

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
	bpf_object__close(parts->maps);
	for (int i = 0; i < D4C_HALVES; i++)
		bpf_object__close(parts->halves[i]);
	memset(parts, 0, sizeof(*parts));
	/* The kernel's types took tens of megabytes: back to the system with them. */
	malloc_trim(0);
}

struct bpf_program *d4c_parts_program(const struct d4c_parts *parts, const char *name)
{
	struct bpf_program *other = bpf_object__find_program_by_name(parts->halves[1], name);

	if (other && bpf_program__fd(other) >= 0)
		return other;
	return bpf_object__find_program_by_name(parts->halves[0], name);
}
