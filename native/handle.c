/* SPDX-License-Identifier: Apache-2.0 */
#include "d4c_native.h"
#include <stdlib.h>

static void close_handle(struct d4c_handle *handle)
{
	if (!handle->open)
		return;
	handle->open = false;
	handle->close(handle);
}

static void finalize(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	close_handle(data);
	free(data);
}

/* Takes the handle over, in any case: closed and freed if JavaScript cannot have it. */
napi_value d4c_wrap(napi_env env, struct d4c_handle *handle, uint32_t kind, void (*close)(struct d4c_handle *))
{
	napi_value value;

	handle->kind = kind;
	handle->open = true;
	handle->close = close;
	if (napi_create_external(env, handle, finalize, NULL, &value) == napi_ok)
		return value;
	finalize(env, handle, NULL);
	return d4c_throw(env, "D4C_MEMORY", 0, "no room for a handle");
}

void *d4c_unwrap(napi_env env, napi_value value, uint32_t kind)
{
	struct d4c_handle *handle = NULL;

	if (napi_get_value_external(env, value, (void **)&handle) != napi_ok || !handle || handle->kind != kind) {
		d4c_throw(env, "D4C_ARGUMENT", 0, "not a handle of the kind that is wanted here");
		return NULL;
	}
	if (!handle->open) {
		d4c_throw(env, "D4C_CLOSED", 0, "the handle is closed");
		return NULL;
	}
	return handle;
}

/* close(handle): of a closed one, nothing. */
napi_value d4c_close(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct d4c_handle *handle = NULL;

	if (!d4c_arguments(env, info, 1, &argument))
		return NULL;
	if (napi_get_value_external(env, argument, (void **)&handle) != napi_ok || !handle)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "not a handle");
	close_handle(handle);
	return d4c_undefined(env);
}
