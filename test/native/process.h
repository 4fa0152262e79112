/* SPDX-License-Identifier: Apache-2.0 */
/* The process section read in C: which class a process is of. Plain code for this machine. */
struct atoms {
	__u64 word[D4C_MASK_WORDS];
};

static void *section_at(__u32 index)
{
	d4c_cell(TABLE_BASE + index);
	return &cells[index];
}

static void add_atoms(struct atoms *to, const __u64 *from)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++)
		to->word[i] |= from[i];
}

static void accepted(struct atoms *to, __u32 start, struct bytes text)
{
	__u32 state = start ? walk(start, text) : 0;

	memset(to, 0, sizeof(*to));
	if (state)
		add_atoms(to, ((struct d4c_class *)section_at(D4C_STATE_CLASS(d4c_cell(TABLE_BASE + state))))->accept);
}

static void executable_atoms(const struct d4c_process_section *section, const struct paths *paths, struct atoms *match,
			     struct atoms *exclude)
{
	memset(match, 0, sizeof(*match));
	memset(exclude, 0, sizeof(*exclude));
	if (paths->count == UNKNOWN)
		return add_atoms(match, section->every);
	for (__u32 i = 0; i < paths->count; i++) {
		struct atoms one;

		accepted(&one, section->executable, paths->path[i]);
		add_atoms(match, one.word);
		for (int w = 0; w < D4C_MASK_WORDS; w++)
			exclude->word[w] = i == 0 ? one.word[w] : exclude->word[w] & one.word[w];
	}
}

static int has_all(const struct atoms *have, const __u64 *need)
{
	for (int i = 0; i < D4C_MASK_WORDS; i++)
		if (need[i] & ~have->word[i])
			return 0;
	return 1;
}

static __u32 class_of(const struct process *process)
{
	__u32 at = ((struct d4c_table_head *)section_at(0))->process, target;
	struct d4c_process_section *section;
	struct atoms both, match, exclude;

	if (at == 0)
		return 0;
	section = section_at(at);
	accepted(&both, section->leader, process->leader);
	add_atoms(&both, process->interactive ? section->terminal : section->no_terminal);
	for (__u32 i = 0; i < section->user_count; i++) {
		struct d4c_process_user *user = section_at(section->users + i * 5);

		if (user->user == process->user)
			add_atoms(&both, user->atoms);
	}
	executable_atoms(section, &process->executable, &match, &exclude);
	add_atoms(&match, both.word);
	add_atoms(&exclude, both.word);
	for (target = section->first; !(target & D4C_PROCESS_LEAF);) {
		struct d4c_process_node *node = section_at(section->nodes + target * 2);
		struct d4c_process_condition *condition = section_at(section->conditions + node->test / 2 * 4);

		target = has_all(node->test & 1 ? &exclude : &match, condition->atoms) ? node->holds : node->fails;
	}
	return target & ~D4C_PROCESS_LEAF;
}
