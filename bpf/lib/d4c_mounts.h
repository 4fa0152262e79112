/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Volume mounts: those that the runtime had set up when the container began. They are remembered then, with
 * the places they are at; a mount that is not among them, or no longer at its place, is the container's own. */
#ifndef D4C_MOUNTS_H
#define D4C_MOUNTS_H

#include "d4c_maps.h"

/* A step goes to a mount, or from the last one on a mount back to that. */
#define D4C_MOUNT_STEPS_MAX (2 * D4C_CONTAINER_MOUNTS_MAX)

#define D4C_MAGIC_TMPFS 0x01021994
#define D4C_MAGIC_PROC 0x9fa0
#define D4C_MAGIC_SYSFS 0x62656572
#define D4C_MAGIC_DEVPTS 0x1cd1
#define D4C_MAGIC_MQUEUE 0x19800202
#define D4C_MAGIC_CGROUP 0x27e0eb
#define D4C_MAGIC_CGROUP2 0x63677270

/* From 6.8 a number that never comes again. */
static __always_inline __u64 d4c_mount_number(struct mount *mount)
{
	if (bpf_core_field_exists(mount->mnt_id_unique))
		return D4C_READ(mount, mnt_id_unique);
	return D4C_READ(mount, mnt_id);
}

/* Drops what is remembered of a container, mount by mount. */
static long d4c_forget_mount(__u32 turn, void *context)
{
	struct d4c_mount_key *key = context, this = *key;
	struct d4c_mount *mount = bpf_map_lookup_elem(&d4c_mounts, &this);

	if (!mount)
		return 1;
	key->mount = mount->next;
	bpf_map_delete_elem(&d4c_mounts, &this);
	return key->mount == 0;
}

static __always_inline void d4c_forget_mounts(__u64 container)
{
	struct d4c_mount_key key = {.container = container};

	bpf_loop(D4C_CONTAINER_MOUNTS_MAX + 1, d4c_forget_mount, &key, 0);
}

/* A walk over the mounts below the container's root. */
struct d4c_mount_walk {
	__u64 container;
	__u64 root_dentry;
	__u64 top;
	__u64 at;
	__u64 climbing; /* all that is on this one is done */
	__u64 last;     /* remembered last */
};

/* Names of three letters, as a number. */
#define D4C_NAME_DEV 0x766564
#define D4C_NAME_SHM 0x6d6873

static __always_inline __u32 d4c_short_name(struct dentry *dentry)
{
	__u32 name = 0;

	bpf_probe_read_kernel(&name, sizeof(name), D4C_READ(dentry, d_name.name));
	return name;
}

/* The tmpfs of /dev, and that of /dev/shm, on it or on the root. */
static __always_inline int d4c_is_device_tmpfs(const struct d4c_mount_walk *walk, struct mount *mount)
{
	struct dentry *place = D4C_READ(mount, mnt_mountpoint), *folder = D4C_READ(place, d_parent);
	struct mount *on = D4C_READ(mount, mnt_parent);

	if (d4c_short_name(place) == D4C_NAME_SHM) {
		place = folder;
		if (folder == D4C_READ(on, mnt.mnt_root)) {
			place = D4C_READ(on, mnt_mountpoint);
			on = D4C_READ(on, mnt_parent);
		}
		folder = D4C_READ(place, d_parent);
	}
	return (__u64)on == walk->top && (__u64)folder == walk->root_dentry && d4c_short_name(place) == D4C_NAME_DEV;
}

static __always_inline __u32 d4c_kind_of_mount(const struct d4c_mount_walk *walk, struct mount *mount)
{
	__u64 magic = D4C_READ(mount, mnt.mnt_sb, s_magic);

	if (magic == D4C_MAGIC_PROC || magic == D4C_MAGIC_SYSFS || magic == D4C_MAGIC_DEVPTS ||
	    magic == D4C_MAGIC_MQUEUE || magic == D4C_MAGIC_CGROUP || magic == D4C_MAGIC_CGROUP2)
		return D4C_MOUNT_IMAGE;
	if ((D4C_READ(mount, mnt.mnt_root, d_inode, i_mode) & D4C_S_IFMT) != D4C_S_IFDIR)
		return D4C_MOUNT_FILE;
	return magic == D4C_MAGIC_TMPFS && d4c_is_device_tmpfs(walk, mount) ? D4C_MOUNT_IMAGE : D4C_MOUNT_VOLUME;
}

static __always_inline void d4c_remember_mount(struct d4c_mount_walk *walk, struct mount *mount)
{
	struct d4c_mount_key key = {.container = walk->container, .mount = (__u64)mount};
	struct d4c_mount value = {
		.next = walk->last,
		.parent = (__u64)D4C_READ(mount, mnt_parent),
		.mountpoint = (__u64)D4C_READ(mount, mnt_mountpoint),
		.number = d4c_mount_number(mount),
		.is_top = (__u64)mount == walk->top,
	};

	if (!value.is_top)
		value.kind = d4c_kind_of_mount(walk, mount);
	/* No room: it counts as the container's own. */
	if (!bpf_map_update_elem(&d4c_mounts, &key, &value, BPF_NOEXIST))
		walk->last = (__u64)mount;
}

static long d4c_next_mount(__u32 turn, void *context)
{
	struct d4c_mount_walk *walk = context;
	struct mount *mount = (void *)walk->at, *parent;
	const __u32 children = bpf_core_field_offset(struct mount, mnt_mounts);
	const __u32 child = bpf_core_field_offset(struct mount, mnt_child);
	__u64 next, end;

	if (!walk->climbing) {
		d4c_remember_mount(walk, mount);
		next = (__u64)D4C_READ(mount, mnt_mounts.next);
		end = (__u64)mount + children;
	}
	if (walk->climbing || next == end) {
		if (walk->at == walk->top)
			return 1;
		parent = D4C_READ(mount, mnt_parent);
		next = (__u64)D4C_READ(mount, mnt_child.next);
		end = (__u64)parent + children;
		if (next == end) {
			walk->at = (__u64)parent;
			walk->climbing = 1;
			return 0;
		}
	}
	walk->at = next - child;
	walk->climbing = 0;
	return next == 0;
}

/* Remembers the mounts that a container begins with, from that of its root directory on. */
__noinline int d4c_remember_mounts(__u64 container, __u64 vfsmount, __u64 root_dentry)
{
	struct d4c_mount_walk walk = {.container = container, .root_dentry = root_dentry};
	struct d4c_mount_key key = {.container = container};
	struct d4c_mount head = {};

	d4c_forget_mounts(container);
	walk.top = walk.at = vfsmount - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(D4C_MOUNT_STEPS_MAX, d4c_next_mount, &walk, 0);
	head.next = walk.last;
	bpf_map_update_elem(&d4c_mounts, &key, &head, BPF_ANY);
	return 0;
}

/* A mount, and what it is on. */
struct d4c_mount_place {
	struct d4c_mount_key key;
	__u64 kind;
	__u64 steps;
};

static long d4c_check_mount(__u32 turn, void *context)
{
	struct d4c_mount_place *place = context;
	struct d4c_mount *known = bpf_map_lookup_elem(&d4c_mounts, &place->key);
	struct mount *mount = (void *)place->key.mount;

	if (!known || known->number != d4c_mount_number(mount))
		goto own;
	if (turn == 0)
		place->kind = known->kind;
	if (known->is_top || place->kind == D4C_MOUNT_IMAGE)
		return 1;
	if (known->parent != (__u64)D4C_READ(mount, mnt_parent) ||
	    known->mountpoint != (__u64)D4C_READ(mount, mnt_mountpoint))
		goto own;
	place->key.mount = known->parent;
	place->steps = turn;
	return 0;
own:
	place->kind = D4C_MOUNT_IMAGE;
	return 1;
}

/* What kind of mount a file was reached by. One that is moved, or below one that is, is the container's own. */
__noinline __u32 d4c_mount_kind(__u64 container, __u64 vfsmount)
{
	struct d4c_mount_place place = {.key = {.container = container}};

	if (!vfsmount)
		return D4C_MOUNT_IMAGE;
	place.key.mount = vfsmount - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(D4C_MOUNT_DEPTH_MAX, d4c_check_mount, &place, 0);
	return place.steps == D4C_MOUNT_DEPTH_MAX - 1 ? D4C_MOUNT_IMAGE : place.kind;
}

#endif
