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
 * Automata. Here the halves of cells count: half 2 * i is the low one of cell i. A state is the index of its own
 * cell, the header: low half = index of its class | D4C_STATE_MARK, high half = background state. The transition
 * on byte b is at half 2 * state + 1 + b, if the highest byte there is b (of no other state there can be one on b
 * in that place): next state | b << 24. Else the background decides in the same way, and a background that has no
 * transition of its own on b stays itself. State 0 is dead: nothing more matches, no class. What is free is 0.
 * A background's background is itself, or 0. No path has a NUL in it, and there are no transitions on one: at
 * their place is the background, so that a NUL would lead there.
 *
 *   step(s, b): v = half[2 * s + 1 + b];   if (v >> 24 == b) return v & 0x7fffff;
 *               g = half[2 * s + 1];       if (g == s || g == 0) return g;
 *               v = half[2 * g + 1 + b];   return v >> 24 == b ? v & 0x7fffff : g;
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
 *
 * Directories. Two names are the same below if their paths, each with a "/" behind it, lead to the same
 * states of every automaton; with D4C_TABLE_COARSE only if, besides, `some` is empty at the names. Else the
 * rename is judged as creation at the new name (CREATE_EXECUTABLE, CREATE_FILE), as modification and deletion
 * at the old one (MODIFY_EXECUTABLE, MODIFY_FILE, DELETE_FILE): `match` is tested on the union of `some`
 * without D4C_GROUP_ANY, `exclude` on the intersection of `all` with it. A name whose path is unknown is never
 * the same, and counts as a file's: all groups but D4C_GROUP_ANY for `match`, that alone for `exclude`.
 *
 * Process section. The executable's paths are walked from `executable`, the basename of the session leader's
 * executable from `leader`; the `accept` masks of their classes have the process atoms that hold. Of two
 * paths of an executable there are again two masks: the union for what is matched, the intersection for
 * what is excluded; without a path none holds, of an unknown one all in the first, none in the second.
 * Atoms of the leader, the user and the terminal are in both. A condition holds in a mask that has all of
 * its atoms. Beginning at `first`, each node says where to go on, up to a D4C_PROCESS_LEAF: its low half is
 * the class.
 */
#ifndef D4C_TABLE_H
#define D4C_TABLE_H

#include "d4c_limits.h"
#include "d4c_operations.h"

#define D4C_TABLE_MAGIC 0x54433444 /* "D4CT" */
#define D4C_TABLE_VERSION 2
/* In the low half of a header, which has no byte, and in no other half cell. */
#define D4C_STATE_MARK (1u << 23)
#define D4C_STATE_MASK (D4C_STATE_MARK - 1)
#define D4C_BYTE_SHIFT 24
#define D4C_GROUP_ANY 0

#define D4C_TABLE_UNDECIDED 1 /* facts of the container were not known: rules may be POSSIBLE */
#define D4C_TABLE_COARSE 2    /* a state may stand for different selectors (see directories) */
#define D4C_TABLE_MOUNTS 4    /* what is decided depends on the kind of mount */
/* From this bit on, one for each operation: every rule for it asks for a group, so that a file in none, but for
 * D4C_GROUP_ANY, has no action. 0 says nothing. */
#define D4C_TABLE_GROUPED_SHIFT 16

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
	__u32 classes;         /* index of the first class */
	__u32 states;          /* index of the first cell of the automata; they go on to the end */
	__u32 serial;          /* numbers the tables that the kernel has been given; 0 as it is compiled */
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
 * "/" (directories renamed): the groups that match at least one of them; the groups of which a pattern that
 * ends in two asterisks matches up to that "/", and so every one of them. */
struct d4c_class {
	__u64 accept[D4C_MASK_WORDS];
	__u64 some[D4C_MASK_WORDS];
	__u64 all[D4C_MASK_WORDS];
};
_Static_assert(sizeof(struct d4c_class) == 96, "class is 12 cells");

#define D4C_PROCESS_LEAF (1u << 31)

struct d4c_process_section {
	__u32 executable;      /* start state for the paths of the executable, 0: nothing asks for them */
	__u32 leader;          /* start state for the session leader's name, 0: nothing asks for it */
	__u32 users;           /* index of the first d4c_process_user, in the order of their ids */
	__u32 user_count;
	__u32 conditions;      /* index of the first d4c_process_condition */
	__u32 condition_count;
	__u32 nodes;           /* index of the first d4c_process_node */
	__u32 node_count;
	__u32 first;           /* where the decision begins: number of a node, or D4C_PROCESS_LEAF | class */
	__u32 reserved[3];
	__u64 every[D4C_MASK_WORDS];       /* atoms of the executable: all that hold where it is unknown */
	__u64 terminal[D4C_MASK_WORDS];    /* atoms that hold with a controlling terminal */
	__u64 no_terminal[D4C_MASK_WORDS]; /* atoms that hold without one */
};
_Static_assert(sizeof(struct d4c_process_section) == 144, "process is 18 cells");

struct d4c_process_user {
	__u32 user;
	__u32 reserved;
	__u64 atoms[D4C_MASK_WORDS]; /* atoms that hold for this user; none for one that is not listed */
};
_Static_assert(sizeof(struct d4c_process_user) == 40, "user is 5 cells");

struct d4c_process_condition {
	__u64 atoms[D4C_MASK_WORDS];
};
_Static_assert(sizeof(struct d4c_process_condition) == 32, "condition is 4 cells");

/* Nodes lead to nodes of a higher number only. */
struct d4c_process_node {
	__u32 test;  /* condition * 2, + 1: in the mask for what is excluded */
	__u32 fails; /* number of a node, or D4C_PROCESS_LEAF | class */
	__u32 holds;
	__u32 reserved;
};
_Static_assert(sizeof(struct d4c_process_node) == 16, "node is 2 cells");

#endif
