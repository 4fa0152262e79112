/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A table: what one profile (the policies in force, seen by one kind of container) decides.
 *
 * It is an array of 64-bit cells, little endian, position independent: every index in it counts cells
 * from its own first cell. In the kernel many tables lie in one array map; an engine adds the table's
 * base to each index. The same bytes are read by the TypeScript interpreter, by the decision core built
 * natively and by the BPF programs.
 *
 *   head | dispatch | rules | classes | process section | automata (comb)
 *
 * Automata. A state is the index of its own cell, the header: low half = background state | 1 << 31,
 * high half = index of its class. The transition on byte b is at cell state + 1 + b, if the low half there
 * (its owner) is the state: the high half is the next state. Else the background decides in the same way,
 * and a background that has no cell of its own for b stays itself. State 0 is dead: nothing more matches,
 * no class. A free cell has the owner D4C_CELL_FREE. A background's background is itself, or 0.
 *
 *   step(s, b): v = cell[s + 1 + b];            if (lo(v) == s) return hi(v);
 *               g = lo(cell[s]) & 0x7fffffff;   if (g == s || g == 0) return g;
 *               v = cell[g + 1 + b];            return lo(v) == g ? hi(v) : g;
 *
 * Masks. A group is a set of patterns that no rule tells apart; group g is bit g % 64 of word g / 64.
 * D4C_GROUP_ANY stands for "no path condition": engines set it in every mask. The masks of all automata
 * are ORed. Of a file with two paths, `match` is tested on the union, `exclude` on the intersection of
 * their masks. A file without a path has D4C_GROUP_ANY alone; one whose path is unknown has all groups in
 * the mask for `match` and D4C_GROUP_ANY alone in the one for `exclude`.
 *
 * Decision. dispatch[(operation * D4C_MOUNT_KINDS + mount) * process_classes + process_class] names a run
 * of rules. A rule applies if its match mask meets the one and its exclude mask does not meet the other.
 * The outcome of a pair is the OR of the actions of its rules that apply, of an event that of its pairs.
 * A rule with D4C_RULE_POSSIBLE adds to what is possible, the others to what is certain: where something
 * is possible that is not certain, the outcome is undecided (only in tables with D4C_TABLE_UNDECIDED).
 */
#ifndef D4C_TABLE_H
#define D4C_TABLE_H

#include "d4c_limits.h"
#include "d4c_operations.h"

#define D4C_TABLE_MAGIC 0x54433444 /* "D4CT" */
#define D4C_TABLE_VERSION 1
#define D4C_CELL_FREE 0x7fffffff
#define D4C_GROUP_ANY 0

#define D4C_TABLE_UNDECIDED 1 /* facts of the container were not known: rules may be POSSIBLE */

struct d4c_table_head {
	__u32 magic;
	__u32 version;
	__u32 cells;           /* length of the table, head included */
	__u32 flags;           /* D4C_TABLE_… */
	__u32 operations;      /* operations that any rule names: another one is over here */
	__u32 automata;        /* entries of start[] in use, 0 to D4C_AUTOMATA_MAX */
	__u32 process_classes; /* at least 1 */
	__u32 dispatch;        /* index of the dispatch table */
	__u32 process;         /* index of the process section; 0: none, every process is class 0 */
	__u32 reserved[3];
	__u32 start[D4C_AUTOMATA_MAX];
};
_Static_assert(sizeof(struct d4c_table_head) == 80, "head is 10 cells");

struct d4c_dispatch {
	__u32 first; /* index of the first rule */
	__u32 count; /* 0 to D4C_RULES_MAX */
};
_Static_assert(sizeof(struct d4c_dispatch) == 8, "one cell");

#define D4C_RULE_POSSIBLE 1

struct d4c_rule {
	__u64 match[D4C_MASK_WORDS];
	__u64 exclude[D4C_MASK_WORDS];
	__u32 actions;
	__u32 flags; /* D4C_RULE_… */
};
_Static_assert(sizeof(struct d4c_rule) == 72, "rule is 9 cells");

/* What the end of a path in a state means. `some` and `all` speak of the paths that go on from here with
 * "/": the groups that match at least one of them, and every one of them (directories renamed). */
struct d4c_class {
	__u64 accept[D4C_MASK_WORDS];
	__u64 some[D4C_MASK_WORDS];
	__u64 all[D4C_MASK_WORDS];
};
_Static_assert(sizeof(struct d4c_class) == 96, "class is 12 cells");

#endif
