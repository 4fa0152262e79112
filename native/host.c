/* SPDX-License-Identifier: Apache-2.0 */
/* What the host has: types in its kernel, its clocks; a lock, so that one agent at a time reads the rings. */
#include "d4c_native.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Bytes that follow a type of the kernel's type information (Documentation/bpf/btf.rst); -1: a kind we don't know. */
static long bytes_after(const struct btf_type *type)
{
	size_t members = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return members * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return members * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return members * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return members * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return -1;
	}
}

/* Which functions there are. One pass over the bytes: libbpf's index of them costs a slow machine 0.3 s. */
static bool find_functions(const uint8_t *bytes, size_t size, uint32_t count, char names[][128], bool *found)
{
	const struct btf_header *head = (const void *)bytes;
	const uint8_t *at, *end;
	const char *strings;

	if (size < sizeof(*head) || head->magic != BTF_MAGIC || (size_t)head->hdr_len + head->type_off + head->type_len > size ||
	    (size_t)head->hdr_len + head->str_off + head->str_len > size || !head->str_len || bytes[size - 1])
		return false;
	at = bytes + head->hdr_len + head->type_off;
	end = at + head->type_len;
	strings = (const char *)bytes + head->hdr_len + head->str_off;
	while (at + sizeof(struct btf_type) <= end) {
		const struct btf_type *type = (const void *)at;
		long more = bytes_after(type);

		if (more < 0 || type->name_off >= head->str_len)
			return false;
		at += sizeof(*type) + more;
		if (BTF_INFO_KIND(type->info) != BTF_KIND_FUNC)
			continue;
		for (uint32_t i = 0; i < count; i++)
			found[i] = found[i] || !strcmp(strings + type->name_off, names[i]);
	}
	return at == end;
}

/* All of a file whose size nobody knows; NULL with errno if it can't be read. */
static uint8_t *read_file(const char *path, size_t *size)
{
	size_t room = 8 << 20;
	uint8_t *bytes = malloc(room), *larger;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	*size = 0;
	while (bytes && fd >= 0 && (got = read(fd, bytes + *size, room - *size)) > 0) {
		*size += got;
		if (*size < room)
			continue;
		larger = realloc(bytes, room *= 2);
		if (!larger)
			break;
		bytes = larger;
	}
	if (fd >= 0)
		close(fd);
	if (got == 0)
		return bytes;
	free(bytes);
	return NULL;
}

/* kernelHas(names): for each function, whether the kernel's type information has it. */
static napi_value kernel_has(napi_env env, napi_callback_info info)
{
	napi_value argument, list, value;
	uint32_t count = 0;
	char names[32][128];
	bool found[32] = {0}, whole;
	uint8_t *bytes;
	size_t size;

	if (!d4c_arguments(env, info, 1, &argument) || napi_get_array_length(env, argument, &count) != napi_ok ||
	    napi_create_array_with_length(env, count, &list) != napi_ok)
		return NULL;
	if (count > 32)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "%u names are too many", count);
	for (uint32_t i = 0; i < count; i++)
		if (napi_get_element(env, argument, i, &value) != napi_ok || !d4c_get_text(env, value, names[i], sizeof(names[i])))
			return NULL;
	bytes = read_file("/sys/kernel/btf/vmlinux", &size);
	if (!bytes)
		return d4c_throw(env, "D4C_BTF", errno, "the kernel has no type information");
	whole = find_functions(bytes, size, count, names, found);
	free(bytes);
	if (!whole)
		return d4c_throw(env, "D4C_BTF", 0, "the kernel's type information has kinds that are not known");
	for (uint32_t i = 0; i < count; i++)
		if (napi_get_boolean(env, found[i], &value) != napi_ok || napi_set_element(env, list, i, value) != napi_ok)
			return NULL;
	return list;
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
	{"kernelHas", kernel_has}, {"possibleCpus", possible_cpus}, {"clock", read_clock}, {"lock", take_lock},
	{"awaitPrograms", await_programs}, {NULL, NULL},
};
