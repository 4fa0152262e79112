/* SPDX-License-Identifier: Apache-2.0 */
/* Other doors to the same files: mounts, namespaces, handles; and ways out of the container's frame. */
#include "try.h"
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

int mount(const char *, const char *, const char *, unsigned long, const void *);

#ifndef MS_BIND
#define MS_BIND 4096
#define MS_REC 16384
#define MS_PRIVATE (1 << 18)
#endif

static void create_at(int directory, const char *name, const char *mode)
{
	write_implant(check("open", openat(directory, name, O_CREAT | O_WRONLY, octal(mode))));
}

/* MOUNT PATH: opened for writing by its handle alone. */
static void try_handle(char **arg)
{
	struct { struct file_handle head; unsigned char bytes[MAX_HANDLE_SZ]; } handle;
	int id;

	handle.head.handle_bytes = MAX_HANDLE_SZ;
	check("name_to_handle_at", name_to_handle_at(AT_FDCWD, arg[1], &handle.head, &id, 0));
	int mounted = check(arg[0], open(arg[0], O_RDONLY | O_DIRECTORY));
	write_implant(check("open_by_handle_at", open_by_handle_at(mounted, &handle.head, O_WRONLY)));
}

static int clone_tree(const char *directory)
{
	return check("open_tree", syscall(SYS_open_tree, AT_FDCWD, directory, OPEN_TREE_CLONE));
}

/* DIRECTORY NAME MODE: in a copy of a mount that hangs nowhere. */
static void try_open_tree(char **arg)
{
	create_at(clone_tree(arg[0]), arg[1], arg[2]);
}

/* DIRECTORY PLACE NAME MODE: the copy is hung up elsewhere. */
static void try_move_mount(char **arg)
{
	int tree = clone_tree(arg[0]);

	check("move_mount", syscall(SYS_move_mount, tree, "", AT_FDCWD, arg[1], MOVE_MOUNT_F_EMPTY_PATH));
	check("chdir", chdir(arg[1]));
	create_at(AT_FDCWD, arg[2], arg[3]);
}

static void own_mounts(void)
{
	check("unshare", unshare(CLONE_NEWNS));
	check("mount --make-rprivate", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

/* DIRECTORY NAME MODE: the root becomes a tmpfs that has the directory at /d. */
static void try_pivot(char **arg)
{
	own_mounts();
	check("tmpfs", mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
	check("mkdir", mkdir("/mnt/d", 0755) | mkdir("/mnt/old", 0755));
	check("bind", mount(arg[0], "/mnt/d", NULL, MS_BIND, NULL));
	check("pivot_root", syscall(SYS_pivot_root, "/mnt", "/mnt/old"));
	check("chdir", chdir("/d"));
	create_at(AT_FDCWD, arg[1], arg[2]);
}

static void write_text(const char *path, const char *text)
{
	int file = check(path, open(path, O_WRONLY));

	check(path, write(file, text, strlen(text)));
	close(file);
}

/* DIRECTORY PLACE NAME MODE: as root of a user namespace of its own, through a bind mount of its own. */
static void try_user_namespace(char **arg)
{
	check("unshare", unshare(CLONE_NEWUSER | CLONE_NEWNS));
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", "0 0 1");
	write_text("/proc/self/gid_map", "0 0 1");
	check("bind", mount(arg[0], arg[1], NULL, MS_BIND, NULL));
	check("chdir", chdir(arg[1]));
	create_at(AT_FDCWD, arg[2], arg[3]);
}

/* DIRECTORY PLACE NAME MODE: a child has mounts of its own; the parent reaches in by /proc/PID/root. */
static void try_child_root(char **arg)
{
	int ready[2];
	char byte, path[4096];

	check("pipe", pipe(ready));
	pid_t child = fork();
	if (child == 0) {
		own_mounts();
		check("bind", mount(arg[0], arg[1], NULL, MS_BIND, NULL));
		check("ready", write(ready[1], "r", 1));
		pause();
	}
	check("child", read(ready[0], &byte, 1));
	snprintf(path, sizeof(path), "/proc/%d/root%s/%s", child, arg[1], arg[2]);
	int file = open(path, O_CREAT | O_WRONLY, octal(arg[3]));
	int reason = errno;
	kill(child, SIGKILL);
	errno = reason;
	check("open", file);
}

static volatile int racing = 1;

static void *rename_in_a_loop(void *directory)
{
	char one[300], two[300];

	snprintf(one, sizeof(one), "%s/one", (char *)directory);
	snprintf(two, sizeof(two), "%s/two", (char *)directory);
	while (racing) {
		rename(one, two);
		rename(two, one);
	}
	return NULL;
}

/* SCRATCH PREFIX COUNT: a neighbour renames without pause while files are made; ends well if all were. */
static void try_neighbour(char **arg)
{
	pthread_t neighbour;
	char path[4096];
	int made = 0, count = atoi(arg[2]);

	snprintf(path, sizeof(path), "%s/one", arg[0]);
	check("scratch", open(path, O_CREAT | O_WRONLY, 0644));
	errno = pthread_create(&neighbour, NULL, rename_in_a_loop, arg[0]);
	if (errno)
		fail("thread");
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s%d", arg[1], i);
		made += open(path, O_CREAT | O_WRONLY, 0755) >= 0;
	}
	int reason = errno;
	racing = 0;
	pthread_join(neighbour, NULL);
	errno = reason;
	if (made < count)
		fail("open");
}

/* PATH MODE: created by a grandchild of a session of its own, whose ancestors are gone. */
static void try_daemon(char **arg)
{
	int result[2];
	char text[128] = "";

	check("pipe", pipe(result));
	if (fork() == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		while (getppid() != 1)
			usleep(1000);
		int file = open(arg[0], O_CREAT | O_WRONLY, octal(arg[1]));
		int reason = file < 0 ? errno : 0;
		check("result", write(result[1], &reason, sizeof(reason)));
		_exit(0);
	}
	close(result[1]);
	check("result", read(result[0], text, sizeof(text)));
	memcpy(&errno, text, sizeof(errno));
	if (errno)
		fail("open");
}

/* PATH MODE: in a thread. */
static void *thread_open(void *arg)
{
	char **values = arg;
	int file = open(values[0], O_CREAT | O_WRONLY, octal(values[1]));

	return file < 0 ? (void *)(long)errno : NULL;
}

static void try_thread(char **arg)
{
	pthread_t thread;
	void *reason;

	errno = pthread_create(&thread, NULL, thread_open, arg);
	if (errno)
		fail("thread");
	pthread_join(thread, &reason);
	errno = (int)(long)reason;
	if (errno)
		fail("open");
}

/* PATH MODE how: by a child that was made in another way than by fork. */
static int clone_open(void *arg)
{
	char **values = arg;
	int file = open(values[0], O_CREAT | O_WRONLY, octal(values[1]));

	return file < 0 ? errno : 0;
}

static void try_clone(char **arg)
{
	static char stack[65536] __attribute__((aligned(16)));
	int flags = !strcmp(arg[2], "vm") ? CLONE_VM : !strcmp(arg[2], "pid") ? CLONE_NEWPID : CLONE_PARENT;
	int shares = flags == CLONE_PARENT ? 0 : SIGCHLD;
	pid_t child = check("clone", clone(clone_open, stack + sizeof(stack), flags | shares, arg));
	int status = 0;

	if (flags == CLONE_PARENT) { /* the parent's to wait for; the file tells */
		usleep(200000);
		exit(0);
	}
	check("wait", waitpid(child, &status, 0));
	errno = WEXITSTATUS(status);
	if (errno)
		fail("open");
}

static const struct try tries[] = {
	{ "handle", 2, try_handle },
	{ "open-tree", 3, try_open_tree },
	{ "move-mount", 4, try_move_mount },
	{ "pivot", 3, try_pivot },
	{ "user-namespace", 4, try_user_namespace },
	{ "child-root", 4, try_child_root },
	{ "neighbour", 3, try_neighbour },
	{ "daemon", 2, try_daemon },
	{ "thread", 2, try_thread },
	{ "clone", 3, try_clone },
};

MAIN(tries)
