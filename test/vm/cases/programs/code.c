/* SPDX-License-Identifier: Apache-2.0 */
/* Ways in which code of a file comes into memory, without an execution. What is mapped is run, if it is what
 * `make` wrote: it returns 42, and the try leaves /tmp/ran behind. */
#include "try.h"
#include <linux/memfd.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/wait.h>

#define LENGTH 4096

static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* return 42 */

static void *mapped(void *memory)
{
	if (memory == MAP_FAILED)
		fail("mmap");
	return memory;
}

static void *map(int file, int protection, int flags)
{
	return mapped(mmap(NULL, LENGTH, protection, flags, file, 0));
}

static void protect(void *memory, int protection)
{
	check("mprotect", mprotect(memory, LENGTH, protection));
}

static void imply(void)
{
	check("personality", personality(PER_LINUX | READ_IMPLIES_EXEC));
}

/* Whether there is code to run: an image's program begins with a header. */
static void run(void *memory)
{
	int (*made)(void);

	if (!memcmp(memory, code, sizeof(code))) {
		memcpy(&made, &memory, sizeof(made));
		if (made() != 42)
			fail("code");
	}
	close(check("/tmp/ran", open("/tmp/ran", O_CREAT | O_WRONLY, 0644)));
}

static void *map_private(int file)
{
	return map(file, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static void *map_shared(int file)
{
	return map(file, PROT_READ | PROT_EXEC, MAP_SHARED);
}

static void *then_private(int file)
{
	void *memory = map(file, PROT_READ, MAP_PRIVATE);

	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

static void *then_shared(int file)
{
	void *memory = map(file, PROT_READ, MAP_SHARED);

	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

static void *then_written(int file)
{
	char *memory = map(file, PROT_READ | PROT_WRITE, MAP_SHARED);

	memcpy(memory, code, sizeof(code));
	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

/* A page that has been read first can be written without a fault. */
static void *read_then_written(int file)
{
	volatile char *memory = map(file, PROT_READ | PROT_WRITE, MAP_SHARED);

	(void)*memory;
	memcpy((char *)memory, code, sizeof(code));
	protect((char *)memory, PROT_READ | PROT_EXEC);
	return (char *)memory;
}

/* The file is the image's, what is run is not. */
static void *overwritten(int file)
{
	void *memory = map(file, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memcpy(memory, code, sizeof(code));
	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

/* As text relocations go: writable and back. */
static void *relocate(int file)
{
	void *memory = map(file, PROT_READ | PROT_EXEC, MAP_PRIVATE);

	protect(memory, PROT_READ | PROT_WRITE);
	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

static void *by_key(int file)
{
	void *memory = map(file, PROT_READ, MAP_PRIVATE);

	check("pkey_mprotect", pkey_mprotect(memory, LENGTH, PROT_READ | PROT_EXEC, -1));
	return memory;
}

static void *implied(int file)
{
	imply();
	return map(file, PROT_READ, MAP_PRIVATE);
}

static void *implied_later(int file)
{
	void *memory = map(file, PROT_NONE, MAP_PRIVATE);

	imply();
	protect(memory, PROT_READ);
	return memory;
}

/* The area is mapped anew by what it is already; the personality adds the x. */
static void *remapped(int file)
{
	void *memory = map(file, PROT_READ, MAP_SHARED);

	imply();
	check("remap_file_pages", remap_file_pages(memory, LENGTH, 0, 0, 0));
	return memory;
}

static void *moved(int file)
{
	void *memory = map(file, PROT_READ, MAP_PRIVATE);

	memory = mapped(mremap(memory, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)memory + (1 << 30)));
	protect(memory, PROT_READ | PROT_EXEC);
	return memory;
}

static void *way(const char *name, int file)
{
	static const struct { const char *name; void *(*map)(int); } ways[] = {
		{ "private", map_private }, { "shared", map_shared }, { "then-private", then_private },
		{ "then-shared", then_shared }, { "then-written", then_written }, { "relocate", relocate },
		{ "key", by_key }, { "implied", implied }, { "implied-later", implied_later },
		{ "remapped", remapped }, { "moved", moved }, { "overwritten", overwritten },
		{ "read-then-written", read_then_written },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i].name, name))
			return ways[i].map(file);
	errno = EINVAL;
	fail(name);
}

static void write_code(int file)
{
	check("write", write(file, code, sizeof(code)));
	check("ftruncate", ftruncate(file, LENGTH));
}

/* PATH: a plain file of code. */
static void try_make(char **arg)
{
	write_code(check(arg[0], open(arg[0], O_CREAT | O_WRONLY, 0644)));
}

/* WAY PATH */
static void try_map(char **arg)
{
	int flags = strstr(arg[0], "then-written") || !strcmp(arg[0], "remapped") ? O_RDWR : O_RDONLY;

	run(way(arg[0], check(arg[1], open(arg[1], flags))));
}

/* WAY PATH: a file that is removed before it is mapped. */
static void try_deleted(char **arg)
{
	int file = check(arg[1], open(arg[1], O_RDONLY));

	check("unlink", unlink(arg[1]));
	run(way(arg[0], file));
}

/* WAY DIRECTORY: a file that never had a name. */
static void try_unnamed(char **arg)
{
	int file = check("open O_TMPFILE", open(arg[1], O_TMPFILE | O_RDWR, 0644));

	write_code(file);
	run(way(arg[0], file));
}

/* WAY NAME */
static void try_memory(char **arg)
{
	int file = check("memfd_create", memfd_create(arg[1], MFD_CLOEXEC));

	write_code(file);
	run(way(arg[0], file));
}

/* As compilers at run time do that keep one view to write and one to run. */
static void try_two_views(char **arg)
{
	int file = check("memfd_create", memfd_create("jit", MFD_CLOEXEC));

	(void)arg;
	check("ftruncate", ftruncate(file, LENGTH));
	memcpy(map(file, PROT_READ | PROT_WRITE, MAP_SHARED), code, sizeof(code));
	run(map(file, PROT_READ | PROT_EXEC, MAP_SHARED));
}

static void *anonymous(const char *how)
{
	int all = PROT_READ | PROT_WRITE | PROT_EXEC;

	if (!strcmp(how, "private"))
		return map(-1, all, MAP_PRIVATE | MAP_ANONYMOUS);
	if (!strcmp(how, "shared"))
		return map(-1, all, MAP_SHARED | MAP_ANONYMOUS);
	if (!strcmp(how, "shared-later"))
		return map(-1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	if (!strcmp(how, "zero"))
		return map(check("/dev/zero", open("/dev/zero", O_RDWR)), all, MAP_PRIVATE);
	if (!strcmp(how, "zero-shared"))
		return map(check("/dev/zero", open("/dev/zero", O_RDWR)), all, MAP_SHARED);
	int id = check("shmget", shmget(IPC_PRIVATE, LENGTH, IPC_CREAT | 0700));
	void *memory = mapped(shmat(id, NULL, !strcmp(how, "system-v") ? SHM_EXEC : 0));
	check("shmctl", shmctl(id, IPC_RMID, NULL));
	return memory;
}

/* HOW: code made at run time, in memory that is nobody's file. */
static void try_anonymous(char **arg)
{
	void *memory = anonymous(arg[0]);

	memcpy(memory, code, sizeof(code));
	if (strstr(arg[0], "later"))
		protect(memory, PROT_READ | PROT_EXEC);
	run(memory);
}

/* Whether it could be executed, and came to a good end. What is denied when its code is mapped, as is a file that
 * was the image's when it was looked at and is not any more, has no way back: the kernel ends it with SIGSEGV. */
static int executes(const char *program)
{
	int status;
	pid_t child = check("fork", fork());

	if (child == 0) {
		execl(program, program, NULL);
		_exit(errno == EPERM ? 101 : 102);
	}
	check("wait", waitpid(child, &status, 0));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		return 0;
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 101)) {
		fprintf(stderr, "ended otherwise: wait status %#x\n", status);
		exit(1);
	}
	return WEXITSTATUS(status) == 0;
}

/* PROGRAM: executed again and again while a neighbour has it copied up, until it is denied; and once more when that is done. */
static void try_race(char **arg)
{
	pid_t neighbour = check("fork", fork());

	if (neighbour == 0)
		_exit(utimensat(AT_FDCWD, arg[0], NULL, 0) != 0);
	int denied = 0;
	while (!denied && waitpid(neighbour, NULL, WNOHANG) == 0)
		denied = !executes(arg[0]);
	errno = EPERM;
	if (denied || !executes(arg[0]))
		fail("execute");
}

static const struct try tries[] = {
	{ "make", 1, try_make },
	{ "map", 2, try_map },
	{ "deleted", 2, try_deleted },
	{ "unnamed", 2, try_unnamed },
	{ "memory", 2, try_memory },
	{ "two-views", 0, try_two_views },
	{ "anonymous", 1, try_anonymous },
	{ "race", 1, try_race },
};

MAIN(tries)
