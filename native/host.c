/* SPDX-License-Identifier: Apache-2.0 */
/* What the host has: functions in its kernel, its clocks; a lock, so that one agent at a time reads the rings. */
#include "d4c_native.h"
#include "types.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_NAMES_MAX 64

/* kernelHas(names): for each function, whether the kernel's type information has it, which is kept until a program is
 * loaded or `forgetTypes` is called. */
static napi_value kernel_has(napi_env env, napi_callback_info info)
{
	napi_value argument, list, value;
	char names[KERNEL_NAMES_MAX][128];
	const char *wanted[KERNEL_NAMES_MAX];
	uint32_t ids[KERNEL_NAMES_MAX];
	const struct d4c_types *types;
	uint32_t count = 0;
	int error;

	if (!d4c_arguments(env, info, 1, &argument) || napi_get_array_length(env, argument, &count) != napi_ok ||
	    napi_create_array_with_length(env, count, &list) != napi_ok)
		return NULL;
	if (count > KERNEL_NAMES_MAX)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "%u names are too many", count);
	for (uint32_t i = 0; i < count; i++) {
		if (napi_get_element(env, argument, i, &value) != napi_ok || !d4c_get_text(env, value, names[i], sizeof(names[i])))
			return NULL;
		wanted[i] = names[i];
	}
	types = d4c_types_of_kernel();
	error = types ? d4c_types_find(types, wanted, count, ids) : -errno;
	if (error)
		return d4c_throw(env, "D4C_BTF", error, "the kernel's type information can't be read");
	for (uint32_t i = 0; i < count; i++)
		if (napi_get_boolean(env, ids[i] != 0, &value) != napi_ok || napi_set_element(env, list, i, value) != napi_ok)
			return NULL;
	return list;
}

/* forgetTypes(): they are wanted no more. */
static napi_value forget_types(napi_env env, napi_callback_info info)
{
	(void)info;
	d4c_types_forget();
	return d4c_undefined(env);
}

/* possibleCpus() */
static napi_value possible_cpus(napi_env env, napi_callback_info info)
{
	(void)info;
	return d4c_number(env, libbpf_num_possible_cpus());
}

static napi_value nanoseconds(napi_env env, const struct timespec *time)
{
	napi_value value;
	uint64_t ns = (uint64_t)time->tv_sec * 1000000000ull + time->tv_nsec;

	return napi_create_bigint_uint64(env, ns, &value) == napi_ok ? value : NULL;
}

/* clock(): {bootNs, realNs}; of three pairs the one that was read fastest. */
static napi_value read_clock(napi_env env, napi_callback_info info)
{
	napi_value result;
	struct timespec boot, real, after, best_boot = {0}, best_real = {0};
	int64_t least = INT64_MAX;

	(void)info;
	for (int i = 0; i < 3; i++) {
		clock_gettime(CLOCK_BOOTTIME, &boot);
		clock_gettime(CLOCK_REALTIME, &real);
		clock_gettime(CLOCK_BOOTTIME, &after);
		int64_t took = (after.tv_sec - boot.tv_sec) * 1000000000ll + after.tv_nsec - boot.tv_nsec;

		if (took >= least)
			continue;
		least = took;
		best_boot = boot;
		best_real = real;
	}
	if (napi_create_object(env, &result) != napi_ok)
		return NULL;
	d4c_set(env, result, "bootNs", nanoseconds(env, &best_boot));
	d4c_set(env, result, "realNs", nanoseconds(env, &best_real));
	return result;
}

/* awaitPrograms(): returns when every program that runs now has ended. The kernel waits for that when a map of
 * maps is changed; there is no other way to ask it. */
static napi_value await_programs(napi_env env, napi_callback_info info)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	uint32_t zero = 0;
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "d4c_inner", 4, 4, 1, NULL), outer, error;

	(void)info;
	if (inner < 0)
		return d4c_throw(env, "D4C_MAP", inner, "a map can't be made");
	options.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "d4c_grace", 4, 4, 1, &options);
	error = outer < 0 ? outer : bpf_map_update_elem(outer, &zero, &inner, BPF_ANY);
	if (outer >= 0)
		close(outer);
	close(inner);
	return error ? d4c_throw(env, "D4C_MAP", error, "a map of maps can't be changed") : d4c_undefined(env);
}

struct lock {
	struct d4c_handle handle;
	int fd;
};

static void close_lock(struct d4c_handle *handle)
{
	close(((struct lock *)handle)->fd);
}

/* lock(path): a folder or file; undefined if another process has it. Ends with the process, too. */
static napi_value take_lock(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char path[4096];
	struct lock *lock;
	int fd;

	if (!d4c_arguments(env, info, 1, &argument) || !d4c_get_text(env, argument, path, sizeof(path)))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return d4c_throw(env, "D4C_LOCK", errno, "`%s` can't be opened", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int error = errno;

		close(fd);
		return error == EWOULDBLOCK ? d4c_undefined(env) : d4c_throw(env, "D4C_LOCK", error, "`%s`", path);
	}
	lock = calloc(1, sizeof(*lock));
	if (!lock) {
		close(fd);
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for a lock");
	}
	lock->fd = fd;
	return d4c_wrap(env, &lock->handle, D4C_HANDLE_LOCK, close_lock);
}

const struct d4c_export d4c_host_exports[] = {
	{"kernelHas", kernel_has}, {"forgetTypes", forget_types}, {"possibleCpus", possible_cpus}, {"clock", read_clock}, {"lock", take_lock},
	{"awaitPrograms", await_programs}, {NULL, NULL},
};
