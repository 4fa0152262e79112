/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Self-protection: from a container, whatever its rights, the programs, their maps and pins and the agent can't be
 * touched: bpf_map, bpf_prog, sb_umount, task_kill, ptrace_access_check; and d4c_is_pin, for the hooks of names. */

#define D4C_MAGIC_BPF 0xcafe4a11
#define D4C_PTRACE_ATTACH 2
/* Folders of pins, from a pin up: its set's, ours. */
#define D4C_PIN_LEVELS_MAX 4
/* "d4c_", with which the names of all that is ours begin. */
#define D4C_NAME_OURS 0x5f633464

static __always_inline struct d4c_settings *d4c_own_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&d4c_settings, &zero);
}

#ifdef D4C_OBSERVE
#define d4c_is_pin(dentry) 0
#define d4c_is_stranger() 0
#define d4c_refuse() 0
#else
static __always_inline int d4c_refuse(void)
{
	D4C_COUNT(tampered);
	return -D4C_EPERM;
}

static __always_inline int d4c_is_pin_folder(const struct d4c_settings *settings, struct dentry *dentry)
{
	return D4C_READ(dentry, d_inode, i_ino) == settings->pin_inode &&
	       D4C_READ(dentry, d_sb, s_dev) == settings->pin_device;
}

__noinline int d4c_is_pin_at(__u64 address)
{
	struct dentry *dentry = (void *)address;
	struct d4c_settings *settings;

	if (D4C_READ(dentry, d_sb, s_magic) != D4C_MAGIC_BPF)
		return 0;
	settings = d4c_own_settings();
	if (!settings || !settings->pin_inode)
		return 0;
	for (int i = 0; i < D4C_PIN_LEVELS_MAX; i++) {
		if (d4c_is_pin_folder(settings, dentry))
			return 1;
		dentry = D4C_READ(dentry, d_parent);
	}
	return 0;
}

/* Our pin folder, or something in it. */
static __always_inline int d4c_is_pin(struct dentry *dentry)
{
	d4c_plain(dentry);
	return d4c_is_pin_at((__u64)dentry);
}

static __always_inline int d4c_is_agent(struct task_struct *task)
{
	struct d4c_settings *settings = d4c_own_settings();

	return settings && settings->agent_pid == D4C_READ(task, tgid) &&
	       settings->agent_start_ns == D4C_READ(task, group_leader, start_boottime);
}

/* The task is a container's and not the agent itself, which may run in one. */
static __always_inline int d4c_is_stranger(void)
{
	return d4c_mark_of_current() && !d4c_is_agent(bpf_get_current_task_btf());
}

D4C_HOOK(bpf_map)
int BPF_PROG(d4c_bpf_map, struct bpf_map *map, unsigned int mode)
{
	__u32 name = 0;

	if (!d4c_is_stranger())
		return 0;
	bpf_probe_read_kernel(&name, sizeof(name), (void *)map + bpf_core_field_offset(map->name));
	if (name == D4C_NAME_OURS)
		return d4c_refuse();
	return 0;
}

/* Who has a descriptor of a program can put functions of his own into it. */
D4C_HOOK(bpf_prog)
int BPF_PROG(d4c_bpf_prog, struct bpf_prog *program)
{
	struct bpf_prog_aux *aux;
	__u32 name = 0;

	if (!d4c_is_stranger())
		return 0;
	aux = D4C_READ(program, aux);
	bpf_probe_read_kernel(&name, sizeof(name), (void *)aux + bpf_core_field_offset(aux->name));
	if (name == D4C_NAME_OURS)
		return d4c_refuse();
	return 0;
}

/* Pins go with the file system that they are in. */
D4C_HOOK(sb_umount)
int BPF_PROG(d4c_sb_umount, struct vfsmount *mount, int flags)
{
	struct d4c_settings *settings;

	if (D4C_READ(mount, mnt_sb, s_magic) != D4C_MAGIC_BPF || !d4c_is_stranger())
		return 0;
	settings = d4c_own_settings();
	if (settings && settings->pin_inode && settings->pin_device == D4C_READ(mount, mnt_sb, s_dev))
		return d4c_refuse();
	return 0;
}

D4C_HOOK(task_kill)
int BPF_PROG(d4c_task_kill, struct task_struct *task, void *info, int signal)
{
	if (!signal || !d4c_mark_of_current() || !d4c_is_agent(task) || !d4c_is_stranger())
		return 0;
	return d4c_refuse();
}

/* Looking at it stays possible, as tools that watch a node do. */
D4C_HOOK(ptrace_access_check)
int BPF_PROG(d4c_ptrace_access_check, struct task_struct *task, unsigned int mode)
{
	if (!(mode & D4C_PTRACE_ATTACH) || !d4c_mark_of_current() || !d4c_is_agent(task) || !d4c_is_stranger())
		return 0;
	return d4c_refuse();
}
#endif
