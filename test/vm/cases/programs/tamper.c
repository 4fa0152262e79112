/* SPDX-License-Identifier: Apache-2.0 */
/* Hands on what enforces: maps, programs, links by number, a pin, a process. */
#include "try.h"
#include <linux/bpf.h>
#include <stddef.h>
#include <sys/ptrace.h>

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int is_ours(int fd, size_t name_at)
{
	unsigned char facts[256] = {0};
	union bpf_attr info = {.info = {.bpf_fd = fd, .info_len = sizeof(facts), .info = (unsigned long)facts}};

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &info) == 0 && !memcmp(facts + name_at, "d4c_", 4);
}

/* Every object of a kind: how many of ours could be opened, how many were refused. */
static void open_all(int next, int open_by_id, size_t name_at)
{
	union bpf_attr ids = {0};
	int ours = 0, refused = 0;

	while (bpf(next, &ids) == 0) {
		union bpf_attr one = {.map_id = ids.next_id};
		int fd = bpf(open_by_id, &one);

		ids.start_id = ids.next_id;
		if (fd < 0)
			refused += errno == EPERM;
		else
			ours += is_ours(fd, name_at);
		if (fd >= 0)
			close(fd);
	}
	printf("%d opened, %s refused\n", ours, refused ? "some" : "none");
}

static void open_maps(char **arguments)
{
	(void)arguments;
	open_all(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, offsetof(struct bpf_map_info, name));
}

static void open_programs(char **arguments)
{
	(void)arguments;
	open_all(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, offsetof(struct bpf_prog_info, name));
}

static void open_pin(char **arguments)
{
	union bpf_attr pin = {.pathname = (unsigned long)arguments[0]};

	check("open the pin", bpf(BPF_OBJ_GET, &pin));
}

static void seize(char **arguments)
{
	check("seize", ptrace(PTRACE_SEIZE, atoi(arguments[0]), 0, 0));
}

static const struct try tries[] = {
	{"maps", 0, open_maps},
	{"programs", 0, open_programs},
	{"pin", 1, open_pin},
	{"seize", 1, seize},
};

MAIN(tries)
