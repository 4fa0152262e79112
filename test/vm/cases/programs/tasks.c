/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: how they are made, what they become, and who they are when they act. */
#include "try.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

extern char **environ;

static void leave(const char *path)
{
	close(check(path, open(path, O_CREAT | O_WRONLY, 0644)));
}

static void make(char **arg)
{
	close(check("open", open(arg[0], O_CREAT | O_WRONLY, octal(arg[1]))));
}

static void become(char **arg)
{
	execvp(arg[0], arg);
	fail(arg[0]);
}

static void end_as(pid_t child)
{
	int status;

	check("wait", waitpid(child, &status, 0));
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static pid_t clone_3(__u64 flags)
{
	struct clone_args arguments = { .flags = flags, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static void *in_thread(void *arg)
{
	(void)arg;
	leave("/tmp/ran");
	return NULL;
}

static void by_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, in_thread, NULL);
	if (errno)
		fail("thread");
	pthread_join(thread, NULL);
}

static void by_spawn(void)
{
	char *arguments[] = { "try-ran", NULL };
	pid_t child;

	errno = posix_spawn(&child, "/usr/local/bin/try-ran", NULL, NULL, arguments, environ);
	if (errno)
		fail("posix_spawn");
	end_as(child);
}

/* HOW: a child that leaves /tmp/ran behind. */
static void try_fork(char **arg)
{
	pid_t child;

	if (!strcmp(arg[0], "thread"))
		return by_thread();
	if (!strcmp(arg[0], "spawn"))
		return by_spawn();
	if (!strcmp(arg[0], "vfork"))
		child = vfork();
	else if (!strcmp(arg[0], "clone3"))
		child = clone_3(0);
	else if (!strcmp(arg[0], "parent"))
		child = clone_3(CLONE_PARENT);
	else
		child = fork();
	check(arg[0], child);
	if (child == 0) {
		syscall(SYS_mknod, "/tmp/ran", S_IFREG | 0644, 0);
		_exit(0);
	}
	if (!strcmp(arg[0], "parent")) { /* whose to wait for it is; the file tells */
		usleep(200000);
		return;
	}
	end_as(child);
}

/* UID PATH MODE: another user from here on. */
static void try_user(char **arg)
{
	uid_t uid = (uid_t)atoi(arg[0]);

	check("setresuid", setresuid(uid, uid, uid));
	make(arg + 1);
}

static void write_text(const char *path, const char *text)
{
	int file = check(path, open(path, O_WRONLY));

	check(path, write(file, text, strlen(text)));
	close(file);
}

/* DEPTH UID PATH MODE: below so many user namespaces, in each of which it is called UID. */
static void try_namespaces(char **arg)
{
	char map[64];

	for (int i = 0, before = 0; i < atoi(arg[0]); i++, before = atoi(arg[1])) {
		check("unshare", unshare(CLONE_NEWUSER));
		write_text("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "%s %d 1", arg[1], before);
		write_text("/proc/self/uid_map", map);
		write_text("/proc/self/gid_map", "0 0 1");
	}
	make(arg + 2);
}

static void *thread_make(void *arg)
{
	make(arg);
	return NULL;
}

/* OLD NEW PATH MODE: the program gives its own file another name. */
static void try_renamed(char **arg)
{
	check("rename", rename(arg[0], arg[1]));
	make(arg + 2);
}

/* The same, and a thread of a child acts. */
static void try_renamed_child(char **arg)
{
	pthread_t thread;

	check("rename", rename(arg[0], arg[1]));
	pid_t child = check("fork", fork());
	if (child != 0)
		end_as(child);
	errno = pthread_create(&thread, NULL, thread_make, arg + 2);
	if (errno)
		fail("thread");
	pthread_join(thread, NULL);
}

/* OWN PATH MODE: it removes it. */
static void try_removed(char **arg)
{
	check("unlink", unlink(arg[0]));
	make(arg + 1);
}

/* Puts a copy in nobody's file in the place of each area that is mapped from a file. */
static void leave_file(const char *file)
{
	char line[4400];
	unsigned long start, end;
	FILE *areas = fopen("/proc/self/maps", "r");

	while (areas && fgets(line, sizeof(line), areas)) {
		if (!strstr(line, file) || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		int protection = PROT_READ | (strstr(line, " r-x") ? PROT_EXEC : 0) | (strstr(line, " rw") ? PROT_WRITE : 0);
		void *copy = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			fail("mmap");
		memcpy(copy, (void *)start, end - start);
		check("mprotect", mprotect(copy, end - start, protection));
		if (mremap(copy, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
			fail("mremap");
	}
	fclose(areas);
}

/* OWN OTHER PATH MODE: it has the kernel take another file for its program. */
static void try_disguised(char **arg)
{
	leave_file(arg[0]);
	check("PR_SET_MM", prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, check(arg[1], open(arg[1], O_RDONLY)), 0, 0));
	make(arg + 2);
}

/* OWN OTHER PATH MODE: another file takes its place, which is what its path leads to then. */
static void try_replaced(char **arg)
{
	check("rename", rename(arg[1], arg[0]));
	make(arg + 2);
}

/* HOW PATH MODE: a child, or a thread, of the program makes it, executes it, or leaves it to a child of its own. */
static void try_child(char **arg)
{
	pthread_t thread;

	if (!strcmp(arg[0], "thread")) {
		errno = pthread_create(&thread, NULL, thread_make, arg + 1);
		if (errno)
			fail("thread");
		pthread_join(thread, NULL);
		return;
	}
	pid_t child = check("fork", fork());
	if (child != 0)
		end_as(child);
	if (!strcmp(arg[0], "exec"))
		become(arg + 1);
	if (!strcmp(arg[0], "grandchild")) {
		child = check("fork", fork());
		if (child != 0)
			end_as(child);
	}
	make(arg + 1);
	exit(0);
}

static void *thread_become(void *arg)
{
	become(arg);
	return NULL;
}

/* PROGRAM ARGUMENT…: executed by a thread, which takes its leader's place. */
static void try_thread_becomes(char **arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, thread_become, arg);
	if (errno)
		fail("thread");
	pause();
}

/* PROGRAM ARGUMENT…: as the leader of a session with a terminal of its own. */
static void try_terminal(char **arg)
{
	int terminal = check("ptmx", open("/dev/ptmx", O_RDWR | O_NOCTTY)), unlock = 0;
	char name[64];
	unsigned number;

	check("unlock", ioctl(terminal, TIOCSPTLCK, &unlock));
	check("number", ioctl(terminal, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%u", number);
	pid_t child = check("fork", fork());
	if (child == 0) {
		check("setsid", setsid());
		check("terminal", ioctl(check(name, open(name, O_RDWR)), TIOCSCTTY, 0));
		become(arg);
	}
	end_as(child);
}

/* PATH MODE: a member of the session lets go of its terminal. */
static void try_let_go(char **arg)
{
	check("let go", ioctl(check("/dev/tty", open("/dev/tty", O_RDWR)), TIOCNOTTY));
	make(arg);
}

/* PATH MODE: in a session whose leader is gone. */
static void try_orphan(char **arg)
{
	int result[2], reason = 0;

	check("pipe", pipe(result));
	if (check("fork", fork()) == 0) {
		check("setsid", setsid());
		if (check("fork", fork()) != 0)
			_exit(0);
		while (getppid() != 1)
			usleep(1000);
		int file = open(arg[0], O_CREAT | O_WRONLY, octal(arg[1]));
		reason = file < 0 ? errno : 0;
		check("result", write(result[1], &reason, sizeof(reason)));
		_exit(0);
	}
	check("result", read(result[0], &reason, sizeof(reason)));
	errno = reason;
	if (reason)
		fail("open");
}

/* PATH PROGRAM: what it could not become it is none the worse for. */
static void try_refused(char **arg)
{
	execl(arg[1], arg[1], NULL);
	int reason = errno;
	leave(arg[0]);
	errno = reason;
	fail("execute");
}

static const struct try tries[] = {
	{ "fork", 1, try_fork },
	{ "user", 3, try_user },
	{ "namespaces", 4, try_namespaces },
	{ "renamed", 4, try_renamed },
	{ "renamed-child", 4, try_renamed_child },
	{ "removed", 3, try_removed },
	{ "replaced", 4, try_replaced },
	{ "disguised", 4, try_disguised },
	{ "child", 3, try_child },
	{ "thread-becomes", 1, try_thread_becomes },
	{ "terminal", 1, try_terminal },
	{ "let-go", 2, try_let_go },
	{ "orphan", 2, try_orphan },
	{ "refused", 2, try_refused },
};

MAIN(tries)
