/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF object for JavaScript: opened, changed, loaded (parts.c); its programs and maps. */
#include "d4c_native.h"
#include "parts.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct object {
	struct d4c_handle handle;
	struct d4c_parts parts;
};

static void close_object(struct d4c_handle *handle)
{
	d4c_parts_close(&((struct object *)handle)->parts);
}

static struct bpf_map *find_map(napi_env env, struct object *object, napi_value name)
{
	char text[64];
	struct bpf_map *map;

	if (!d4c_get_text(env, name, text, sizeof(text)))
		return NULL;
	map = bpf_object__find_map_by_name(object->parts.part[D4C_PART_MAPS], text);
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
	program = d4c_parts_program(&object->parts, text);
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
	int error;

	if (!d4c_arguments(env, info, 1, &argument) || !d4c_get_text(env, argument, path, sizeof(path)))
		return NULL;
	d4c_log_start();
	object = calloc(1, sizeof(*object));
	if (!object)
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for an object");
	error = d4c_parts_open(&object->parts, path);
	if (error) {
		free(object);
		return d4c_throw(env, "D4C_OBJECT", error, "`%s` can't be opened as a BPF object", path);
	}
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

/* Writes a constant into one part's read-only data. */
static bool write_constant(struct bpf_object *part, const char *name, uint32_t number)
{
	const struct btf_var_secinfo *place = find_variable(bpf_object__btf(part), name);
	struct bpf_map *map = bpf_object__find_map_by_name(part, ".rodata");
	size_t size;
	uint8_t *values = map ? (uint8_t *)bpf_map__initial_value(map, &size) : NULL;

	if (!place || !values || place->size != sizeof(number) || place->offset + sizeof(number) > size)
		return false;
	memcpy(values + place->offset, &number, sizeof(number));
	return true;
}

/* setConstant(object, name, number): a `const volatile __u32` of the programs; before load. */
static napi_value set_constant(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	char name[64];
	uint32_t number;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !d4c_get_text(env, a[1], name, sizeof(name)) || !d4c_get_u32(env, a[2], &number))
		return NULL;
	for (int i = 0; i < D4C_PARTS; i++)
		if (!write_constant(object->parts.part[i], name, number))
			return d4c_throw(env, "D4C_OBJECT", 0, "the object has no constant `%s` of 32 bits", name);
	return d4c_undefined(env);
}

/* setAutoload(object, program, flag) */
static napi_value set_autoload(napi_env env, napi_callback_info info)
{
	napi_value a[3];
	struct object *object;
	char name[64];
	bool load;

	if (!d4c_arguments(env, info, 3, a) || !(object = d4c_unwrap(env, a[0], D4C_HANDLE_OBJECT)) ||
	    !d4c_get_text(env, a[1], name, sizeof(name)) || napi_get_value_bool(env, a[2], &load) != napi_ok)
		return NULL;
	struct bpf_program *program = d4c_parts_program(&object->parts, name);
	int error = program ? bpf_program__set_autoload(program, load) : -ENOENT;

	if (error)
		return d4c_throw(env, "D4C_PROGRAM", error, "program `%s`", name);
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
	error = d4c_parts_start(&object->parts);
	if (error)
		return d4c_throw(env, "D4C_LOAD", error, "no thread to load the programs");
	return d4c_undefined(env);
}

/* loadObject(object): waits until it is loaded. */
static napi_value load_object(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct object *object;
	int error;

	if (!d4c_arguments(env, info, 1, &argument) || !(object = d4c_unwrap(env, argument, D4C_HANDLE_OBJECT)))
		return NULL;
	error = d4c_parts_wait(&object->parts);
	if (error)
		return d4c_throw(env, "D4C_LOAD", error, "the kernel does not take the programs");
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
	bpf_object__for_each_program(program, object->parts.part[D4C_PART_HOOKS]) {
		const char *name = bpf_program__name(program);
		napi_value entry;

		if (napi_create_object(env, &entry) != napi_ok)
			return NULL;
		d4c_set(env, entry, "name", d4c_text(env, name));
		d4c_set(env, entry, "section", d4c_text(env, bpf_program__section_name(program)));
		d4c_set(env, entry, "verified", d4c_number(env, verified_instructions(d4c_parts_program(&object->parts, name))));
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
	bpf_object__for_each_map(map, object->parts.part[D4C_PART_MAPS])
		if (!bpf_map__is_internal(map))
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

const struct d4c_parts *d4c_parts_of(napi_env env, napi_value handle)
{
	struct object *object = d4c_unwrap(env, handle, D4C_HANDLE_OBJECT);

	return object ? &object->parts : NULL;
}
