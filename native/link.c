/* SPDX-License-Identifier: Apache-2.0 */
/* Links: programs attached to their hooks, pinned so that they outlive the agent. */
#include "attach.h"
#include "d4c_native.h"
#include "parts.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct link {
	struct d4c_handle handle;
	struct bpf_link *bpf;
};

/* Without a pin the program is detached by this, before it returns. */
static void close_link(struct d4c_handle *handle)
{
	bpf_link__destroy(((struct link *)handle)->bpf);
}

static napi_value wrap_link(napi_env env, struct bpf_link *bpf)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link) {
		bpf_link__destroy(bpf);
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for a link");
	}
	link->bpf = bpf;
	return d4c_wrap(env, &link->handle, D4C_HANDLE_LINK, close_link);
}

/* attach(object, program) */
static napi_value attach(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct bpf_program *program;
	struct bpf_link *bpf;

	if (!d4c_arguments(env, info, 2, a) || !(program = d4c_find_program(env, a[0], a[1])))
		return NULL;
	d4c_log_start();
	bpf = d4c_attach(program);
	if (!bpf)
		return d4c_throw(env, "D4C_ATTACH", errno, "program `%s` can't be attached", bpf_program__name(program));
	return wrap_link(env, bpf);
}

/* attachCore(object, program): before the program is attached, and kept for as long as it is. */
static napi_value attach_core(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct bpf_program *program;
	const struct d4c_parts *parts;
	struct bpf_link *bpf;

	if (!d4c_arguments(env, info, 2, a) || !(program = d4c_find_program(env, a[0], a[1])) ||
	    !(parts = d4c_parts_of(env, a[0])))
		return NULL;
	d4c_log_start();
	bpf = d4c_parts_attach_core(parts, program);
	if (!bpf)
		return d4c_throw(env, "D4C_ATTACH", errno, "program `%s` can't be given its core", bpf_program__name(program));
	return wrap_link(env, bpf);
}

/* pinLink(link, path) */
static napi_value pin_link(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct link *link;
	char path[4096];
	int error;

	if (!d4c_arguments(env, info, 2, a) || !(link = d4c_unwrap(env, a[0], D4C_HANDLE_LINK)) ||
	    !d4c_get_text(env, a[1], path, sizeof(path)))
		return NULL;
	/* Not by libbpf's own, which refuses a link that it knows as pinned: its pin may have been taken out. */
	error = bpf_obj_pin(bpf_link__fd(link->bpf), path);
	if (error)
		return d4c_throw(env, "D4C_PIN", error, "a link can't be pinned at `%s`", path);
	return d4c_undefined(env);
}

/* openLink(path) */
static napi_value open_link(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char path[4096];
	struct bpf_link *bpf;

	if (!d4c_arguments(env, info, 1, &argument) || !d4c_get_text(env, argument, path, sizeof(path)))
		return NULL;
	bpf = bpf_link__open(path);
	if (!bpf)
		return d4c_throw(env, "D4C_PIN", errno, "there is no link at `%s`", path);
	return wrap_link(env, bpf);
}

/* iterate(link): runs an iterator to its end; the bytes that it wrote. */
static napi_value iterate(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct link *link;
	char bytes[4096];
	double total = 0;
	ssize_t got;
	int fd, error;

	if (!d4c_arguments(env, info, 1, &argument) || !(link = d4c_unwrap(env, argument, D4C_HANDLE_LINK)))
		return NULL;
	fd = bpf_iter_create(bpf_link__fd(link->bpf));
	if (fd < 0)
		return d4c_throw(env, "D4C_ITERATOR", fd, "the iterator can't be run");
	while ((got = read(fd, bytes, sizeof(bytes))) > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)))
		total += got > 0 ? got : 0;
	error = got < 0 ? errno : 0;
	close(fd);
	return error ? d4c_throw(env, "D4C_ITERATOR", error, "the iterator stopped") : d4c_number(env, total);
}

const struct d4c_export d4c_link_exports[] = {
	{"attach", attach},     {"attachCore", attach_core}, {"pinLink", pin_link},
	{"openLink", open_link}, {"iterate", iterate},        {NULL, NULL},
};
