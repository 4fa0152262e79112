/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses as pointers that the verifier knows, from kernel 6.2: what is behind them is then read by a load in
 * place of a call. The programs name a type by a constant and call a function that there is none of; the loader
 * puts the type's id in the running kernel in the place of the one, and `bpf_rdonly_cast` in that of the other.
 * Where there is no such function or type the id is 0, and the programs read as before. */
#ifndef D4C_CASTS_H
#define D4C_CASTS_H

/* High half of the constant; the low one is D4C_TYPE_…. */
#define D4C_CAST_MAGIC 0x3d4c0ca5
#define D4C_CAST_CALL 0x3d4c0ca5
#define D4C_CAST_FUNCTION "bpf_rdonly_cast"

#define D4C_CAST_TYPES(type) \
	type(bpf_prog) type(cgroup) type(cred) type(css_set) type(dentry) type(file) \
	type(fs_struct) type(inode) type(linux_binprm) type(mm_struct) type(mnt_namespace) \
	type(mount) type(nsproxy) type(path) type(pid) type(pid_namespace) type(posix_acl) type(pt_regs) \
	type(seqcount) type(signal_struct) type(super_block) type(task_struct) type(tty_driver) \
	type(tty_struct) type(uid_gid_map) type(user_namespace) type(vfsmount) \
	type(vm_area_struct)

#define D4C_CAST_NUMBER(name) D4C_TYPE_##name,
enum { D4C_CAST_TYPES(D4C_CAST_NUMBER) D4C_TYPES };
#undef D4C_CAST_NUMBER

#endif
