/* SPDX-License-Identifier: Apache-2.0 */
/* Ways in which the contents of a file change. */
#include "try.h"
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

static int writable(const char *path)
{
	return check("open", open(path, O_WRONLY | O_CLOEXEC));
}

/* FLAGS PATH: opens with the flags, writes. */
static void try_open(char **arg)
{
	write_implant(check("open", open(arg[1], open_flags(arg[0]), 0755)));
}

/* PATH */
static void try_truncate(char **arg)
{
	check("truncate", truncate(arg[0], 0));
}

static void try_ftruncate(char **arg)
{
	check("ftruncate", ftruncate(writable(arg[0]), 0));
}

static void try_fallocate(char **arg)
{
	int file = writable(arg[0]);

	check("fallocate", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}

static void try_pwritev2(char **arg)
{
	struct iovec bytes = { IMPLANT, strlen(IMPLANT) };

	check("pwritev2", pwritev2(writable(arg[0]), &bytes, 1, 0, 0));
}

/* FROM TO copy-range|sendfile|splice */
static void try_carry(char **arg)
{
	int from = check(arg[0], open(arg[0], O_RDONLY));
	int to = writable(arg[1]);
	int ends[2];

	if (!strcmp(arg[2], "copy-range")) {
		check("copy_file_range", copy_file_range(from, NULL, to, NULL, 1 << 20, 0));
	} else if (!strcmp(arg[2], "sendfile")) {
		check("sendfile", sendfile(to, from, NULL, 1 << 20));
	} else {
		check("pipe", pipe(ends));
		long moved = check("splice", splice(from, NULL, ends[1], NULL, 4096, 0));
		check("splice", splice(ends[0], NULL, to, NULL, (size_t)moved, 0));
	}
}

static char *map_shared(int file)
{
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (memory == MAP_FAILED)
		fail("mmap");
	return memory;
}

/* PATH */
static void try_map(char **arg)
{
	char *memory = map_shared(check("open", open(arg[0], O_RDWR)));

	memcpy(memory, IMPLANT, strlen(IMPLANT));
	check("msync", msync(memory, 4096, MS_SYNC));
}

/* PATH: mapped while it is plain, made executable, changed by a store that no hook sees. */
static void try_map_before(char **arg)
{
	int file = check("open", open(arg[0], O_RDWR));
	char *memory = map_shared(file);

	close(file);
	check("chmod", chmod(arg[0], 0755));
	memcpy(memory, IMPLANT, strlen(IMPLANT));
	check("msync", msync(memory, 4096, MS_SYNC));
}

/* PATH: opened while it is plain, made executable, written through the old descriptor. */
static void try_write_before(char **arg)
{
	int file = writable(arg[0]);

	check("chmod", chmod(arg[0], 0755));
	write_implant(file);
}

/* PATH: no x bit, written, x bit again. */
static void try_around(char **arg)
{
	check("chmod -x", chmod(arg[0], 0644));
	int file = writable(arg[0]);
	write_implant(file);
	close(file);
	check("chmod +x", chmod(arg[0], 0755));
}

/* PATH: reopened for writing through a descriptor that only reads. */
static void try_reopen(char **arg)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", check("open", open(arg[0], O_RDONLY)));
	write_implant(writable(self));
}

/* RUNNING PATH: a truncation that comes to nothing on the way, then another one: what the first one left
 * behind must not let the second one by. */
static void try_stale(char **arg)
{
	if (open(arg[0], O_RDONLY | O_TRUNC) >= 0 || errno != ETXTBSY) {
		fprintf(stderr, "%s is not busy: %s\n", arg[0], strerror(errno));
		exit(2);
	}
	check("truncate", truncate(arg[1], 0));
}

/* PATH: the kernel writes its accounts of processes there. */
static void try_account(char **arg)
{
	check("acct", acct(arg[0]));
	if (fork() == 0)
		_exit(0);
	wait(NULL);
	check("acct", acct(NULL));
}

static const struct try tries[] = {
	{ "open", 2, try_open },
	{ "truncate", 1, try_truncate },
	{ "ftruncate", 1, try_ftruncate },
	{ "fallocate", 1, try_fallocate },
	{ "pwritev2", 1, try_pwritev2 },
	{ "carry", 3, try_carry },
	{ "map", 1, try_map },
	{ "map-before", 1, try_map_before },
	{ "write-before", 1, try_write_before },
	{ "around", 1, try_around },
	{ "reopen", 1, try_reopen },
	{ "stale", 2, try_stale },
	{ "account", 1, try_account },
};

MAIN(tries)
