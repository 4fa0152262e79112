/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: keys and values are bytes. A value of a per-CPU map is that of all possible CPUs, one after another. */
#include "d4c_native.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void close_map(struct d4c_handle *handle)
{
	close(((struct d4c_map *)handle)->fd);
}

static bool is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Takes the descriptor over. */
napi_value d4c_wrap_map(napi_env env, int fd)
{
	struct bpf_map_info facts = {0};
	uint32_t size = sizeof(facts);
	struct d4c_map *map;

	if (bpf_obj_get_info_by_fd(fd, &facts, &size)) {
		int error = errno;

		close(fd);
		return d4c_throw(env, "D4C_MAP", error, "the kernel tells nothing of the map");
	}
	map = calloc(1, sizeof(*map));
	if (!map) {
		close(fd);
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for a map");
	}
	map->fd = fd;
	map->type = facts.type;
	map->key_size = facts.key_size;
	map->value_size = facts.value_size;
	map->max_entries = facts.max_entries;
	map->value_bytes = is_per_cpu(facts.type) ? (size_t)((facts.value_size + 7) & ~7u) * libbpf_num_possible_cpus() :
						    facts.value_size;
	map->can_be_mapped = facts.type == BPF_MAP_TYPE_ARRAY && facts.map_flags & BPF_F_MMAPABLE;
	return d4c_wrap(env, &map->handle, D4C_HANDLE_MAP, close_map);
}

/* openMap(path): a pinned one. */
static napi_value open_map(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char path[4096];
	int fd;

	if (!d4c_arguments(env, info, 1, &argument) || !d4c_get_text(env, argument, path, sizeof(path)))
		return NULL;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return d4c_throw(env, "D4C_PIN", fd, "there is no map at `%s`", path);
	return d4c_wrap_map(env, fd);
}

/* pinMap(map, path) */
static napi_value pin_map(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct d4c_map *map;
	char path[4096];
	int error;

	if (!d4c_arguments(env, info, 2, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !d4c_get_text(env, a[1], path, sizeof(path)))
		return NULL;
	error = bpf_obj_pin(map->fd, path);
	if (error)
		return d4c_throw(env, "D4C_PIN", error, "a map can't be pinned at `%s`", path);
	return d4c_undefined(env);
}

/* mapFacts(map): {keySize, valueSize, maxEntries, bytes} */
static napi_value map_facts(napi_env env, napi_callback_info info)
{
	napi_value argument, facts;
	struct d4c_map *map;

	if (!d4c_arguments(env, info, 1, &argument) || !(map = d4c_unwrap(env, argument, D4C_HANDLE_MAP)) ||
	    napi_create_object(env, &facts) != napi_ok)
		return NULL;
	d4c_set(env, facts, "keySize", d4c_number(env, map->key_size));
	d4c_set(env, facts, "valueSize", d4c_number(env, map->value_size));
	d4c_set(env, facts, "maxEntries", d4c_number(env, map->max_entries));
	return facts;
}

static bool get_key(napi_env env, struct d4c_map *map, napi_value value, const uint8_t **key)
{
	size_t size;

	if (!d4c_get_bytes(env, value, key, &size))
		return false;
	if (size == map->key_size)
		return true;
	d4c_throw(env, "D4C_ARGUMENT", 0, "a key of %u bytes is wanted, this one has %zu", map->key_size, size);
	return false;
}

/* mapGet(map, key): undefined if there is none. */
static napi_value map_get(napi_env env, napi_callback_info info)
{
	napi_value a[2], value;
	struct d4c_map *map;
	const uint8_t *key;
	uint8_t *bytes;
	int error;

	if (!d4c_arguments(env, info, 2, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !get_key(env, map, a[1], &key))
		return NULL;
	bytes = calloc(1, map->value_bytes);
	if (!bytes)
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for a value");
	error = bpf_map_lookup_elem(map->fd, key, bytes);
	value = error ? NULL : d4c_bytes(env, bytes, map->value_bytes);
	free(bytes);
	if (error && error != -ENOENT)
		return d4c_throw(env, "D4C_MAP", error, "a look-up failed");
	return error ? d4c_undefined(env) : value;
}

/* mapSet(map, key, value) */
static napi_value map_set(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct d4c_map *map;
	const uint8_t *key, *value;
	size_t size;
	int error;

	if (!d4c_arguments(env, info, 3, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !get_key(env, map, a[1], &key) || !d4c_get_bytes(env, a[2], &value, &size))
		return NULL;
	if (size != map->value_bytes)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "a value of %zu bytes is wanted", map->value_bytes);
	error = bpf_map_update_elem(map->fd, key, value, BPF_ANY);
	if (error)
		return d4c_throw(env, error == -E2BIG ? "D4C_FULL" : "D4C_MAP", error, "an entry can't be written");
	return d4c_undefined(env);
}

/* mapDelete(map, key): whether there was one. */
static napi_value map_delete(napi_env env, napi_callback_info info)
{
	napi_value a[2], result;
	struct d4c_map *map;
	const uint8_t *key;
	int error;

	if (!d4c_arguments(env, info, 2, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !get_key(env, map, a[1], &key))
		return NULL;
	error = bpf_map_delete_elem(map->fd, key);
	if (error && error != -ENOENT)
		return d4c_throw(env, "D4C_MAP", error, "an entry can't be deleted");
	return napi_get_boolean(env, error == 0, &result) == napi_ok ? result : NULL;
}

/* mapKeys(map). A key that goes meanwhile can make the kernel begin anew: then one comes twice. */
static napi_value map_keys(napi_env env, napi_callback_info info)
{
	napi_value argument, list;
	struct d4c_map *map;
	uint8_t key[64], next[64];
	uint32_t count = 0;

	if (!d4c_arguments(env, info, 1, &argument) || !(map = d4c_unwrap(env, argument, D4C_HANDLE_MAP)) ||
	    napi_create_array(env, &list) != napi_ok)
		return NULL;
	if (map->key_size > sizeof(key))
		return d4c_throw(env, "D4C_MAP", 0, "keys of %u bytes are too long", map->key_size);
	while (count <= 2 * map->max_entries && !bpf_map_get_next_key(map->fd, count ? key : NULL, next)) {
		napi_set_element(env, list, count++, d4c_bytes(env, next, map->key_size));
		memcpy(key, next, map->key_size);
	}
	return list;
}

/* A run of an array's elements, mapped for as long as it is copied: pages that stay mapped count as the
 * process's memory. */
struct window {
	uint8_t *pages, *at;
	size_t bytes;
};

/* Nothing, with an exception thrown, if there are no such elements. */
static bool open_window(napi_env env, struct d4c_map *map, uint32_t index, size_t size, int protection, struct window *window)
{
	size_t page = sysconf(_SC_PAGESIZE), start = (size_t)index * map->value_size, first = start / page * page;

	if (!map->can_be_mapped || size % map->value_size || start + size > (size_t)map->max_entries * map->value_size) {
		d4c_throw(env, "D4C_ARGUMENT", 0, "there are no %zu bytes at element %u", size, index);
		return false;
	}
	window->bytes = (start + size - first + page - 1) / page * page;
	if (!size)
		window->bytes = page;
	window->pages = mmap(NULL, window->bytes, protection, MAP_SHARED, map->fd, first);
	if (window->pages == MAP_FAILED) {
		d4c_throw(env, "D4C_MAP", errno, "an array can't be mapped");
		return false;
	}
	window->at = window->pages + (start - first);
	return true;
}

/* mapWrite(map, index, values): a run of elements of an array that can be mapped. */
static napi_value map_write(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct d4c_map *map;
	uint32_t index;
	const uint8_t *bytes;
	size_t size;
	struct window window;

	if (!d4c_arguments(env, info, 3, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !d4c_get_u32(env, a[1], &index) || !d4c_get_bytes(env, a[2], &bytes, &size) ||
	    !open_window(env, map, index, size, PROT_READ | PROT_WRITE, &window))
		return NULL;
	memcpy(window.at, bytes, size);
	munmap(window.pages, window.bytes);
	return d4c_undefined(env);
}

/* mapRead(map, index, count) */
static napi_value map_read(napi_env env, napi_callback_info info)
{
	napi_value a[3], result;
	struct d4c_map *map;
	uint32_t index, count;
	size_t size;
	struct window window;

	if (!d4c_arguments(env, info, 3, a) || !(map = d4c_unwrap(env, a[0], D4C_HANDLE_MAP)) ||
	    !d4c_get_u32(env, a[1], &index) || !d4c_get_u32(env, a[2], &count))
		return NULL;
	size = (size_t)count * map->value_size;
	if (!open_window(env, map, index, size, PROT_READ, &window))
		return NULL;
	result = d4c_bytes(env, window.at, size);
	munmap(window.pages, window.bytes);
	return result;
}

const struct d4c_export d4c_map_exports[] = {
	{"openMap", open_map},   {"pinMap", pin_map},       {"mapFacts", map_facts}, {"mapGet", map_get},
	{"mapSet", map_set},     {"mapDelete", map_delete}, {"mapKeys", map_keys},   {"mapWrite", map_write},
	{"mapRead", map_read},   {NULL, NULL},
};
