/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Operations, actions, kinds of mount: bit numbers and bits, as the policy language has them. */
#ifndef D4C_OPERATIONS_H
#define D4C_OPERATIONS_H

/* Bit numbers of operations; a set of them is a __u32. Order is part of the contract. */
#define D4C_OP_CREATE_EXECUTABLE 0
#define D4C_OP_MODIFY_EXECUTABLE 1
#define D4C_OP_EXEC_MEM_FD 2
#define D4C_OP_EXEC_DRIFT 3
#define D4C_OP_CREATE_FILE 4
#define D4C_OP_MODIFY_FILE 5
#define D4C_OP_DELETE_FILE 6
#define D4C_OP_FORK 7
#define D4C_OP_EXEC 8
#define D4C_OPERATIONS 9

/* Actions are bits. WOULD_BLOCK is the block of a policy in mode monitor: reported, never done. */
#define D4C_ACTION_LOG 1
#define D4C_ACTION_ALERT 2
#define D4C_ACTION_BLOCK 4
#define D4C_ACTION_WOULD_BLOCK 8

/* Kinds of mount that a file was reached by. */
#define D4C_MOUNT_IMAGE 0  /* the container's own file systems, and all that it mounted itself */
#define D4C_MOUNT_VOLUME 1 /* a directory that the runtime had mounted in */
#define D4C_MOUNT_FILE 2   /* a single file that the runtime had mounted in */
#define D4C_MOUNT_KINDS 3

#endif
