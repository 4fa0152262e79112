/* SPDX-License-Identifier: Apache-2.0 */
#include "d4c_native.h"

bool d4c_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
	size_t given = count;

	if (napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given >= count)
		return true;
	d4c_throw(env, "D4C_ARGUMENT", 0, "%zu arguments are wanted, %zu were given", count, given);
	return false;
}

bool d4c_get_text(napi_env env, napi_value value, char *out, size_t size)
{
	size_t length = 0;

	if (napi_get_value_string_utf8(env, value, out, size, &length) == napi_ok && length + 1 < size)
		return true;
	d4c_throw(env, "D4C_ARGUMENT", 0, "a text of less than %zu bytes is wanted", size - 1);
	return false;
}

bool d4c_get_bytes(napi_env env, napi_value value, const uint8_t **bytes, size_t *size)
{
	napi_typedarray_type type;
	void *data = NULL;

	if (napi_get_typedarray_info(env, value, &type, size, &data, NULL, NULL) == napi_ok && type == napi_uint8_array) {
		*bytes = data;
		return true;
	}
	d4c_throw(env, "D4C_ARGUMENT", 0, "a Uint8Array is wanted");
	return false;
}

bool d4c_get_u32(napi_env env, napi_value value, uint32_t *out)
{
	double number;

	if (napi_get_value_double(env, value, &number) == napi_ok && number >= 0 && number <= UINT32_MAX &&
	    number == (uint32_t)number) {
		*out = (uint32_t)number;
		return true;
	}
	d4c_throw(env, "D4C_ARGUMENT", 0, "a whole number from 0 to 4294967295 is wanted");
	return false;
}

bool d4c_get_u64(napi_env env, napi_value value, uint64_t *out)
{
	bool exact = false;

	if (napi_get_value_bigint_uint64(env, value, out, &exact) == napi_ok && exact)
		return true;
	d4c_throw(env, "D4C_ARGUMENT", 0, "a bigint of 64 bits is wanted");
	return false;
}

/* Bytes to be filled. */
napi_value d4c_new_bytes(napi_env env, size_t size, void **data)
{
	napi_value buffer, array;

	if (napi_create_arraybuffer(env, size, data, &buffer) != napi_ok)
		return NULL;
	return napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &array) == napi_ok ? array : NULL;
}

/* A copy. */
napi_value d4c_bytes(napi_env env, const void *bytes, size_t size)
{
	void *data;
	napi_value array = d4c_new_bytes(env, size, &data);

	if (array && size)
		__builtin_memcpy(data, bytes, size);
	return array;
}

napi_value d4c_number(napi_env env, double value)
{
	napi_value number;

	return napi_create_double(env, value, &number) == napi_ok ? number : NULL;
}

napi_value d4c_text(napi_env env, const char *text)
{
	napi_value value;

	return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok ? value : NULL;
}

napi_value d4c_undefined(napi_env env)
{
	napi_value value;

	return napi_get_undefined(env, &value) == napi_ok ? value : NULL;
}

void d4c_set(napi_env env, napi_value object, const char *name, napi_value value)
{
	if (value)
		napi_set_named_property(env, object, name, value);
}
