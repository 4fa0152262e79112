/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF object: opened, changed, loaded; its programs and maps. */
#include "d4c_native.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Loading takes the verifier seconds on a slow machine: a thread does it, and whoever wants the object waits. */
struct object {
	struct d4c_handle handle;
	struct bpf_object *bpf;
	pthread_t loader;
	bool loading;
	int error; /* of the load, once the loader is joined */
};

static void *load_in_thread(void *argument)
{
	struct object *object = argument;

	object->error = bpf_object__load(object->bpf);
	return NULL;
}

/* The verifier gives up when a signal is pending: the loader's thread takes none. */
static int start_loader(struct object *object)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&object->loader, NULL, load_in_thread, object);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	object->loading = !error;
	return error;
}

static void join_loader(struct object *object)
{
	if (!object->loading)
		return;
	pthread_join(object->loader, NULL);
	object->loading = false;
}

static void close_object(struct d4c_handle *handle)
{
	struct object *object = (struct object *)handle;

	join_loader(object);
	bpf_object__close(object->bpf);
}

static struct bpf_map *find_map(napi_env env, struct object *object, napi_value name)
{
	char text[64];
	struct bpf_map *map;

	if (!d4c_get_text(env, name, text, sizeof(text)))
		return NULL;
	map = bpf_object__find_map_by_name(object->bpf, text);
	if (!map)
		d4c_throw(env, "D4C_MAP", 0, "the object has no map `%s`", text);
	return map;
}

static struct bpf_program *find_program(napi_env env, struct object *object, napi_value name)
{
	char text[64];
	struct bpf_program *program;

	if (!d4c_get_text(env, name, text, sizeof(text)))
		return NULL;
	program = bpf_object__find_program_by_name(object->bpf, text);
	if (!program)
		d4c_throw(env, "D4C_PROGRAM", 0, "the object has no program `%s`", text);
	return program;
}

/* openObject(path) */
static napi_value open_object(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char path[4096];
	struct object *object;
	struct bpf_object *bpf;

	if (!d4c_arguments(env, info, 1, &argument) || !d4c_get_text(env, argument, path, sizeof(path)))
		return NULL;
	d4c_log_start();
	bpf = bpf_object__open(path);
	if (!bpf)
		return d4c_throw(env, "D4C_OBJECT", errno, "`%s` can't be opened as a BPF object", path);
	object = calloc(1, sizeof(*object));
	if (!object) {
		bpf_object__close(bpf);
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for an object");
	}
	object->bpf = bpf;
	return d4c_wrap(env, &object->handle, D4C_HANDLE_OBJECT, close_object);
}

/* setMaxEntries(object, map, entries): before load. */
static napi_value set_max_entries(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	struct bpf_map *map;
	uint32_t entries;
	int error;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !(map = find_map(env, object, a[1])) || !d4c_get_u32(env, a[2], &entries))
		return NULL;
	error = bpf_map__set_max_entries(map, entries);
	if (error)
		return d4c_throw(env, "D4C_MAP", error, "the size of map `%s` can't be set", bpf_map__name(map));
	return d4c_undefined(env);
}

/* reuseMap(object, map, handle): the object is loaded with a map that exists. */
static napi_value reuse_map(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	struct bpf_map *map;
	struct d4c_map *with;
	int error;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !(map = find_map(env, object, a[1])) || !(with = d4c_unwrap(env, a[2], D4C_HANDLE_MAP)))
		return NULL;
	error = bpf_map__reuse_fd(map, with->fd);
	if (error)
		return d4c_throw(env, "D4C_MAP", error, "map `%s` can't be reused", bpf_map__name(map));
	return d4c_undefined(env);
}

/* Place of a variable among the read-only ones. */
static const struct btf_var_secinfo *find_variable(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section;
	const struct btf_var_secinfo *variables;

	if (id < 0)
		return NULL;
	section = btf__type_by_id(btf, id);
	variables = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *variable = btf__type_by_id(btf, variables[i].type);

		if (!strcmp(btf__name_by_offset(btf, variable->name_off), name))
			return &variables[i];
	}
	return NULL;
}

/* setConstant(object, name, number): a `const volatile __u32` of the programs; before load. */
static napi_value set_constant(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	char name[64];
	uint32_t number;
	const struct btf_var_secinfo *place;
	struct bpf_map *map;
	uint8_t *values;
	size_t size;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !d4c_get_text(env, a[1], name, sizeof(name)) || !d4c_get_u32(env, a[2], &number))
		return NULL;
	place = find_variable(bpf_object__btf(object->bpf), name);
	map = bpf_object__find_map_by_name(object->bpf, ".rodata");
	values = map ? (uint8_t *)bpf_map__initial_value(map, &size) : NULL;
	if (!place || !values || place->size != sizeof(number) || place->offset + sizeof(number) > size)
		return d4c_throw(env, "D4C_OBJECT", 0, "the object has no constant `%s` of 32 bits", name);
	memcpy(values + place->offset, &number, sizeof(number));
	return d4c_undefined(env);
}

/* setAutoload(object, program, flag) */
static napi_value set_autoload(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	struct bpf_program *program;
	bool load;
	int error;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !(program = find_program(env, object, a[1])) || napi_get_value_bool(env, a[2], &load) != napi_ok)
		return NULL;
	error = bpf_program__set_autoload(program, load);
	if (error)
		return d4c_throw(env, "D4C_PROGRAM", error, "program `%s`", bpf_program__name(program));
	return d4c_undefined(env);
}

/* startLoad(object): comes back at once. Until loadObject nothing else may be asked of the object. */
static napi_value start_load(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct object *object;
	int error;

	if (!d4c_arguments(env, info, 1, &argument) || !(object = d4c_unwrap(env, argument, D4C_HANDLE_OBJECT)))
		return NULL;
	d4c_log_start();
	error = object->loading ? EBUSY : start_loader(object);
	if (error)
		return d4c_throw(env, "D4C_LOAD", error, "no thread to load the programs");
	return d4c_undefined(env);
}

/* loadObject(object): waits until it is loaded. */
static napi_value load_object(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct object *object;
	int error = 0;

	if (!d4c_arguments(env, info, 1, &argument) || !(object = d4c_unwrap(env, argument, D4C_HANDLE_OBJECT)))
		return NULL;
	if (!object->loading) {
		d4c_log_start();
		error = start_loader(object);
	}
	join_loader(object);
	if (error || object->error)
		return d4c_throw(env, "D4C_LOAD", error ? error : object->error, "the kernel does not take the programs");
	d4c_log_start();
	return d4c_undefined(env);
}

/* What the verifier went through for a loaded program; 0: not loaded, or the kernel does not tell. */
static uint32_t verified_instructions(struct bpf_program *program)
{
	struct bpf_prog_info facts = {0};
	uint32_t size = sizeof(facts);
	int fd = bpf_program__fd(program);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &facts, &size))
		return 0;
	return facts.verified_insns;
}

/* programs(object): [{name, section, verified}] */
static napi_value programs(napi_env env, napi_callback_info info)
{
	napi_value argument, list;
	struct object *object;
	struct bpf_program *program;
	uint32_t index = 0;

	if (!d4c_arguments(env, info, 1, &argument) || !(object = d4c_unwrap(env, argument, D4C_HANDLE_OBJECT)) ||
	    napi_create_array(env, &list) != napi_ok)
		return NULL;
	bpf_object__for_each_program(program, object->bpf) {
		napi_value entry;

		if (napi_create_object(env, &entry) != napi_ok)
			return NULL;
		d4c_set(env, entry, "name", d4c_text(env, bpf_program__name(program)));
		d4c_set(env, entry, "section", d4c_text(env, bpf_program__section_name(program)));
		d4c_set(env, entry, "verified", d4c_number(env, verified_instructions(program)));
		napi_set_element(env, list, index++, entry);
	}
	return list;
}

/* maps(object): their names. */
static napi_value maps(napi_env env, napi_callback_info info)
{
	napi_value argument, list;
	struct object *object;
	struct bpf_map *map;
	uint32_t index = 0;

	if (!d4c_arguments(env, info, 1, &argument) || !(object = d4c_unwrap(env, argument, D4C_HANDLE_OBJECT)) ||
	    napi_create_array(env, &list) != napi_ok)
		return NULL;
	bpf_object__for_each_map(map, object->bpf)
		if (bpf_map__type(map) != BPF_MAP_TYPE_UNSPEC && bpf_map__name(map)[0] != '.')
			napi_set_element(env, list, index++, d4c_text(env, bpf_map__name(map)));
	return list;
}

/* mapOf(object, name): a handle of its own, which outlives the object. After load. */
static napi_value map_of(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct object *object;
	struct bpf_map *map;
	int fd;

	if (!d4c_arguments(env, info, 2, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !(map = find_map(env, object, a[1])))
		return NULL;
	fd = bpf_map__fd(map) < 0 ? -1 : dup(bpf_map__fd(map));
	if (fd < 0)
		return d4c_throw(env, "D4C_MAP", errno, "map `%s` is not loaded", bpf_map__name(map));
	return d4c_wrap_map(env, fd);
}

/* runProgram(object, name): in the caller's context; its result. */
static napi_value run_program(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct object *object;
	struct bpf_program *program;
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int error;

	if (!d4c_arguments(env, info, 2, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !(program = find_program(env, object, a[1])))
		return NULL;
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (error)
		return d4c_throw(env, "D4C_PROGRAM", error, "program `%s` can't be run", bpf_program__name(program));
	return d4c_number(env, options.retval);
}

const struct d4c_export d4c_object_exports[] = {
	{"openObject", open_object},   {"setMaxEntries", set_max_entries}, {"reuseMap", reuse_map},
	{"setConstant", set_constant}, {"setAutoload", set_autoload},      {"loadObject", load_object},
	{"startLoad", start_load},
	{"programs", programs},        {"maps", maps},                     {"mapOf", map_of},
	{"runProgram", run_program},   {NULL, NULL},
};

struct bpf_program *d4c_find_program(napi_env env, napi_value handle, napi_value name)
{
	struct object *object = d4c_unwrap(env, handle, D4C_HANDLE_OBJECT);

	return object ? find_program(env, object, name) : NULL;
}
