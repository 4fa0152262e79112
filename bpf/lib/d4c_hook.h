/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a program gets to its hook. As a rule by the LSM `bpf`, which can refuse. Where that one is not switched on,
 * the same programs are built with D4C_OBSERVE and stand before the kernel's own functions for the hooks: they
 * see the same and refuse nothing. */
#ifndef D4C_HOOK_H
#define D4C_HOOK_H

#ifdef D4C_OBSERVE
#define D4C_HOOK_BY(hook, function) SEC("fentry/security_" #function)
/* What decides is an ordinary function then: it can't take the place of another in such a program. */
#define d4c_decide d4c_core
#define D4C_CORE __noinline
#define D4C_OWN_FRAME static __always_inline /* with the core behind it there are too many already */
#else
#define D4C_HOOK_BY(hook, function) SEC("lsm/" #hook)
#define D4C_CORE SEC("freplace/d4c_decide")
#define D4C_OWN_FRAME static __noinline
#endif

#define D4C_HOOK(name) D4C_HOOK_BY(name, name)

/* Leaves the hook with a refusal. The barrier keeps the compiler from computing the result, which the
 * verifier from 6.10 would not know to be 0 or -1. */
#ifdef D4C_OBSERVE
#define D4C_DENY_IF(condition) ((void)(condition))
#define D4C_REFUSE(error) 0
#else
#define D4C_DENY_IF(condition)                        \
	do {                                          \
		if (condition) {                      \
			asm volatile("" ::: "memory"); \
			return -D4C_EPERM;            \
		}                                     \
	} while (0)
#define D4C_REFUSE(error) (-(error))
#endif

#endif
