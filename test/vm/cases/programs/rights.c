/* SPDX-License-Identifier: Apache-2.0 */
/* Rights that lie in extended attributes. */
#include "try.h"
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>

/* PATH: a list that gives everybody an x bit. */
static void try_access_list(char **arg)
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

	check("setxattr", setxattr(arg[0], "system.posix_acl_access", &list, sizeof(list), 0));
}

/* PATH: a list that gives the group an x bit and takes it by its mask. */
static void try_masked_list(char **arg)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[5];
	} list = {
		{ POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, 6, (__le32)ACL_UNDEFINED_ID },
		  { ACL_USER, 7, 1000 },
		  { ACL_GROUP_OBJ, 5, (__le32)ACL_UNDEFINED_ID },
		  { ACL_MASK, 4, (__le32)ACL_UNDEFINED_ID },
		  { ACL_OTHER, 4, (__le32)ACL_UNDEFINED_ID } },
	};

	check("setxattr", setxattr(arg[0], "system.posix_acl_access", &list, sizeof(list), 0));
}

/* DIRECTORY PATH MODE: an open that makes a file where a default list takes the place of the umask. */
static void try_default_list(char **arg)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[3];
	} list = {
		{ POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, 7, (__le32)ACL_UNDEFINED_ID },
		  { ACL_GROUP_OBJ, 7, (__le32)ACL_UNDEFINED_ID },
		  { ACL_OTHER, 7, (__le32)ACL_UNDEFINED_ID } },
	};

	check("setxattr", setxattr(arg[0], "system.posix_acl_default", &list, sizeof(list), 0));
	umask(0111);
	check("open", open(arg[1], O_CREAT | O_WRONLY, octal(arg[2])));
}

/* PATH: CAP_SETUID for whoever runs it. */
static void try_capabilities(char **arg)
{
	struct vfs_cap_data data = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = { { .permitted = 1 << CAP_SETUID } },
	};

	check("setxattr", setxattr(arg[0], "security.capability", &data, sizeof(data), 0));
}

static const struct try tries[] = {
	{ "access-list", 1, try_access_list },
	{ "masked-list", 1, try_masked_list },
	{ "default-list", 3, try_default_list },
	{ "capabilities", 1, try_capabilities },
};

MAIN(tries)
