/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of a ring buffer. Unlike libbpf's it reads ahead and moves the kernel's consumer position only when
 * told that what was read is safe: what is not, the next reader finds again. There must be one reader. */
#include "d4c_native.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

struct watch {
	uv_poll_t poll; /* first: its memory is the loop's until the close has come */
	napi_env env;
	napi_ref callback;
	napi_async_context context;
};

struct ring {
	struct d4c_handle handle;
	int fd;
	int epoll; /* the map polls as readable while anything is not acknowledged: edges alone are wanted */
	size_t page, size;
	_Atomic uint64_t *consumer; /* acknowledged */
	_Atomic uint64_t *producer;
	/* Once, although the kernel offers it twice in a row: what is mapped counts as the process's memory. */
	uint8_t *data;
	uint64_t cursor; /* handed out */
	struct watch *watch;
};

static void free_watch(uv_handle_t *handle)
{
	free(handle);
}

static void stop_watch(struct ring *ring)
{
	struct watch *watch = ring->watch;

	if (!watch)
		return;
	ring->watch = NULL;
	uv_poll_stop(&watch->poll);
	napi_delete_reference(watch->env, watch->callback);
	napi_async_destroy(watch->env, watch->context);
	uv_close((uv_handle_t *)&watch->poll, free_watch);
}

static void close_ring(struct d4c_handle *handle)
{
	struct ring *ring = (struct ring *)handle;

	stop_watch(ring);
	munmap((void *)ring->consumer, ring->page);
	munmap((void *)ring->producer, ring->page + ring->size);
	close(ring->epoll);
	close(ring->fd);
}

static bool map_ring(struct ring *ring)
{
	void *consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0), *producer;

	if (consumer == MAP_FAILED)
		return false;
	producer = mmap(NULL, ring->page + ring->size, PROT_READ, MAP_SHARED, ring->fd, ring->page);
	if (producer == MAP_FAILED) {
		munmap(consumer, ring->page);
		return false;
	}
	ring->consumer = consumer;
	ring->producer = producer;
	ring->data = (uint8_t *)producer + ring->page;
	ring->cursor = atomic_load(ring->consumer);
	return true;
}

static int make_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		close(epoll);
		return -1;
	}
	return epoll;
}

/* openRing(map) */
static napi_value open_ring(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct d4c_map *map;
	struct ring *ring;

	if (!d4c_arguments(env, info, 1, &argument) || !(map = d4c_unwrap(env, argument, D4C_HANDLE_MAP)))
		return NULL;
	if (map->type != BPF_MAP_TYPE_RINGBUF)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "the map is no ring");
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return d4c_throw(env, "D4C_MEMORY", ENOMEM, "no room for a ring");
	ring->page = sysconf(_SC_PAGESIZE);
	ring->size = map->max_entries;
	ring->fd = dup(map->fd);
	ring->epoll = ring->fd < 0 ? -1 : make_epoll(ring->fd);
	if (ring->epoll < 0 || !map_ring(ring)) {
		int error = errno;

		if (ring->epoll >= 0)
			close(ring->epoll);
		if (ring->fd >= 0)
			close(ring->fd);
		free(ring);
		return d4c_throw(env, "D4C_RING", error, "the ring can't be read");
	}
	return d4c_wrap(env, &ring->handle, D4C_HANDLE_RING, close_ring);
}

/* A record's bytes; one at the end of the ring goes on at its beginning. */
static napi_value copy_record(napi_env env, const struct ring *ring, uint64_t position, size_t size)
{
	size_t start = position & (ring->size - 1), first = size < ring->size - start ? size : ring->size - start;
	void *copy;
	napi_value bytes = d4c_new_bytes(env, size, &copy);

	if (!bytes || !size)
		return bytes;
	memcpy(copy, ring->data + start, first);
	memcpy((uint8_t *)copy + first, ring->data, size - first);
	return bytes;
}

/* readRing(ring, bytesMax): {records, position}, or undefined if nothing is there. Whole records, copied. */
static napi_value read_ring(napi_env env, napi_callback_info info)
{
	napi_value a[2], result, list;
	struct ring *ring;
	uint32_t most, count = 0;
	uint64_t end, from;

	if (!d4c_arguments(env, info, 2, a) || !(ring = d4c_unwrap(env, a[0], D4C_HANDLE_RING)) ||
	    !d4c_get_u32(env, a[1], &most) || napi_create_array(env, &list) != napi_ok ||
	    napi_create_object(env, &result) != napi_ok)
		return NULL;
	/* Against the store of the last acknowledgement: the kernel wakes us by comparing the two positions. */
	atomic_thread_fence(memory_order_seq_cst);
	end = atomic_load_explicit(ring->producer, memory_order_acquire);
	from = ring->cursor;
	while (ring->cursor < end && ring->cursor - from < most) {
		uint8_t *at = ring->data + (ring->cursor & (ring->size - 1));
		uint32_t length = atomic_load_explicit((_Atomic uint32_t *)at, memory_order_acquire);
		uint32_t bytes = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(length & BPF_RINGBUF_DISCARD_BIT))
			napi_set_element(env, list, count++, copy_record(env, ring, ring->cursor + BPF_RINGBUF_HDR_SZ, bytes));
		ring->cursor += (bytes + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
	}
	if (ring->cursor == from)
		return d4c_undefined(env);
	d4c_set(env, result, "records", list);
	napi_value position;
	if (napi_create_bigint_uint64(env, ring->cursor, &position) != napi_ok)
		return NULL;
	d4c_set(env, result, "position", position);
	return result;
}

/* ackRing(ring, position): all before it is safe. */
static napi_value ack_ring(napi_env env, napi_callback_info info)
{
	napi_value a[2];
	struct ring *ring;
	uint64_t position;

	if (!d4c_arguments(env, info, 2, a) || !(ring = d4c_unwrap(env, a[0], D4C_HANDLE_RING)) ||
	    !d4c_get_u64(env, a[1], &position))
		return NULL;
	if (position < atomic_load(ring->consumer) || position > ring->cursor)
		return d4c_throw(env, "D4C_ARGUMENT", 0, "position %llu was not handed out, or is acknowledged",
				 (unsigned long long)position);
	atomic_store_explicit(ring->consumer, position, memory_order_release);
	return d4c_undefined(env);
}

/* unreadRing(ring): bytes that were not handed out. */
static napi_value unread_ring(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct ring *ring;

	if (!d4c_arguments(env, info, 1, &argument) || !(ring = d4c_unwrap(env, argument, D4C_HANDLE_RING)))
		return NULL;
	return d4c_number(env, (double)(atomic_load(ring->producer) - ring->cursor));
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = (struct watch *)poll;
	struct epoll_event event;
	napi_handle_scope scope;
	napi_value callback, receiver, result;
	int epoll;

	(void)status;
	(void)events;
	/* The edge is taken; what is there is for the callback to read. */
	if (uv_fileno((uv_handle_t *)poll, &epoll) == 0)
		while (epoll_wait(epoll, &event, 1, 0) > 0)
			;
	if (napi_open_handle_scope(watch->env, &scope) != napi_ok)
		return;
	if (napi_get_reference_value(watch->env, watch->callback, &callback) == napi_ok &&
	    napi_get_global(watch->env, &receiver) == napi_ok)
		napi_make_callback(watch->env, watch->context, receiver, callback, 0, NULL, &result);
	napi_close_handle_scope(watch->env, scope);
}

/* watchRing(ring, callback): called when there may be something to read. One watch at a time. */
static napi_value watch_ring(napi_env env, napi_callback_info info)
{
	napi_value a[2], name;
	struct ring *ring;
	struct watch *watch;
	uv_loop_t *loop;

	if (!d4c_arguments(env, info, 2, a) || !(ring = d4c_unwrap(env, a[0], D4C_HANDLE_RING)))
		return NULL;
	stop_watch(ring);
	watch = calloc(1, sizeof(*watch));
	if (!watch || napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, &watch->poll, ring->epoll)) {
		free(watch);
		return d4c_throw(env, "D4C_RING", 0, "the ring can't be watched");
	}
	watch->env = env;
	napi_create_string_utf8(env, "d4c_ring", NAPI_AUTO_LENGTH, &name);
	if (napi_create_reference(env, a[1], 1, &watch->callback) != napi_ok ||
	    napi_async_init(env, NULL, name, &watch->context) != napi_ok ||
	    uv_poll_start(&watch->poll, UV_READABLE, on_ready)) {
		uv_close((uv_handle_t *)&watch->poll, free_watch);
		return d4c_throw(env, "D4C_RING", 0, "the ring can't be watched");
	}
	ring->watch = watch;
	return d4c_undefined(env);
}

/* unwatchRing(ring) */
static napi_value unwatch_ring(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct ring *ring;

	if (!d4c_arguments(env, info, 1, &argument) || !(ring = d4c_unwrap(env, argument, D4C_HANDLE_RING)))
		return NULL;
	stop_watch(ring);
	return d4c_undefined(env);
}

const struct d4c_export d4c_ring_exports[] = {
	{"openRing", open_ring},     {"readRing", read_ring},   {"ackRing", ack_ring},         {"unreadRing", unread_ring},
	{"watchRing", watch_ring},   {"unwatchRing", unwatch_ring}, {NULL, NULL},
};
