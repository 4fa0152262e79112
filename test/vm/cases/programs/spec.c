/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of the policy language, done: what a case of spec/cases is about, and as little as can be beside
 * it. Arguments are steps; paths are in hexadecimal, as a path may hold any byte. All but the last step prepare,
 * by what is no operation. Says `@done` if the last was let through and `@undone` if it was not permitted. After
 * `as` the act is another process's, whose number is told too. */
#include "try.h"
#include <linux/securebits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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

/* The act is this process's own: what it executes takes its place. */
static int itself;

static int status_of(pid_t child)
{
	int status;

	check("wait", waitpid(child, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

static int become(int file, const char *path, char **arguments)
{
	if (path)
		execve(path, arguments, environ);
	else
		syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
	return errno == EPERM ? 101 : 102;
}

/* Whether the program could be executed. */
static int executes(int file, const char *path)
{
	char *arguments[] = { "program", "end", NULL };
	int status;
	pid_t child = itself ? 0 : fork();

	if (child == 0)
		_exit(become(file, path, arguments));
	status = status_of(child);
	if (status == 102) {
		errno = ENOEXEC;
		fail("the program did not run");
	}
	return status != 101;
}

/* A child is made; it does nothing. */
static int forks(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return done(child) && !status_of(child);
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
	if (!strcmp(name, "execute"))
		return executes(-1, path);
	if (!strcmp(name, "fork"))
		return forks();
	errno = EINVAL;
	fail(name);
}

/* Prepares, and acts. */
static int perform(char **values)
{
	for (; values[0] && !strcmp(values[0], "directory"); values += 2)
		check("mkdir", mkdir(unhex(values[1]), 0755));
	if (!values[0] || !values[1])
		exit(2);
	return act(values[0], unhex(values[1]), values[2] ? unhex(values[2]) : "");
}

static int say(int was_done)
{
	puts(was_done ? "@done" : "@undone");
	return 0;
}

/* STEP…: a child acts, whose number nothing else has. */
static int act_apart(char **values)
{
	int status;
	pid_t child = check("fork", fork());

	if (child == 0) {
		itself = 1;
		printf("@pid %d\n", getpid());
		fflush(stdout);
		_exit(perform(values) ? 0 : 101);
	}
	status = status_of(child);
	return status == 0 || status == 101 ? say(status == 0) : status;
}

/* USER PROGRAM STEP…: leads a session, in which a child becomes the user and the program. It keeps its
 * capabilities, as whoever acts must be able to. */
static int lead(char **values)
{
	uid_t user = (uid_t)strtoul(values[0], NULL, 10);
	char **arguments = values;
	int file = -1;
	pid_t child = check("fork", fork());

	if (child != 0)
		return status_of(child);
	check("securebits", prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0));
	check("setresuid", setresuid(user, user, user));
	if (!strcmp(values[1], "-")) {
		file = check("memfd_create", memfd_create("program", MFD_CLOEXEC));
		copy_into(file, "/proc/self/exe");
	}
	char *program = file < 0 ? unhex(values[1]) : NULL;
	arguments[0] = "program";
	arguments[1] = "act";
	_exit(become(file, program, arguments));
}

/* LEADER TERMINAL USER PROGRAM STEP… */
static int act_as(char **values)
{
	int terminal = check("ptmx", open("/dev/ptmx", O_RDWR | O_NOCTTY)), unlock = 0;
	char name[64], *leader = unhex(values[0]);
	unsigned number;

	check("unlock", ioctl(terminal, TIOCSPTLCK, &unlock));
	check("number", ioctl(terminal, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%u", number);
	pid_t child = check("fork", fork());
	if (child != 0)
		return status_of(child);
	check("setsid", setsid());
	if (!strcmp(values[1], "1"))
		check("terminal", ioctl(check(name, open(name, O_RDWR)), TIOCSCTTY, 0));
	values[0] = leader;
	values[1] = "lead";
	_exit(become(-1, leader, values));
}

int main(int count, char **values)
{
	if (count > 1 && !strcmp(values[1], "end"))
		return 0;
	if (count > 1 && !strcmp(values[1], "lead"))
		return lead(values + 2);
	if (count > 1 && !strcmp(values[1], "act"))
		return act_apart(values + 2);
	for (values++; values[0] && !strcmp(values[0], "bind"); values += 3)
		check("bind", mount(unhex(values[1]), unhex(values[2]), NULL, MS_BIND, NULL));
	return values[0] && !strcmp(values[0], "as") ? act_as(values + 1) : say(perform(values));
}
