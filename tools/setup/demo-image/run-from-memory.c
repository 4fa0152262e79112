/* run-from-memory FILE [ARGUMENT…]: executes a copy of FILE that is in no file system (memfd_create,
 * execveat with an empty path), as loaders of malware do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static int fail(const char *what)
{
	fprintf(stderr, "run-from-memory: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int count, char **args)
{
	struct stat status;

	if (count < 2) {
		fprintf(stderr, "usage: run-from-memory FILE [ARGUMENT...]\n");
		return 2;
	}
	int file = open(args[1], O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &status))
		return fail(args[1]);
	int memory = memfd_create("payload", MFD_CLOEXEC);
	if (memory < 0)
		return fail("memfd_create");
	for (off_t left = status.st_size; left > 0;) {
		ssize_t sent = sendfile(memory, file, NULL, left);
		if (sent <= 0)
			return fail("sendfile");
		left -= sent;
	}
	syscall(SYS_execveat, memory, "", args + 1, environ, AT_EMPTY_PATH);
	return fail("execveat");
}
