/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of the policy language, done: what a case of spec/cases is about, and as little as can be beside
 * it. Arguments are steps; paths are in hexadecimal, as a path may hold any byte. All but the last step prepare,
 * by what is no operation. Says `@done` if the last was let through and `@undone` if it was not permitted. */
#include "try.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

extern char **environ;

static char *unhex(const char *text)
{
	size_t length = strlen(text) / 2;
	char *bytes = calloc(1, length + 1);

	for (size_t i = 0; i < length; i++) {
		unsigned byte = 0;

		sscanf(text + 2 * i, "%2x", &byte);
		bytes[i] = (char)byte;
	}
	return bytes;
}

static int done(long result)
{
	if (result >= 0)
		return 1;
	if (errno == EPERM)
		return 0;
	fail("the operation failed by itself");
}

/* Whether a child could become the program. */
static int executes(int file, const char *path)
{
	char *arguments[] = { "program", NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (path)
			execve(path, arguments, environ);
		else
			syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
		_exit(errno == EPERM ? 101 : 102);
	}
	check("wait", waitpid(child, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 102) {
		errno = ENOEXEC;
		fail("the program did not run");
	}
	return WEXITSTATUS(status) != 101;
}

static int from_memory(const char *program)
{
	int file = check("memfd_create", memfd_create("payload", MFD_CLOEXEC));

	copy_into(file, program);
	return executes(file, NULL);
}

/* The file is touched: no operation, but it is copied up, and not of the image any more. */
static int from_drift(const char *path)
{
	check("touch", utimensat(AT_FDCWD, path, NULL, 0));
	return executes(-1, path);
}

static int create(const char *path, mode_t mode)
{
	umask(0);
	return done(open(path, O_CREAT | O_EXCL | O_WRONLY, mode));
}

static int act(const char *name, const char *path, const char *other)
{
	if (!strcmp(name, "create"))
		return create(path, 0644);
	if (!strcmp(name, "create-executable"))
		return create(path, 0755);
	if (!strcmp(name, "make-executable"))
		return done(chmod(path, 0755));
	if (!strcmp(name, "set-user-id"))
		return done(chmod(path, 04755));
	if (!strcmp(name, "write"))
		return done(open(path, O_WRONLY));
	if (!strcmp(name, "remove"))
		return done(unlink(path));
	if (!strcmp(name, "rename"))
		return done(rename(path, other));
	if (!strcmp(name, "memory"))
		return from_memory(path);
	if (!strcmp(name, "drift"))
		return from_drift(path);
	errno = EINVAL;
	fail(name);
}

int main(int count, char **values)
{
	int at = 1;

	for (; at + 3 < count && !strcmp(values[at], "bind"); at += 3)
		check("bind", mount(unhex(values[at + 1]), unhex(values[at + 2]), NULL, MS_BIND, NULL));
	for (; at + 2 < count && !strcmp(values[at], "directory"); at += 2)
		check("mkdir", mkdir(unhex(values[at + 1]), 0755));
	if (at + 1 >= count)
		return 2;
	puts(act(values[at], unhex(values[at + 1]), at + 2 < count ? unhex(values[at + 2]) : "") ? "@done" : "@undone");
	return 0;
}
