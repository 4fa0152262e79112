/* SPDX-License-Identifier: Apache-2.0 */
/* native: libbpf for Node. It owns every BPF object, map, link and ring that it hands out; each is a handle
 * with an explicit close and a finalizer that does the same. It knows no policy and no table. */
#ifndef D4C_NATIVE_H
#define D4C_NATIVE_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { D4C_HANDLE_OBJECT = 0xd4c0b, D4C_HANDLE_MAP, D4C_HANDLE_LINK, D4C_HANDLE_RING, D4C_HANDLE_LOCK };

/* First member of every handle. A closed one stays as a shell until it is collected. */
struct d4c_handle {
	uint32_t kind;
	bool open;
	void (*close)(struct d4c_handle *handle);
};

struct d4c_map {
	struct d4c_handle handle;
	int fd;
	uint32_t type, key_size, value_size, max_entries;
	size_t value_bytes; /* of all CPUs, for a per-CPU map */
	bool can_be_mapped; /* an array whose values can be */
};

/* handle.c */
napi_value d4c_wrap(napi_env env, struct d4c_handle *handle, uint32_t kind, void (*close)(struct d4c_handle *));
void *d4c_unwrap(napi_env env, napi_value value, uint32_t kind);
napi_value d4c_close(napi_env env, napi_callback_info info);

/* values.c: arguments and results. The getters throw and return false. */
#define D4C_ARGUMENTS_MAX 4
bool d4c_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool d4c_get_text(napi_env env, napi_value value, char *out, size_t size);
bool d4c_get_bytes(napi_env env, napi_value value, const uint8_t **bytes, size_t *size);
bool d4c_get_u32(napi_env env, napi_value value, uint32_t *out);
bool d4c_get_u64(napi_env env, napi_value value, uint64_t *out);
napi_value d4c_bytes(napi_env env, const void *bytes, size_t size);
napi_value d4c_new_bytes(napi_env env, size_t size, void **data);
napi_value d4c_number(napi_env env, double value);
napi_value d4c_text(napi_env env, const char *text);
napi_value d4c_undefined(napi_env env);
void d4c_set(napi_env env, napi_value object, const char *name, napi_value value);

/* errors.c: an Error with `code` D4C_…, `errno` and, of a refused program, `log`. Return NULL. */
napi_value d4c_throw(napi_env env, const char *code, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void d4c_log_start(void);
void d4c_watch_libbpf(void);

/* object.c */
struct bpf_program;
struct bpf_program *d4c_find_program(napi_env env, napi_value handle, napi_value name);
struct d4c_parts;
const struct d4c_parts *d4c_parts_of(napi_env env, napi_value handle);

/* maps.c */
napi_value d4c_wrap_map(napi_env env, int fd);

/* Each file's functions for JavaScript. */
struct d4c_export {
	const char *name;
	napi_callback call;
};
extern const struct d4c_export d4c_object_exports[];
extern const struct d4c_export d4c_map_exports[];
extern const struct d4c_export d4c_link_exports[];
extern const struct d4c_export d4c_ring_exports[];
extern const struct d4c_export d4c_host_exports[];

#endif
