/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the overlay file system keeps with an inode tells whether a file is of the image. It is a module on most
 * kernels. */
static const char *const files[D4C_TYPES_SECTIONS] = {"/sys/kernel/btf/vmlinux", "/sys/kernel/btf/overlay"};

/* Bytes that follow a type; -1: a kind we don't know. */
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

/* All of a file whose size nobody knows; NULL with errno if it can't be read. */
static uint8_t *read_file(const char *path, size_t *size)
{
	size_t room = 8 << 20;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes = fd < 0 ? NULL : malloc(room), *larger;
	ssize_t got = -1;
	int error;

	*size = 0;
	while (bytes && (got = read(fd, bytes + *size, room - *size)) > 0) {
		*size += got;
		if (*size < room)
			continue;
		larger = realloc(bytes, room *= 2);
		if (!larger)
			break;
		bytes = larger;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	if (bytes && got == 0)
		return bytes;
	free(bytes);
	errno = error;
	return NULL;
}

/* Finds where each type is. A module's strings go on where the kernel's own end. */
static int index_types(struct d4c_types_section *section, size_t size, uint32_t strings_before)
{
	const struct btf_header *head = (const void *)section->bytes;
	const uint8_t *at, *end;
	uint32_t room = 0;

	if (size < sizeof(*head) || head->magic != BTF_MAGIC || (size_t)head->hdr_len + head->type_off + head->type_len > size ||
	    (size_t)head->hdr_len + head->str_off + head->str_len > size || !head->str_len || section->bytes[size - 1])
		return -EINVAL;
	at = section->bytes + head->hdr_len + head->type_off;
	end = at + head->type_len;
	section->strings = (const char *)section->bytes + head->hdr_len + head->str_off;
	section->strings_size = head->str_len;
	while (at + sizeof(struct btf_type) <= end) {
		const struct btf_type *type = (const void *)at;
		long more = bytes_after(type);

		if (more < 0 || type->name_off >= strings_before + head->str_len)
			return -ENOTSUP;
		if (section->count == room) {
			void *larger = realloc(section->types, (room = room ? 2 * room : 4096) * sizeof(*section->types));

			if (!larger)
				return -ENOMEM;
			section->types = larger;
		}
		section->types[section->count++] = type;
		at += sizeof(*type) + more;
	}
	return at == end ? 0 : -EINVAL;
}

static int open_types(struct d4c_types *types)
{
	uint32_t strings_before = 0;

	for (int i = 0; i < D4C_TYPES_SECTIONS; i++) {
		struct d4c_types_section *section = &types->section[i];
		size_t size;
		int error;

		section->bytes = read_file(files[i], &size);
		if (!section->bytes && i > 0 && errno == ENOENT)
			break; /* no such module, or none of its own */
		error = section->bytes ? index_types(section, size, strings_before) : -errno;
		if (error)
			return error;
		strings_before += section->strings_size;
	}
	return 0;
}

static struct d4c_types kernel_types;
static bool kernel_types_known;

void d4c_types_forget(void)
{
	for (int i = 0; i < D4C_TYPES_SECTIONS; i++) {
		free(kernel_types.section[i].types);
		free(kernel_types.section[i].bytes);
	}
	memset(&kernel_types, 0, sizeof(kernel_types));
	if (kernel_types_known)
		malloc_trim(0);
	kernel_types_known = false;
}

struct d4c_types *d4c_types_of_kernel(void)
{
	int error = kernel_types_known ? 0 : open_types(&kernel_types);

	kernel_types_known = true;
	if (!error)
		return &kernel_types;
	d4c_types_forget();
	errno = -error;
	return NULL;
}

static uint32_t count_types(const struct d4c_types *types)
{
	return types->section[0].count + types->section[1].count;
}

/* Ids count from 1; 0 is void. */
static const struct btf_type *type_of(const struct d4c_types *types, uint32_t id)
{
	uint32_t own = types->section[0].count;

	return id <= own ? types->section[0].types[id - 1] : types->section[1].types[id - 1 - own];
}

static const char *string_at(const struct d4c_types *types, uint32_t offset)
{
	uint32_t own = types->section[0].strings_size;

	return offset < own ? types->section[0].strings + offset : types->section[1].strings + (offset - own);
}

/* Names, hashed. */
#define NAME_SLOTS 1024

struct names {
	const char *slot[NAME_SLOTS];
	uint32_t count;
};

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash % NAME_SLOTS;
}

static const char **find_name(struct names *names, const char *name)
{
	uint32_t at = hash_name(name);

	while (names->slot[at] && strcmp(names->slot[at], name))
		at = (at + 1) % NAME_SLOTS;
	return &names->slot[at];
}

static int add_name(struct names *names, const char *name)
{
	const char **slot = find_name(names, name);

	if (*slot)
		return 0;
	if (names->count == NAME_SLOTS / 2)
		return -E2BIG;
	names->count++;
	*slot = name;
	return 0;
}

static bool is_function_or_typedef(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info) == BTF_KIND_FUNC || BTF_INFO_KIND(type->info) == BTF_KIND_TYPEDEF;
}

static bool is_structure(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT;
}

/* There is more than one. */
#define SEVERAL UINT32_MAX

/* `is_one`: of the kind that is wanted. Of several functions of one name the last one. */
static int find(const struct d4c_types *types, bool (*is_one)(const struct btf_type *), const char *const *wanted,
		uint32_t count, uint32_t *ids)
{
	struct names *names = calloc(1, sizeof(*names));
	int error = names ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < count && !error; i++) {
		ids[i] = 0;
		error = add_name(names, wanted[i]);
	}
	for (uint32_t id = 1; id <= types->section[0].count && !error; id++) {
		const struct btf_type *type = type_of(types, id);
		const char *name;

		if (!is_one(type) || !(name = *find_name(names, string_at(types, type->name_off))))
			continue;
		for (uint32_t i = 0; i < count; i++)
			if (!strcmp(wanted[i], name))
				ids[i] = ids[i] && is_one == is_structure ? SEVERAL : id;
	}
	free(names);
	return error;
}

int d4c_types_find(const struct d4c_types *types, const char *const *wanted, uint32_t count, uint32_t *ids)
{
	return find(types, is_function_or_typedef, wanted, count, ids);
}

int d4c_types_find_structures(const struct d4c_types *types, const char *const *wanted, uint32_t count, uint32_t *ids)
{
	int error = find(types, is_structure, wanted, count, ids);

	for (uint32_t i = 0; i < count && !error; i++)
		if (ids[i] == SEVERAL)
			ids[i] = 0;
	return error;
}

/* What programs are fitted to: fields, and values of enumerations. */
static bool is_fitted_to(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return true;
	default:
		return false;
	}
}

static int collect_names(struct names *names, const struct btf *local)
{
	for (uint32_t id = 1; id < btf__type_cnt(local); id++) {
		const struct btf_type *type = btf__type_by_id(local, id);
		const char *name = btf__name_by_offset(local, type->name_off);

		int error = is_fitted_to(type) && *name ? add_name(names, name) : 0;

		if (error)
			return error;
	}
	return 0;
}

/* An excerpt that is being made. */
struct excerpt {
	const struct d4c_types *types;
	uint32_t *number; /* of each type in the excerpt; 0: it is not in it */
	uint32_t *order;  /* the types that are in it */
	uint32_t count;
	uint8_t *out, *strings;
	size_t out_size, out_room, strings_size, strings_room;
	bool failed; /* no memory */
};

static uint32_t number_of(struct excerpt *excerpt, uint32_t id)
{
	if (id && !excerpt->number[id]) {
		excerpt->order[excerpt->count++] = id;
		excerpt->number[id] = excerpt->count;
	}
	return excerpt->number[id];
}

/* Appends; NULL when there is no memory. */
static void *append(struct excerpt *excerpt, uint8_t **to, size_t *size, size_t *room, const void *from, size_t bytes)
{
	if (*size + bytes > *room) {
		size_t wanted = 2 * (*room + bytes);
		void *larger = realloc(*to, wanted);

		if (!larger) {
			excerpt->failed = true;
			return NULL;
		}
		*to = larger;
		*room = wanted;
	}
	memcpy(*to + *size, from, bytes);
	*size += bytes;
	return *to + *size - bytes;
}

static uint32_t copy_string(struct excerpt *excerpt, uint32_t offset)
{
	const char *text = string_at(excerpt->types, offset);
	uint32_t at = excerpt->strings_size;

	if (!*text)
		return 0;
	append(excerpt, &excerpt->strings, &excerpt->strings_size, &excerpt->strings_room, text, strlen(text) + 1);
	return at;
}

/* Ids and names of what follows a type. */
static void translate_rest(struct excerpt *excerpt, struct btf_type *type)
{
	struct btf_member *member = (void *)(type + 1);
	struct btf_array *array = (void *)(type + 1);
	struct btf_enum *value = (void *)(type + 1);
	struct btf_enum64 *large = (void *)(type + 1);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			member[i].name_off = copy_string(excerpt, member[i].name_off);
			member[i].type = number_of(excerpt, member[i].type);
			break;
		case BTF_KIND_ENUM:
			value[i].name_off = copy_string(excerpt, value[i].name_off);
			break;
		case BTF_KIND_ENUM64:
			large[i].name_off = copy_string(excerpt, large[i].name_off);
			break;
		}
	}
	if (BTF_INFO_KIND(type->info) == BTF_KIND_ARRAY) {
		array->type = number_of(excerpt, array->type);
		array->index_type = number_of(excerpt, array->index_type);
	}
}

static void copy_type(struct excerpt *excerpt, const struct btf_type *from)
{
	struct btf_type *type = append(excerpt, &excerpt->out, &excerpt->out_size, &excerpt->out_room, from,
				       sizeof(*from) + bytes_after(from));

	if (!type)
		return;
	type->name_off = copy_string(excerpt, type->name_off);
	translate_rest(excerpt, type);
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		type->type = 0;
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		type->type = number_of(excerpt, type->type);
		break;
	}
}

static void copy_types(struct excerpt *excerpt, struct names *names)
{
	struct btf_header head = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(head)};

	append(excerpt, &excerpt->out, &excerpt->out_size, &excerpt->out_room, &head, sizeof(head));
	append(excerpt, &excerpt->strings, &excerpt->strings_size, &excerpt->strings_room, "", 1);
	for (uint32_t id = 1; id <= count_types(excerpt->types); id++) {
		const struct btf_type *type = type_of(excerpt->types, id);

		if (is_fitted_to(type) && *find_name(names, string_at(excerpt->types, type->name_off)))
			number_of(excerpt, id);
	}
	/* What they are made of comes behind them, and is copied in its turn. */
	for (uint32_t i = 0; i < excerpt->count && !excerpt->failed; i++)
		copy_type(excerpt, type_of(excerpt->types, excerpt->order[i]));
	if (excerpt->failed)
		return;
	head.type_len = head.str_off = excerpt->out_size - sizeof(head);
	head.str_len = excerpt->strings_size;
	memcpy(excerpt->out, &head, sizeof(head));
	append(excerpt, &excerpt->out, &excerpt->out_size, &excerpt->out_room, excerpt->strings, excerpt->strings_size);
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = write(fd, bytes + done, size - done);

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += got;
	}
	return 0;
}

int d4c_types_excerpt(const struct d4c_types *types, const struct btf *local, int fd)
{
	size_t ids = count_types(types) + 1;
	struct excerpt excerpt = {.types = types, .number = calloc(ids, sizeof(uint32_t)), .order = calloc(ids, sizeof(uint32_t))};
	struct names *names = calloc(1, sizeof(*names));
	int result = names && excerpt.number && excerpt.order ? collect_names(names, local) : -ENOMEM;

	if (!result)
		copy_types(&excerpt, names);
	if (!result)
		result = excerpt.failed ? -ENOMEM : write_all(fd, excerpt.out, excerpt.out_size);
	free(names);
	free(excerpt.number);
	free(excerpt.order);
	free(excerpt.out);
	free(excerpt.strings);
	return result;
}
