/* SPDX-License-Identifier: Apache-2.0 */
/* Errors for JavaScript, and what libbpf says, which is kept to go with them. */
#define _GNU_SOURCE /* vasprintf */
#include "d4c_native.h"
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The verifier says what it refuses in its last lines. */
#define LOG_TAIL_BYTES 8192

/* Objects are loaded in threads. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_tail[LOG_TAIL_BYTES + 1];
static size_t log_used;

static void keep(const char *text, size_t size)
{
	pthread_mutex_lock(&log_lock);
	if (size >= LOG_TAIL_BYTES) {
		text += size - LOG_TAIL_BYTES;
		size = LOG_TAIL_BYTES;
	}
	if (log_used + size > LOG_TAIL_BYTES) {
		size_t gone = log_used + size - LOG_TAIL_BYTES;

		memmove(log_tail, log_tail + gone, log_used - gone);
		log_used -= gone;
	}
	memcpy(log_tail + log_used, text, size);
	log_used += size;
	log_tail[log_used] = 0;
	pthread_mutex_unlock(&log_lock);
}

static int on_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list again;
	char line[512], *text = line;
	int size;

	if (level == LIBBPF_DEBUG)
		return 0;
	va_copy(again, arguments);
	size = vsnprintf(line, sizeof(line), format, arguments);
	/* The verifier's log comes as one message of up to megabytes. */
	if (size >= (int)sizeof(line) && vasprintf(&text, format, again) < 0)
		text = line;
	va_end(again);
	if (size > 0)
		keep(text, strlen(text));
	if (text != line)
		__builtin_free(text);
	return 0;
}

void d4c_watch_libbpf(void)
{
	libbpf_set_print(on_message);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
}

void d4c_log_start(void)
{
	pthread_mutex_lock(&log_lock);
	log_used = 0;
	log_tail[0] = 0;
	pthread_mutex_unlock(&log_lock);
}

napi_value d4c_throw(napi_env env, const char *code, int error, const char *format, ...)
{
	napi_value message, name, value;
	char text[1024];
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	used = strlen(text);
	if (error)
		snprintf(text + used, sizeof(text) - used, ": %s", strerror(error < 0 ? -error : error));
	if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) != napi_ok ||
	    napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_error(env, name, message, &value) != napi_ok)
		return NULL;
	if (error)
		d4c_set(env, value, "errno", d4c_number(env, error < 0 ? -error : error));
	if (log_used)
		d4c_set(env, value, "log", d4c_text(env, log_tail));
	d4c_log_start();
	napi_throw(env, value);
	return NULL;
}
