/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Limits that kernel and user space share. Each has its unit in the name and says where it comes from. */
#ifndef D4C_LIMITS_H
#define D4C_LIMITS_H

/* PATH_MAX less the NUL: the language's own limit. A longer path counts as unknown. */
#define D4C_PATH_BYTES_MAX 4095
/* Components of a path looked at; every component takes two bytes or more. */
#define D4C_PATH_COMPONENTS_MAX 2048
/* Pairs of operations and path in one event: delete, modify, create. */
#define D4C_PAIRS_MAX 3
/* Automata of one table, walked together. */
#define D4C_AUTOMATA_MAX 8
/* 64-bit words of a group mask; group 0 is taken (D4C_GROUP_ANY). */
#define D4C_MASK_WORDS 4
/* Rules that one (operation, mount kind, process class) may have. */
#define D4C_RULES_MAX 512
/* Bytes of a program's arguments kept in a record; a longer list is cut and flagged. */
#define D4C_ARGUMENT_BYTES_MAX 2048
/* TASK_COMM_LEN of the kernel. */
#define D4C_COMM_BYTES 16
/* Levels of the cgroup hierarchy, from its root, at which a container's own cgroup can be. */
#define D4C_CGROUP_LEVELS_MAX 16
/* Mounts of one container that are remembered from its beginning. */
#define D4C_CONTAINER_MOUNTS_MAX 1024
/* Mounts that one of them may be below: one that lies deeper counts as the container's own. */
#define D4C_MOUNT_DEPTH_MAX 16

#endif
