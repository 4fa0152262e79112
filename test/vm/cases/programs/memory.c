/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that no file system names, executed. */
#include "try.h"
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

#define INTERPRETER_DESCRIPTOR 9

static int memory_file(const char *flags)
{
	unsigned bits = 0;

	if (strstr(flags, "cloexec"))
		bits |= MFD_CLOEXEC;
	if (strstr(flags, "seal"))
		bits |= MFD_ALLOW_SEALING;
	if (strstr(flags, "huge"))
		bits |= MFD_HUGETLB;
	return check("memfd_create", memfd_create("payload", bits));
}

static void fill(int file, const char *flags, const char *bytes, size_t length)
{
	if (strstr(flags, "huge")) { /* write() is not for these */
		check("ftruncate", ftruncate(file, 2 << 20));
		char *memory = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		if (memory == MAP_FAILED)
			fail("mmap");
		memcpy(memory, bytes, length);
		munmap(memory, 2 << 20);
	} else {
		check("write", write(file, bytes, length));
	}
	if (strstr(flags, "seal"))
		check("seal", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
}

static void run_descriptor(int file, const char *how, char **arguments)
{
	char path[64];

	if (!strcmp(how, "execveat")) {
		syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
	} else {
		snprintf(path, sizeof(path), strcmp(how, "dev") ? "/proc/self/fd/%d" : "/dev/fd/%d", file);
		if (!strcmp(how, "pid"))
			snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), file);
		execve(path, arguments, environ);
	}
	fail("execute");
}

static size_t load(const char *path, char **bytes)
{
	int file = check(path, open(path, O_RDONLY | O_CLOEXEC));
	struct stat status;

	check("fstat", fstat(file, &status));
	*bytes = malloc((size_t)status.st_size);
	size_t length = (size_t)check("read", read(file, *bytes, (size_t)status.st_size));
	close(file);
	return length;
}

/* FLAGS HOW PROGRAM ARGUMENT…: a copy of the program, from memory. */
static void try_program(char **arg)
{
	char *bytes;
	size_t length = load(arg[2], &bytes);
	int file = memory_file(arg[0]);

	fill(file, arg[0], bytes, length);
	run_descriptor(file, arg[1], arg + 2);
}

/* FLAGS HOW TEXT: a script, from memory. */
static void try_script(char **arg)
{
	char *arguments[] = { "script", NULL };
	int file = memory_file(arg[0]);

	fill(file, arg[0], arg[2], strlen(arg[2]));
	run_descriptor(file, arg[1], arguments);
}

/* FLAGS HOW PROGRAM ARGUMENT…: the child executes what its parent holds. */
static void try_parent(char **arg)
{
	char *bytes;
	char path[64];
	size_t length = load(arg[2], &bytes);
	int file = memory_file(arg[0]);

	fill(file, arg[0], bytes, length);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), file);
	pid_t child = fork();
	if (child == 0) {
		close(file);
		execve(path, arg + 2, environ);
		fail("execute");
	}
	int status;
	waitpid(child, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* INTERPRETER SCRIPT: a script of the file system, read by an interpreter in memory. */
static void try_script_interpreter(char **arg)
{
	char *bytes;
	char *arguments[] = { arg[1], NULL };
	size_t length = load(arg[0], &bytes);
	int file = memory_file("");

	fill(file, "", bytes, length);
	check("dup2", dup2(file, INTERPRETER_DESCRIPTOR));
	execve(arg[1], arguments, environ);
	fail("execute");
}

/* LOADER PROGRAM COPY: a dynamic program whose loader is in memory. */
static void try_loader(char **arg)
{
	static const char standard[] = "/lib64/ld-linux-x86-64.so.2";
	static const char replaced[] = "/proc/self/fd/9";
	char *bytes;
	char *arguments[] = { arg[2], NULL };
	size_t length = load(arg[0], &bytes);
	int file = memory_file("");

	fill(file, "", bytes, length);
	check("dup2", dup2(file, INTERPRETER_DESCRIPTOR));
	length = load(arg[1], &bytes);
	char *name = memmem(bytes, length, standard, sizeof(standard));
	if (!name)
		fail("no loader named");
	memset(name, 0, sizeof(standard));
	memcpy(name, replaced, sizeof(replaced));
	int copy = check(arg[2], open(arg[2], O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	check("write", write(copy, bytes, length));
	close(copy);
	execve(arg[2], arguments, environ);
	fail("execute");
}

/* PATH HOW PROGRAM ARGUMENT…: a copy at the path, unlinked before it is executed. */
static void try_deleted(char **arg)
{
	int copy = check(arg[0], open(arg[0], O_CREAT | O_WRONLY, 0755));

	copy_into(copy, arg[2]);
	close(copy);
	int file = check(arg[0], open(arg[0], O_RDONLY));
	check("unlink", unlink(arg[0]));
	run_descriptor(file, arg[1], arg + 2);
}

/* DIRECTORY HOW PROGRAM ARGUMENT…: a file that never had a name. */
static void try_unnamed(char **arg)
{
	char self[64];
	int file = check("open O_TMPFILE", open(arg[0], O_TMPFILE | O_RDWR, 0755));

	copy_into(file, arg[2]);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file);
	int again = check("reopen", open(self, O_RDONLY));
	close(file);
	run_descriptor(again, arg[1], arg + 2);
}

/* HOW PROGRAM ARGUMENT…: by its descriptor, but a file with a name all the same. */
static void try_named(char **arg)
{
	run_descriptor(check(arg[1], open(arg[1], O_RDONLY)), arg[0], arg + 1);
}

/* PATH: the program, which lies there, removes itself and starts itself again. */
static void try_again(char **arg)
{
	char *arguments[] = { "again", "ran", NULL };

	check("unlink", unlink(arg[0]));
	execve("/proc/self/exe", arguments, environ);
	fail("execute");
}

static void try_ran(char **arg)
{
	(void)arg;
	check("/tmp/ran", open("/tmp/ran", O_CREAT | O_WRONLY, 0644));
}

/* Machine code made at run time, in memory that is nobody's file. */
static void try_jit(char **arg)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* return 42 */
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*made)(void);

	(void)arg;
	if (memory == MAP_FAILED)
		fail("mmap");
	memcpy(memory, code, sizeof(code));
	check("mprotect", mprotect(memory, 4096, PROT_READ | PROT_EXEC));
	memcpy(&made, &memory, sizeof(made));
	if (made() != 42)
		fail("code");
}

/* A memfd for data, as programs use them: written, sealed, mapped for reading. */
static void try_data(char **arg)
{
	int file = memory_file("cloexec seal");

	(void)arg;
	fill(file, "seal", IMPLANT, strlen(IMPLANT));
	if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED)
		fail("mmap");
}

static const struct try tries[] = {
	{ "program", 3, try_program },
	{ "script", 3, try_script },
	{ "parent", 3, try_parent },
	{ "script-interpreter", 2, try_script_interpreter },
	{ "loader", 3, try_loader },
	{ "deleted", 3, try_deleted },
	{ "unnamed", 3, try_unnamed },
	{ "named", 2, try_named },
	{ "again", 1, try_again },
	{ "ran", 0, try_ran },
	{ "jit", 0, try_jit },
	{ "data", 0, try_data },
};

MAIN(tries)
