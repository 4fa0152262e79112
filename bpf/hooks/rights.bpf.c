/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rights that lie in extended attributes: inode_setxattr (file capabilities; before 6.2 access control lists
 * too), from 6.2 inode_set_acl. Both are told no mount: a file on the container's root file system is judged by
 * its path there, of any other one the path is unknown. */

#define D4C_ACL_USER_OBJ 0x01
#define D4C_ACL_GROUP_OBJ 0x04
#define D4C_ACL_MASK 0x10
#define D4C_ACL_OTHER 0x20
#define D4C_ACL_HEAD_BYTES 4 /* of one that is an attribute: its version */
#define D4C_ACL_ENTRY_BYTES 8
/* An attribute has 64 KiB at most. */
#define D4C_ACL_ENTRIES_MAX 8192

struct d4c_acl_walk {
	__u64 entries;
	__u32 execute; /* tags of the entries that allow to execute */
	__u32 tags;    /* and of all */
};

/* An attribute's entry and one of the kernel's own begin alike. */
static long d4c_read_acl_entry(__u32 turn, void *context)
{
	struct d4c_acl_walk *walk = context;
	struct {
		__u16 tag;
		__u16 permissions;
	} entry = {};

	bpf_probe_read_kernel(&entry, sizeof(entry), (void *)walk->entries + turn * D4C_ACL_ENTRY_BYTES);
	walk->tags |= entry.tag;
	if (entry.permissions & 1)
		walk->execute |= entry.tag;
	return 0;
}

/* The x bits that a list gives a file. Where there is a mask, it stands for the group's. */
__noinline __u32 d4c_acl_mode(__u64 entries, __u32 count)
{
	struct d4c_acl_walk walk = {.entries = entries};

	bpf_loop(count > D4C_ACL_ENTRIES_MAX ? D4C_ACL_ENTRIES_MAX : count, d4c_read_acl_entry, &walk, 0);
	return (walk.execute & D4C_ACL_USER_OBJ ? 0100 : 0) |
	       (walk.execute & (walk.tags & D4C_ACL_MASK ? D4C_ACL_MASK : D4C_ACL_GROUP_OBJ) ? 010 : 0) |
	       (walk.execute & D4C_ACL_OTHER ? 01 : 0);
}

/* Overlay sets them again on the file below, as another user than the task: that one is never judged. A task
 * can be somebody else by itself only in an io_uring worker; so can what overlay does there, then. */
static __always_inline int d4c_is_set_below(struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct d4c_mark *mark = d4c_mark_of_current();
	struct d4c_container *container;
	__u64 id;

	if (D4C_LOAD(task, cred) == D4C_LOAD(task, real_cred) || task->flags & D4C_PF_IO_WORKER || !mark)
		return 0;
	id = mark->container;
	container = bpf_map_lookup_elem(&d4c_containers, &id);
	return !container || container->root_superblock != (__u64)D4C_READ(dentry, d_sb);
}

/* A file comes to have this mode, or is changed as `operations` say. 1: deny. */
static __always_inline int d4c_set_rights(struct dentry *dentry, __u32 operations, __u32 mode, __u32 hook)
{
	struct inode *inode = D4C_LOAD(dentry, d_inode);
	D4C_REQUEST(request);

	if (!operations || !d4c_concerned(&request->subject, operations) || d4c_is_set_below(dentry))
		return 0;
	d4c_ask(request, hook, inode);
	request->new_mode = mode;
	d4c_place(request, operations, dentry, 0, 0);
	/* As with chmod. */
	if (operations & D4C_BIT(D4C_OP_CREATE_EXECUTABLE) && D4C_READ(inode, i_nlink) > 1)
		d4c_place(request, operations, 0, 0, 1);
	return d4c_decide(request);
}

static __always_inline int d4c_set_list(struct dentry *dentry, __u64 entries, __u32 count)
{
	struct inode *inode = D4C_LOAD(dentry, d_inode);
	__u32 old = D4C_READ(inode, i_mode), mode = (old & ~D4C_S_IXUGO) | d4c_acl_mode(entries, count);

	return d4c_set_rights(dentry, d4c_mode_change(old, mode), mode, D4C_HOOK_INODE_SET_ACL);
}

/* Eight bytes of a name at a time. */
#define D4C_NAME_SYSTEM_P 0x702e6d6574737973ull  /* "system.p" */
#define D4C_NAME_OSIX_ACL 0x6c63615f7869736full  /* "osix_acl" */
#define D4C_NAME_ACCESS 0x007373656363615full    /* "_access" */
#define D4C_NAME_SECURITY 0x7974697275636573ull  /* "security" */
#define D4C_NAME_CAPABIL 0x6c6962617061632eull   /* ".capabil" */
#define D4C_NAME_ITY 0x797469ull                 /* "ity" */

struct d4c_attribute_name {
	__u64 first, second, third;
};

static __always_inline int d4c_is_access_list(const struct d4c_attribute_name *name)
{
	return name->first == D4C_NAME_SYSTEM_P && name->second == D4C_NAME_OSIX_ACL && name->third == D4C_NAME_ACCESS;
}

D4C_HOOK(inode_setxattr)
int BPF_PROG(d4c_inode_setxattr, void *mapping, struct dentry *dentry, const char *text)
{
	struct d4c_attribute_name name = {};
	__u32 operations, mode;
	__u64 value = 0, size = 0;

	if (!d4c_mark_of_current())
		return 0;
	bpf_probe_read_kernel_str(&name, sizeof(name), text);
	if (d4c_is_access_list(&name)) {
		/* The verifier has no type for a pointer to anything constant. */
		bpf_get_func_arg(ctx, 3, &value);
		bpf_get_func_arg(ctx, 4, &size);
		D4C_DENY_IF(d4c_set_list(dentry, value + D4C_ACL_HEAD_BYTES,
					 (size - D4C_ACL_HEAD_BYTES) / D4C_ACL_ENTRY_BYTES));
		return 0;
	}
	if (name.first != D4C_NAME_SECURITY || name.second != D4C_NAME_CAPABIL || (name.third & 0xffffffff) != D4C_NAME_ITY)
		return 0;
	mode = D4C_READ(dentry, d_inode, i_mode);
	operations = d4c_change(mode) & D4C_BIT(D4C_OP_MODIFY_EXECUTABLE);
	D4C_DENY_IF(d4c_set_rights(dentry, operations, 0, D4C_HOOK_INODE_SETXATTR));
	return 0;
}

D4C_HOOK(inode_set_acl)
int BPF_PROG(d4c_inode_set_acl, void *mapping, struct dentry *dentry, const char *text)
{
	struct d4c_attribute_name name = {};
	__u64 address = 0;
	struct posix_acl *list;

	if (!d4c_mark_of_current())
		return 0;
	bpf_probe_read_kernel_str(&name, sizeof(name), text);
	bpf_get_func_arg(ctx, 3, &address);
	list = (void *)address;
	if (!list || !d4c_is_access_list(&name))
		return 0;
	D4C_DENY_IF(d4c_set_list(dentry, address + bpf_core_field_offset(list->a_entries), D4C_READ(list, a_count)));
	return 0;
}
