/* SPDX-License-Identifier: Apache-2.0 */
/* Ways in which a file comes to a name, or a name to an x bit. */
#include "try.h"
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* FLAGS PATH MODE */
static void try_open(char **arg)
{
	close(check("open", open(arg[1], open_flags(arg[0]), octal(arg[2]))));
}

/* FLAGS DIRECTORY PATH MODE RESOLVE: the path is taken from the directory. */
static void try_openat2(char **arg)
{
	struct open_how how = { .flags = (unsigned)open_flags(arg[0]), .mode = octal(arg[3]) };
	int directory = check(arg[1], open(arg[1], O_PATH | O_DIRECTORY));

	if (!strcmp(arg[4], "beneath"))
		how.resolve = RESOLVE_BENEATH;
	else if (!strcmp(arg[4], "root"))
		how.resolve = RESOLVE_IN_ROOT;
	check("openat2", syscall(SYS_openat2, directory, arg[2], &how, sizeof(how)));
}

/* PATH MODE */
static void try_creat(char **arg)
{
	check("creat", creat(arg[0], octal(arg[1])));
}

/* PATH MODE, with the type of the file in the mode: 0100755 */
static void try_mknod(char **arg)
{
	check("mknod", mknod(arg[0], octal(arg[1]), 0));
}

/* UMASK FLAGS PATH MODE */
static void try_umask(char **arg)
{
	umask(octal(arg[0]));
	try_open(arg + 1);
}

/* PATH MODE: an open that is denied, a file of that name made by other means, the same open again. */
static void try_open_make_open(char **arg)
{
	int file = open(arg[0], O_CREAT | O_WRONLY, octal(arg[1]));

	if (file < 0)
		check("mknod", mknod(arg[0], S_IFREG | 0644, 0));
	check("open again", open(arg[0], O_CREAT | O_WRONLY, octal(arg[1])));
}

static int unnamed(const char *directory, const char *mode)
{
	return check("open O_TMPFILE", open(directory, O_TMPFILE | O_RDWR, octal(mode)));
}

static void link_proc(int file, const char *path)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file);
	check("linkat /proc/self/fd", linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

/* DIRECTORY MODE */
static void try_unnamed(char **arg)
{
	write_implant(unnamed(arg[0], arg[1]));
}

/* DIRECTORY MODE PATH proc|empty: made without a name, which comes later. */
static void try_unnamed_link(char **arg)
{
	int file = unnamed(arg[0], arg[1]);

	write_implant(file);
	if (!strcmp(arg[3], "proc"))
		link_proc(file, arg[2]);
	else
		check("linkat AT_EMPTY_PATH", linkat(file, "", AT_FDCWD, arg[2], AT_EMPTY_PATH));
}

/* DIRECTORY MODE NEWMODE PATH: the x bit comes before the name. */
static void try_unnamed_chmod_link(char **arg)
{
	int file = unnamed(arg[0], arg[1]);

	check("fchmod", fchmod(file, octal(arg[2])));
	link_proc(file, arg[3]);
}

/* DIRECTORY MODE PATH NEWMODE: the name comes before the x bit, given through the old descriptor. */
static void try_unnamed_link_chmod(char **arg)
{
	int file = unnamed(arg[0], arg[1]);

	link_proc(file, arg[2]);
	check("fchmod", fchmod(file, octal(arg[3])));
}

/* PATH MODE how */
static void try_chmod(char **arg)
{
	const char *how = arg[2];
	mode_t mode = octal(arg[1]);
	int is_path = !strcmp(how, "proc-path") || !strcmp(how, "fchmodat2-empty");
	int file = check(arg[0], open(arg[0], is_path ? O_PATH : O_RDONLY));
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file);
	if (!strcmp(how, "chmod"))
		check("chmod", chmod(arg[0], mode));
	else if (!strcmp(how, "fchmod"))
		check("fchmod", fchmod(file, mode));
	else if (!strcmp(how, "fchmodat"))
		check("fchmodat", fchmodat(AT_FDCWD, arg[0], mode, 0));
	else if (!strcmp(how, "fchmodat2"))
		check("fchmodat2", syscall(SYS_fchmodat2, AT_FDCWD, arg[0], mode, AT_SYMLINK_NOFOLLOW));
	else if (!strcmp(how, "fchmodat2-empty"))
		check("fchmodat2", syscall(SYS_fchmodat2, file, "", mode, AT_EMPTY_PATH));
	else
		check("chmod /proc/self/fd", chmod(self, mode));
}

/* FROM TO noreplace|exchange|whiteout|none */
static void try_rename(char **arg)
{
	unsigned flags = !strcmp(arg[2], "noreplace")  ? RENAME_NOREPLACE
			 : !strcmp(arg[2], "exchange") ? RENAME_EXCHANGE
			 : !strcmp(arg[2], "whiteout") ? RENAME_WHITEOUT
						       : 0;

	check("renameat2", syscall(SYS_renameat2, AT_FDCWD, arg[0], AT_FDCWD, arg[1], flags));
}

/* FROM TO plain|proc|empty */
static void try_link(char **arg)
{
	if (!strcmp(arg[2], "plain")) {
		check("link", link(arg[0], arg[1]));
		return;
	}
	int file = check(arg[0], open(arg[0], O_PATH));
	if (!strcmp(arg[2], "proc"))
		link_proc(file, arg[1]);
	else
		check("linkat AT_EMPTY_PATH", linkat(file, "", AT_FDCWD, arg[1], AT_EMPTY_PATH));
}

/* PREFIX MODE: the name has bytes that no UTF-8 text has. */
static void try_bytes(char **arg)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s\xff\xfe\x80", arg[0]);
	check("open", open(path, O_CREAT | O_WRONLY, octal(arg[1])));
}

/* DIRECTORY NEWROOT NAME MODE: a descriptor from before a chroot goes on leading out of it. */
static void try_chroot_descriptor(char **arg)
{
	int directory = check(arg[0], open(arg[0], O_PATH | O_DIRECTORY));

	check("chroot", chroot(arg[1]));
	check("chdir", chdir("/"));
	check("openat", openat(directory, arg[2], O_CREAT | O_WRONLY, octal(arg[3])));
}

/* DIRECTORY NAME MODE: a file whose path has more bytes than any path may have. */
static void try_deep(char **arg)
{
	char name[201];

	memset(name, 'd', 200);
	name[200] = 0;
	check(arg[0], chdir(arg[0]));
	for (int i = 0; i < 22; i++) {
		check("mkdir", mkdir(name, 0755));
		check("chdir", chdir(name));
	}
	check("open", open(arg[1], O_CREAT | O_WRONLY, octal(arg[2])));
}

/* PATH: the name of a socket. */
static void try_socket(char **arg)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", arg[0]);
	check("bind", bind(check("socket", socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr *)&name, sizeof(name)));
}

/* PATH MODE: open by the system call table of 32-bit programs. */
static void try_int80(char **arg)
{
	static char path[4096]; /* below 4 GiB in a static program */
	long result;

	snprintf(path, sizeof(path), "%s", arg[0]);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(5L), "b"(path), "c"((long)(O_CREAT | O_WRONLY)), "d"((long)octal(arg[1]))
			 : "memory", "r8", "r9", "r10", "r11");
	errno = (int)-result;
	check("open", result < 0 ? -1 : 0);
}

/* CGROUP PATH MODE: by a child that is put into another cgroup as it is made. */
static void try_clone_into(char **arg)
{
	struct { __u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; }
		how = { .flags = 0x200000000ULL, .exit_signal = 17 };
	int status;

	how.cgroup = (__u64)check(arg[0], open(arg[0], O_PATH | O_DIRECTORY));
	long child = check("clone3", syscall(SYS_clone3, &how, sizeof(how)));
	if (child == 0) {
		int file = open(arg[1], O_CREAT | O_WRONLY, octal(arg[2]));
		_exit(file < 0 ? errno : 0);
	}
	check("wait", waitpid((pid_t)child, &status, 0));
	errno = WEXITSTATUS(status);
	check("open", errno ? -1 : 0);
}

static const struct try tries[] = {
	{ "open", 3, try_open },
	{ "openat2", 5, try_openat2 },
	{ "creat", 2, try_creat },
	{ "mknod", 2, try_mknod },
	{ "umask", 4, try_umask },
	{ "open-make-open", 2, try_open_make_open },
	{ "unnamed", 2, try_unnamed },
	{ "unnamed-link", 4, try_unnamed_link },
	{ "unnamed-chmod-link", 4, try_unnamed_chmod_link },
	{ "unnamed-link-chmod", 4, try_unnamed_link_chmod },
	{ "chmod", 3, try_chmod },
	{ "rename", 3, try_rename },
	{ "link", 3, try_link },
	{ "bytes", 2, try_bytes },
	{ "chroot-descriptor", 4, try_chroot_descriptor },
	{ "deep", 3, try_deep },
	{ "socket", 1, try_socket },
	{ "int80", 2, try_int80 },
	{ "clone-into", 3, try_clone_into },
};

MAIN(tries)
