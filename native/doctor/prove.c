/* prove CGROUP-PROCS ROOT: tries, in a scratch container, one forbidden operation for each hook, and prints
 * a line for each: the hook and the error number that the kernel gave (0: it went through).
 *
 * The container is as little as makes one: a cgroup, a pid namespace, a mount namespace, a root directory of its
 * own. ROOT holds this program as /prove, and the files that src/cli/doctor/proof.ts lays out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

extern char **environ;

static int die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static void tell(const char *hook, long result)
{
	printf("%s %d\n", hook, result < 0 ? errno : 0);
	fflush(stdout);
}

/* A descriptor opened while the file was none of the policy's: only its truncation is judged. */
static long truncate_late(void)
{
	int file = open("/proof/exe-late", O_WRONLY);

	if (file < 0 || chmod("/proof/exe-late", 0755))
		return die("/proof/exe-late"), 0;
	return ftruncate(file, 0);
}

static long run_from_memory(void)
{
	char *args[] = {"prove", NULL};
	struct stat status;
	int file = open("/prove", O_RDONLY), memory = memfd_create("proof", MFD_CLOEXEC);

	if (file < 0 || memory < 0 || fstat(file, &status) || sendfile(memory, file, NULL, status.st_size) != status.st_size)
		return die("memfd"), 0;
	return syscall(SYS_execveat, memory, "", args, environ, AT_EMPTY_PATH);
}

/* Everybody may execute it. */
static long give_list(const char *path)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[3];
	} list = {
		{ POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, 7, (__le32)ACL_UNDEFINED_ID },
		  { ACL_GROUP_OBJ, 5, (__le32)ACL_UNDEFINED_ID },
		  { ACL_OTHER, 5, (__le32)ACL_UNDEFINED_ID } },
	};

	return setxattr(path, "system.posix_acl_access", &list, sizeof(list), 0);
}

static long give_capability(const char *path)
{
	struct vfs_cap_data data = { .magic_etc = VFS_CAP_REVISION_2 };

	return setxattr(path, "security.capability", &data, sizeof(data), 0);
}

/* A file of the container's own making: no code of the image. */
static long map_drift(int protection)
{
	int file = open("/proof/drift", O_RDWR | O_CREAT, 0644);
	void *code;

	if (file < 0 || write(file, "x", 1) != 1)
		return die("/proof/drift"), 0;
	code = mmap(NULL, 1, protection, MAP_PRIVATE, file, 0);
	close(file);
	if (code == MAP_FAILED)
		return -1;
	return mprotect(code, 1, PROT_READ | PROT_EXEC);
}

/* Runs this program by another name; it tells nothing then. */
static void try_to_run(const char *hook, char *path)
{
	char *args[] = {"told", NULL};
	pid_t child = fork();
	int status = 1;

	if (child == 0) {
		tell(hook, execve(path, args, environ));
		_exit(1);
	}
	waitpid(child, &status, 0);
	if (status == 0)
		tell(hook, 0);
}

/* That a child is still the container's. */
static void try_in_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		tell("task_alloc", open("/proof/exe", O_WRONLY));
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int attempts(void)
{
	tell("path_mknod", mknod("/proof/new-file", S_IFREG | 0644, 0));
	tell("path_symlink", symlink("src", "/proof/new-symlink"));
	tell("path_link", link("/proof/src", "/proof/x-link"));
	tell("path_rename", rename("/proof/src", "/proof/x-moved"));
	tell("path_unlink", unlink("/proof/keep"));
	tell("path_chmod", chmod("/proof/x-plain", 0755));
	tell("path_truncate", truncate("/proof/exe", 0));
	tell("file_truncate", truncate_late());
	tell("file_open", open("/proof/exe", O_WRONLY));
	tell("inode_setxattr", give_capability("/proof/exe"));
	tell("inode_set_acl", give_list("/proof/x-plain"));
	tell("mmap_file", map_drift(PROT_READ | PROT_EXEC));
	tell("file_mprotect", map_drift(PROT_READ));
	try_in_child();
	try_to_run("bprm_creds_from_file", "/proof/refused");
	try_to_run("bprm_committed_creds", "/proof/told");
	tell("bprm_check_security", run_from_memory());
	return 0;
}

static int enter(const char *procs, const char *root)
{
	char *args[] = {"prove", NULL};
	int group = open(procs, O_WRONLY | O_CLOEXEC);

	if (group < 0 || write(group, "0", 1) != 1)
		return die(procs);
	if (unshare(CLONE_NEWNS | CLONE_NEWPID))
		return die("unshare");
	pid_t child = fork();
	if (child < 0)
		return die("fork");
	if (child == 0) {
		if (chroot(root) || chdir("/"))
			_exit(die(root));
		execve("/prove", args, environ);
		_exit(die("/prove"));
	}
	int status;
	if (waitpid(child, &status, 0) < 0)
		return die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int count, char **args)
{
	if (!strcmp(args[0], "told"))
		return 0;
	if (count == 1)
		return attempts();
	if (count == 3)
		return enter(args[1], args[2]);
	fprintf(stderr, "usage: prove CGROUP-PROCS ROOT\n");
	return 2;
}
