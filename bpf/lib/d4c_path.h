/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The paths of a file: up from its dentry, by the mounts used, to the root of its mount namespace. On the
 * way the walk notes where it passes the container's root directory: what follows is the path within the
 * container's own file system. Only where a mount hides that root is there a second walk, without mounts.
 *
 * Renames and mounts go on meanwhile. A walk counts if the kernel's two sequence counters for them stood
 * still; else, or where their addresses are hidden, if two walks in a row saw the same. */
#ifndef D4C_PATH_H
#define D4C_PATH_H

#include "d4c_scratch.h"

#define D4C_WALK_UNDERWAY 0
#define D4C_WALK_TOP 1       /* root of a mount namespace, or the root looked for */
#define D4C_WALK_TOO_LONG 2
#define D4C_WALK_DETACHED 3  /* ends where nothing is mounted any more, or at a dentry without a name */
#define D4C_WALK_NOWHERE 4   /* a file system that is mounted for the kernel alone */
/* Components, and as many mounts. */
#define D4C_STEPS_MAX (D4C_PATH_COMPONENTS_MAX + 512)
#define D4C_WALKS_MAX 4

struct d4c_locks {
	__u32 rename;
	__u32 mount;
};

/* Both begin with the sequence counter, odd while there is a writer. 0: their addresses are hidden, or there is. */
static __always_inline int d4c_read_locks(struct d4c_locks *locks)
{
	__u32 zero = 0;
	struct d4c_settings *settings = bpf_map_lookup_elem(&d4c_settings, &zero);

	if (!settings || !settings->rename_lock || !settings->mount_lock)
		return 0;
	locks->rename = D4C_READ((struct seqcount *)settings->rename_lock, sequence);
	locks->mount = D4C_READ((struct seqcount *)settings->mount_lock, sequence);
	return !((locks->rename | locks->mount) & 1);
}

/* What stands above the topmost mount. */
static __always_inline __u32 d4c_top_of(struct mount *mount)
{
	struct mnt_namespace *namespace = D4C_READ(mount, mnt_ns);

	if ((long)namespace == -D4C_EINVAL)
		return D4C_WALK_NOWHERE;
	if (!namespace)
		return D4C_WALK_DETACHED;
	/* An anonymous namespace: a tree that open_tree made and nobody has mounted. */
	if (bpf_core_field_exists(namespace->seq) && D4C_READ(namespace, seq) == 0)
		return D4C_WALK_DETACHED;
	return D4C_READ(namespace, root) == mount ? D4C_WALK_TOP : D4C_WALK_DETACHED;
}

static __always_inline void d4c_seal(struct d4c_walk *walk, __u64 value)
{
	walk->seal = (walk->seal ^ value) * 0x9e3779b97f4a7c15ull;
}

/* From the root of a mount to the directory that it is mounted on. */
static __always_inline long d4c_leave_mount(struct d4c_walk *walk)
{
	struct mount *mount = (void *)walk->mount;
	struct mount *parent = D4C_READ(mount, mnt_parent);

	if (parent == mount) {
		walk->end = d4c_top_of(mount);
		return 1;
	}
	walk->crossed = 1;
	walk->dentry = (__u64)D4C_READ(mount, mnt_mountpoint);
	walk->mount = (__u64)parent;
	walk->mount_root = (__u64)D4C_READ(parent, mnt.mnt_root);
	if (walk->sealing)
		d4c_seal(walk, (__u64)parent);
	return 0;
}

/* What a dentry tells of its place. */
struct d4c_rung {
	struct dentry *parent; /* 0: it could not be read */
	__u64 hash_len;
	const unsigned char *name;
};

/* Without a cast by one read for all of it: it lies side by side in every kernel so far. */
static __always_inline void d4c_read_dentry(struct d4c_rung *rung, struct dentry *dentry)
{
	const __u32 parent = bpf_core_field_offset(dentry->d_parent), name = bpf_core_field_offset(dentry->d_name);
	__u64 type = d4c_type_of(dentry);

	if (type) {
		dentry = d4c_cast(dentry, type);
		rung->parent = dentry->d_parent;
		rung->hash_len = dentry->d_name.hash_len;
		rung->name = dentry->d_name.name;
		d4c_plain(rung->parent);
		d4c_plain(rung->name);
		return;
	}
	if (name == parent + sizeof(rung->parent)) {
		if (bpf_probe_read_kernel(rung, sizeof(*rung), (void *)dentry + parent))
			rung->parent = 0;
	} else if (bpf_probe_read_kernel(&rung->parent, sizeof(rung->parent), (void *)dentry + parent) ||
		   bpf_probe_read_kernel(&rung->hash_len, sizeof(struct qstr), (void *)dentry + name)) {
		rung->parent = 0;
	}
}

#define D4C_SHORT_NAME_BYTES 16

/* Puts a name at `to` of the work buffer. A short one by words: they lie in the page that it lies in, as names
 * begin at words. What they would put behind its end is what stood there. */
static __always_inline void d4c_put_name(__u8 *to, __u32 length, const unsigned char *name)
{
	__u64 type = d4c_type(D4C_TYPE_pt_regs), first, second, *word = (void *)to, *behind;
	struct pt_regs *words;

	if (!type || length > D4C_SHORT_NAME_BYTES || (__u64)name & 7) {
		bpf_probe_read_kernel(to, length, name);
		return;
	}
	behind = (void *)to + length;
	/* The compiler, which sees where they are, would go by bytes. */
	asm("" : "+r"(word), "+r"(behind));
	first = behind[0];
	second = behind[1];
	words = d4c_cast(name, type);
	word[0] = words->r15;
	word[1] = words->r14;
	behind[0] = first;
	behind[1] = second;
}

static __always_inline void d4c_seal_dentry(struct d4c_walk *walk, struct dentry *dentry, __u64 hash_len)
{
	__u32 sequence = D4C_READ(dentry, d_seq.seqcount.sequence);

	d4c_seal(walk, (__u64)dentry);
	d4c_seal(walk, hash_len);
	d4c_seal(walk, sequence);
	walk->torn |= sequence & 1;
}

/* Puts "/" and the dentry's name in front of what there is, and goes on to its parent. */
static __always_inline long d4c_leave_dentry(struct d4c_scratch *s, struct d4c_walk *walk)
{
	struct dentry *dentry = (void *)walk->dentry;
	struct d4c_rung rung;
	__u32 length, offset = walk->offset;

	d4c_read_dentry(&rung, dentry);
	if (!rung.parent || rung.parent == dentry) {
		walk->end = D4C_WALK_DETACHED;
		return 1;
	}
	length = rung.hash_len >> 32;
	/* Some file systems have longer names (FUSE, vfat): a part of one would be another file's. */
	if (length > 0xff || offset > D4C_PATH_BUFFER_BYTES || offset < length + 2) {
		walk->end = D4C_WALK_TOO_LONG;
		return 1;
	}
	offset -= length + 1;
	s->work[offset & D4C_PATH_MASK] = '/';
	/* The verifier of 6.12 loses the bound in a callback: mask right before the use. */
	asm volatile("" : "+r"(length));
	length &= 0xff;
	d4c_put_name(&s->work[(offset & D4C_PATH_MASK) + 1], length, rung.name);
	if (walk->sealing)
		d4c_seal_dentry(walk, dentry, rung.hash_len);
	walk->offset = offset;
	walk->dentry = (__u64)rung.parent;
	return 0;
}

static long d4c_step_up(__u32 turn, void *context)
{
	struct d4c_scratch *s = *(struct d4c_scratch **)context;
	struct d4c_walk *walk = &s->walk;

	if (walk->dentry == walk->root_dentry && !walk->crossed) {
		walk->root_offset = walk->offset;
		if (!walk->mount_root) {
			walk->end = D4C_WALK_TOP;
			return 1;
		}
	}
	if (walk->dentry == walk->mount_root)
		return d4c_leave_mount(walk);
	return d4c_leave_dentry(s, walk);
}

/* Not static, here and elsewhere: the verifier then looks at such a function once in each program, and not
 * again at each call. */
__noinline int d4c_walk_up(struct d4c_scratch *s, __u64 dentry, __u64 vfsmount, int sealing)
{
	struct d4c_walk *walk;
	struct vfsmount *mount = (void *)vfsmount;

	if (!s)
		return 0;
	walk = &s->walk;

	walk->dentry = dentry;
	walk->mount = 0;
	walk->mount_root = 0;
	if (vfsmount) {
		walk->mount = vfsmount - bpf_core_field_offset(struct mount, mnt);
		walk->mount_root = (__u64)D4C_READ(mount, mnt_root);
	}
	walk->seal = 0;
	walk->torn = 0;
	walk->offset = D4C_PATH_BUFFER_BYTES;
	walk->root_offset = 0;
	walk->end = D4C_WALK_UNDERWAY;
	walk->crossed = 0;
	walk->sealing = sealing;
	bpf_loop(D4C_STEPS_MAX, d4c_step_up, &s, 0);
	if (walk->end == D4C_WALK_UNDERWAY)
		walk->end = D4C_WALK_TOO_LONG;
	return 0;
}

/* Walks until what it saw can be relied on. s->walk tells what came of it; 0: nothing to rely on.
 * `vfsmount` 0: mounts are ignored, the walk ends at the container's root. */
__noinline int d4c_walk(struct d4c_scratch *s, __u64 dentry, __u64 vfsmount)
{
	__u64 seal = 0;

	if (!s)
		return 0;
	for (int i = 0; i < D4C_WALKS_MAX; i++) {
		struct d4c_locks before = {}, after = {};
		int known = d4c_read_locks(&before);

		d4c_walk_up(s, dentry, vfsmount, i > 0 || !known);
		if (known && d4c_read_locks(&after) && before.rename == after.rename && before.mount == after.mount)
			return 1;
		if (s->walk.sealing && !s->walk.torn && s->walk.seal == seal)
			return 1;
		seal = s->walk.sealing ? s->walk.seal : 0;
	}
	return 0;
}

/* A file that has no name left, or whose name is not the one that the kernel still shows: D4C_PATHS_NONE,
 * D4C_PATHS_UNKNOWN; 0: its dentry is its name. */
static __always_inline __u32 d4c_nameless(struct dentry *dentry)
{
	struct inode *inode;
	const unsigned char *name;
	char start[2] = {};

	if (D4C_READ(dentry, d_hash.pprev))
		return 0;
	inode = D4C_READ(dentry, d_inode);
	if (!inode || D4C_READ(inode, i_nlink))
		return D4C_PATHS_UNKNOWN;
	/* An unnamed file's name is "#" and its inode number. */
	name = D4C_READ(dentry, d_name.name);
	bpf_probe_read_kernel(start, sizeof(start), name);
	return start[0] == '#' && start[1] >= '0' && start[1] <= '9' ? 0 : D4C_PATHS_NONE;
}

#endif
