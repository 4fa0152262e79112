/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fields of kernel structures that the programs read. Only names count: libbpf finds the offsets of the
 * running kernel in its BTF, so order and gaps here mean nothing. */
#ifndef D4C_KERNEL_TYPES_H
#define D4C_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node *next;
	struct hlist_bl_node **pprev;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct list_head {
	struct list_head *next;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	/* One of them. */
	struct timespec64 i_ctime;   /* before 6.6 */
	struct timespec64 __i_ctime; /* before 6.11 */
	__s64 i_ctime_sec;
	unsigned int i_ctime_nsec;
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_rdev;
	const unsigned int i_nlink;
};

/* Its first words stand for any. */
struct pt_regs {
	unsigned long r15, r14;
};

struct seqcount {
	unsigned int sequence;
};

struct seqcount_spinlock {
	struct seqcount seqcount;
};

struct dentry {
	unsigned int d_flags;
	struct seqcount_spinlock d_seq;
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct ns_common {
	unsigned int inum;
};

struct mount;

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
	__u64 seq;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts; /* those on it, by their mnt_child */
	struct list_head mnt_child;
	int mnt_id;
	__u64 mnt_id_unique; /* from 6.8 */
	struct mnt_namespace *mnt_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
};

/* Of a file that overlay has opened below one of its own, from 6.5; the path is that of its own from 6.8. */
struct backing_file {
	struct file file;
	struct path user_path;
};

struct ovl_inode {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
};

struct vm_area_struct {
	struct file *vm_file;
	unsigned long vm_flags;
};

struct posix_acl_entry {
	short e_tag;
	unsigned short e_perm;
};

struct posix_acl {
	unsigned int a_count;
	struct posix_acl_entry a_entries[1];
};

struct linux_binprm {
	struct file *file;
	struct cred *cred;
	unsigned long p; /* where its strings begin, the arguments first */
	unsigned long exec; /* and the last one, its file's name */
	int argc;
};

struct fs_struct {
	int umask;
	struct path root;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
};

struct uid_gid_extent {
	__u32 first;
	__u32 lower_first;
	__u32 count;
};

struct uid_gid_map {
	struct uid_gid_extent extent[5];
	struct uid_gid_extent *forward; /* in place of them, where they are more */
	__u32 nr_extents;
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	struct user_namespace *parent;
	int level;
	struct ns_common ns;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
	struct user_namespace *user_ns;
};

struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
};

struct signal_struct {
	struct pid *pids[4];
	struct tty_struct *tty;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
	struct cgroup *ancestors[1]; /* from the hierarchy's root down to itself */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct nameidata;
struct bpf_local_storage;

struct task_struct {
	int pid;
	int tgid;
	unsigned int flags;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	__u64 start_boottime;
	const struct cred *cred;
	const struct cred *real_cred;
	char comm[16];
	unsigned in_execve : 1;
	struct bpf_local_storage *bpf_storage;
	struct nameidata *nameidata;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct mm_struct *mm;
	struct css_set *cgroups;
};

struct bpf_map {
	char name[16];
};

struct bpf_prog_aux {
	char name[16];
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* From 6.15 the flags of a dentry are an enumeration, with other values. */
enum dentry_flags {
	DCACHE_PAR_LOOKUP = 1 << 28,
};

#define D4C_PAR_LOOKUP \
	(bpf_core_enum_value_exists(enum dentry_flags, DCACHE_PAR_LOOKUP) ? \
		 bpf_core_enum_value(enum dentry_flags, DCACHE_PAR_LOOKUP) : \
		 1 << 28)

#define D4C_S_IFMT 0170000
#define D4C_S_IFCHR 0020000
#define D4C_S_IFREG 0100000
#define D4C_S_IFDIR 0040000
#define D4C_S_IXUGO 0111
#define D4C_S_ISUID 04000
#define D4C_S_ISGID 02000

#define D4C_FMODE_WRITE 0x2
#define D4C_FMODE_CREATED 0x100000
#define D4C_O_CREAT 0100
#define D4C_O_TRUNC 01000
#define D4C_O_TMPFILE 020000000 /* without O_DIRECTORY, which comes with it */
#define D4C_FMODE_EXEC_FLAG 0x20 /* in f_flags: opened by execve, or as the interpreter of an ELF file */

#define D4C_PROT_EXEC 4
#define D4C_VM_EXEC 4
#define D4C_CLONE_THREAD 0x10000
#define D4C_MAGIC_OVERLAY 0x794c7630

#define D4C_SB_KERNMOUNT (1 << 22)
#define D4C_RENAME_EXCHANGE 2

/* Places in pid->tasks, task->pid_links, signal->pids. */
#define D4C_PIDTYPE_TGID 1
#define D4C_PIDTYPE_PGID 2
#define D4C_PIDTYPE_SID 3

#define D4C_PF_EXITING 0x4
#define D4C_PF_IO_WORKER 0x10

#define D4C_EPERM 1
#define D4C_ENOMEM 12
#define D4C_EINVAL 22

#endif
