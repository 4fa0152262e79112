// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a table and a path, judged by the decision core: whatever the table says, the core reads no cell
 * outside of it and comes to an end. (The kernel half's array has other tables on both sides; here a cell that is
 * outside ends the walk, as it does there past the array's end.) */
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BASE 5

static const __u64 *cells;
static __u32 cell_count;

static const __u64 *d4c_cell_at(__u32 index)
{
	return index < TABLE_BASE || index - TABLE_BASE >= cell_count ? 0 : &cells[index - TABLE_BASE];
}

/* As the kernel's: what would be read past the end is not. */
static int d4c_copy(void *to, const __u64 *from, __u32 bytes)
{
	if ((__u64)(cells + cell_count - from) * sizeof(*from) < bytes)
		return -1;
	memcpy(to, from, bytes);
	return 0;
}

static long d4c_loop(__u32 turns, long (*callback)(__u32, void *), void *context)
{
	for (__u32 i = 0; i < turns; i++)
		if (callback(i, context))
			return i + 1;
	return turns;
}

#include "../../bpf/decide/d4c_judge.h"

/* Input: operations, mount, process class, length of the path (32 bits each), the path, the table. */
int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	static __u8 buffer[D4C_PATH_BUFFER_BYTES];
	struct d4c_outcome outcome = {};
	struct d4c_match match = {};
	struct d4c_masks masks;
	__u32 asked[4], length;
	void *table;

	if (size < sizeof(asked))
		return 0;
	memcpy(asked, data, sizeof(asked));
	data += sizeof(asked);
	size -= sizeof(asked);
	length = asked[3] % 256;
	if (length > size)
		return 0;
	memcpy(buffer + sizeof(buffer) - length, data, length);
	cell_count = (size - length) / sizeof(__u64);
	/* memory of its own, so that a read past its end is seen */
	table = malloc(cell_count * sizeof(__u64) + 1);
	memcpy(table, data + length, cell_count * sizeof(__u64));
	cells = table;
	d4c_match_path(&match, buffer, TABLE_BASE, sizeof(buffer) - length, sizeof(buffer));
	d4c_masks_first(&masks, match.mask);
	d4c_judge(&outcome, &masks, TABLE_BASE, asked[0], asked[1] % D4C_MOUNT_KINDS, asked[2]);
	free(table);
	return 0;
}
