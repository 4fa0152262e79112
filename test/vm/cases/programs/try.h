/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the cases share. One program hosts several tries, chosen by its first argument; a try
 * ends with status 0 if all its steps were let through, else with 1 and the step that was not, and why. */
#ifndef TRY_H
#define TRY_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* System calls that the C library of the build is too old to name. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

struct try {
	const char *name;
	int arguments; /* how many it must have; more go on to it too */
	void (*run)(char **arguments);
};

static inline __attribute__((noreturn)) void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static inline int check(const char *what, long result)
{
	if (result < 0)
		fail(what);
	return (int)result;
}

static inline mode_t octal(const char *text)
{
	return (mode_t)strtoul(text, NULL, 8);
}

/* "wronly+creat+excl" as flags of open. */
static inline int open_flags(const char *text)
{
	static const struct { const char *name; int flag; } known[] = {
		{ "rdonly", O_RDONLY }, { "wronly", O_WRONLY }, { "rdwr", O_RDWR }, { "access3", 3 },
		{ "creat", O_CREAT }, { "excl", O_EXCL }, { "trunc", O_TRUNC }, { "append", O_APPEND },
		{ "tmpfile", O_TMPFILE }, { "path", O_PATH }, { "nofollow", O_NOFOLLOW }, { "sync", O_SYNC },
		{ "direct", O_DIRECT }, { "nonblock", O_NONBLOCK }, { "noatime", O_NOATIME }, { "cloexec", O_CLOEXEC },
	};
	int flags = 0;
	char copy[200];

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok(copy, "+"); word; word = strtok(NULL, "+")) {
		size_t i = 0;
		while (i < sizeof(known) / sizeof(*known) && strcmp(known[i].name, word))
			i++;
		if (i == sizeof(known) / sizeof(*known)) {
			fprintf(stderr, "no flag %s\n", word);
			exit(2);
		}
		flags |= known[i].flag;
	}
	return flags;
}

/* Writes all bytes of a file into a descriptor. */
static inline void copy_into(int to, const char *file)
{
	char bytes[65536];
	int from = check(file, open(file, O_RDONLY | O_CLOEXEC));

	for (ssize_t got; (got = check("read", read(from, bytes, sizeof(bytes)))) > 0;)
		check("write", write(to, bytes, (size_t)got));
	close(from);
}

/* What a change leaves in a file, for the case to look for. */
#define IMPLANT "implant\n"

static inline void write_implant(int to)
{
	check("write", write(to, IMPLANT, strlen(IMPLANT)));
}

static inline int run_try(const struct try *tries, size_t count, int arguments, char **values)
{
	for (size_t i = 0; arguments > 1 && i < count; i++) {
		if (strcmp(tries[i].name, values[1]))
			continue;
		if (arguments - 2 < tries[i].arguments)
			break;
		tries[i].run(values + 2);
		return 0;
	}
	fprintf(stderr, "%s: no such try, or too few arguments\n", arguments > 1 ? values[1] : values[0]);
	return 2;
}

#define MAIN(tries)                                                                     \
	int main(int arguments, char **values)                                          \
	{                                                                               \
		return run_try(tries, sizeof(tries) / sizeof(*tries), arguments, values); \
	}

#endif
