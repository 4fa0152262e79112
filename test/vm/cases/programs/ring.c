/* SPDX-License-Identifier: Apache-2.0 */
/* The same operations asked of io_uring, which does them in other tasks. HOW is `inline` (in the caller),
 * `worker` (in a worker of the kernel's) or `poll` (in the thread that polls the queue). */
#include "try.h"
#include <linux/io_uring.h>
#include <sys/mman.h>

struct ring {
	int descriptor;
	int polls;
	struct io_uring_params params;
	char *queues;
	struct io_uring_sqe *entries;
};

static void *map_ring(int descriptor, size_t length, off_t offset)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, offset);

	if (memory == MAP_FAILED)
		fail("mmap of the ring");
	return memory;
}

static struct ring make_ring(const char *how)
{
	struct ring ring = { .polls = !strcmp(how, "poll") };

	if (ring.polls) {
		ring.params.flags = IORING_SETUP_SQPOLL;
		ring.params.sq_thread_idle = 1000;
	}
	ring.descriptor = check("io_uring_setup", syscall(SYS_io_uring_setup, 4, &ring.params));
	if (!(ring.params.features & IORING_FEAT_SINGLE_MMAP)) {
		fprintf(stderr, "the ring is of an old form\n");
		exit(2);
	}
	size_t submit = ring.params.sq_off.array + ring.params.sq_entries * sizeof(__u32);
	size_t complete = ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe);
	ring.queues = map_ring(ring.descriptor, submit > complete ? submit : complete, IORING_OFF_SQ_RING);
	ring.entries = map_ring(ring.descriptor, ring.params.sq_entries * sizeof(*ring.entries), IORING_OFF_SQES);
	return ring;
}

static __u32 *at(const struct ring *ring, __u32 offset)
{
	return (__u32 *)(ring->queues + offset);
}

/* Hands one entry in and waits for its result; below 0 it is an error number. */
static int submit(struct ring *ring, const char *how, struct io_uring_sqe entry)
{
	if (!strcmp(how, "worker"))
		entry.flags |= IOSQE_ASYNC;
	__u32 tail = *at(ring, ring->params.sq_off.tail);
	__u32 slot = tail & *at(ring, ring->params.sq_off.ring_mask);
	ring->entries[slot] = entry;
	at(ring, ring->params.sq_off.array)[slot] = slot;
	__atomic_store_n(at(ring, ring->params.sq_off.tail), tail + 1, __ATOMIC_SEQ_CST);
	unsigned flags = IORING_ENTER_GETEVENTS;
	if (ring->polls && (__atomic_load_n(at(ring, ring->params.sq_off.flags), __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP))
		flags |= IORING_ENTER_SQ_WAKEUP;
	check("io_uring_enter", syscall(SYS_io_uring_enter, ring->descriptor, 1, 1, flags, NULL, 0));
	__u32 head = *at(ring, ring->params.cq_off.head);
	struct io_uring_cqe *done = (struct io_uring_cqe *)(ring->queues + ring->params.cq_off.cqes);
	int result = done[head & *at(ring, ring->params.cq_off.ring_mask)].res;
	__atomic_store_n(at(ring, ring->params.cq_off.head), head + 1, __ATOMIC_SEQ_CST);
	return result;
}

static int finish(const char *what, int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	fail(what);
}

/* HOW FLAGS PATH MODE */
static void try_open(char **arg)
{
	struct ring ring = make_ring(arg[0]);
	struct io_uring_sqe entry = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)arg[2],
		.len = octal(arg[3]), .open_flags = (unsigned)open_flags(arg[1]),
	};

	finish("open by the ring", submit(&ring, arg[0], entry));
}

/* HOW PATH: opened for writing by the ring, then written by it. */
static void try_write(char **arg)
{
	struct ring ring = make_ring(arg[0]);
	struct io_uring_sqe open_entry = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)arg[1], .open_flags = O_WRONLY,
	};
	int file = finish("open by the ring", submit(&ring, arg[0], open_entry));
	struct io_uring_sqe write_entry = {
		.opcode = IORING_OP_WRITE, .fd = file, .addr = (unsigned long)IMPLANT, .len = strlen(IMPLANT),
	};

	finish("write by the ring", submit(&ring, arg[0], write_entry));
}

/* HOW FROM TO rename|link */
static void try_move(char **arg)
{
	struct ring ring = make_ring(arg[0]);
	struct io_uring_sqe entry = {
		.opcode = !strcmp(arg[3], "link") ? IORING_OP_LINKAT : IORING_OP_RENAMEAT,
		.fd = AT_FDCWD, .addr = (unsigned long)arg[1], .len = (unsigned)AT_FDCWD,
		.addr2 = (unsigned long)arg[2],
	};

	finish(arg[3], submit(&ring, arg[0], entry));
}

static const struct try tries[] = {
	{ "open", 4, try_open },
	{ "write", 2, try_write },
	{ "move", 4, try_move },
};

MAIN(tries)
