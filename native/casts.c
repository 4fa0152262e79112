/* SPDX-License-Identifier: Apache-2.0 */
#include "casts.h"
#include "include/d4c_casts.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#define NAME(name) #name,
static const char *const names[] = {D4C_CAST_TYPES(NAME)};
static uint32_t ids[D4C_TYPES], function; /* 0: there is none */

int d4c_casts_find(const struct d4c_types *types, uint32_t function_id)
{
	function = function_id;
	return function ? d4c_types_find_structures(types, names, D4C_TYPES, ids) : 0;
}

static bool is_type(const struct bpf_insn *at)
{
	return at[0].code == (BPF_LD | BPF_IMM | BPF_DW) && at[0].src_reg == 0 && at[1].imm == D4C_CAST_MAGIC &&
	       (uint32_t)at[0].imm < D4C_TYPES;
}

static bool is_call(const struct bpf_insn *at)
{
	return at->code == (BPF_JMP | BPF_CALL) && at->src_reg == 0 && at->imm == D4C_CAST_CALL;
}

int d4c_casts_fill(struct bpf_program *program)
{
	size_t count = bpf_program__insn_cnt(program);
	struct bpf_insn *filled = malloc(count * sizeof(*filled));
	int error;

	if (!filled)
		return -ENOMEM;
	memcpy(filled, bpf_program__insns(program), count * sizeof(*filled));
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && is_type(&filled[i])) {
			filled[i].imm = function ? ids[filled[i].imm] : 0;
			filled[i + 1].imm = 0;
		} else if (is_call(&filled[i])) {
			/* Without the function it is never reached, and any that exists will do. */
			filled[i].src_reg = function ? BPF_PSEUDO_KFUNC_CALL : 0;
			filled[i].imm = function ? function : BPF_FUNC_get_smp_processor_id;
		}
	}
	error = bpf_program__set_insns(program, filled, count);
	free(filled);
	return error;
}
