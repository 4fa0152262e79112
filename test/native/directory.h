/* SPDX-License-Identifier: Apache-2.0 */
/* Directories renamed, by the same table. Plain code for this machine. */
#define CREATED (1u << D4C_OP_CREATE_EXECUTABLE | 1u << D4C_OP_CREATE_FILE)
#define LOST (1u << D4C_OP_MODIFY_EXECUTABLE | 1u << D4C_OP_MODIFY_FILE | 1u << D4C_OP_DELETE_FILE)

static struct d4c_table_head *head_of(void)
{
	return section_at(0);
}

static struct d4c_class *class_at_end(__u32 automaton, struct bytes name)
{
	__u32 state = walk(head_of()->start[automaton], name);

	return state ? section_at(D4C_CELL_HIGH(d4c_cell(TABLE_BASE + state))) : NULL;
}

static void below_masks(const struct paths *names, struct d4c_masks *masks)
{
	if (names->count == UNKNOWN) {
		d4c_masks_unknown(masks);
	} else {
		memset(masks, 0, sizeof(*masks));
		for (__u32 i = 0; i < names->count; i++) {
			struct atoms some = {}, all = {};

			for (__u32 a = 0; a < head_of()->automata; a++) {
				struct d4c_class *class = class_at_end(a, names->path[i]);

				if (class == NULL)
					continue;
				add_atoms(&some, class->some);
				add_atoms(&all, class->all);
			}
			for (int w = 0; w < D4C_MASK_WORDS; w++) {
				masks->any[w] |= some.word[w];
				masks->all[w] = i == 0 ? all.word[w] : masks->all[w] & all.word[w];
			}
		}
	}
	masks->any[0] &= ~(1ull << D4C_GROUP_ANY);
	masks->all[0] |= 1ull << D4C_GROUP_ANY;
}

static int reaches_below(const struct paths *names)
{
	struct d4c_masks masks;

	below_masks(names, &masks);
	return (masks.any[0] | masks.any[1] | masks.any[2] | masks.any[3]) != 0;
}

static int same_name(struct bytes a, struct bytes b)
{
	struct bytes slash = {.length = 1, .data = (__u8 *)"/"};

	for (__u32 i = 0; i < head_of()->automata; i++) {
		__u32 start = head_of()->start[i];

		if (walk(walk(start, a), slash) != walk(walk(start, b), slash))
			return 0;
	}
	return 1;
}

static int each_has_same(const struct paths *a, const struct paths *b)
{
	for (__u32 i = 0; i < a->count; i++) {
		__u32 j = 0;

		while (j < b->count && !same_name(a->path[i], b->path[j]))
			j++;
		if (j == b->count)
			return 0;
	}
	return 1;
}

static int same_below(const struct paths *from, const struct paths *to)
{
	if (from->count == UNKNOWN || to->count == UNKNOWN)
		return 0;
	if (head_of()->flags & D4C_TABLE_COARSE && (reaches_below(from) || reaches_below(to)))
		return 0;
	return each_has_same(from, to) && each_has_same(to, from);
}

static void judge_directory(struct d4c_outcome *outcome, const struct paths *from, const struct paths *to, __u32 mount,
			    __u32 class)
{
	struct d4c_masks masks;

	if (same_below(from, to))
		return;
	below_masks(to, &masks);
	d4c_judge(outcome, &masks, TABLE_BASE, CREATED, mount, class);
	below_masks(from, &masks);
	d4c_judge(outcome, &masks, TABLE_BASE, LOST, mount, class);
}
