/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading the kernel's structures: D4C_READ(pointer, field, field…) is BPF_CORE_READ of the same, by loads where
 * the kernel allows them. Either way what can't be read is 0. */
#ifndef D4C_READ_H
#define D4C_READ_H

#include "d4c_kernel_types.h"
#include "../include/d4c_casts.h"

static void *(*const d4c_cast)(const void *address, __u64 type) = (void *)D4C_CAST_CALL;

/* The id of a type, known when the program is loaded; 0: there is no cast. */
#define d4c_type(number)                                                                                         \
	({                                                                                                       \
		__u64 _type;                                                                                     \
		asm("%0 = %1 ll" : "=r"(_type) : "i"((__u64)D4C_CAST_MAGIC << 32 | (number)));                  \
		_type;                                                                                           \
	})

#define D4C_CAST_NUMBER(name) struct name *: D4C_TYPE_##name, const struct name *: D4C_TYPE_##name,
#define d4c_type_of(pointer) d4c_type(_Generic((pointer), D4C_CAST_TYPES(D4C_CAST_NUMBER) void *: D4C_TYPES))

#define D4C_FIELD1(a) a
#define D4C_FIELD2(a, b) a->b
#define D4C_FIELD3(a, b, c) a->b->c
#define D4C_FIELD4(a, b, c, d) a->b->c->d
#define D4C_FIELD_OF(_1, _2, _3, _4, name, ...) name
#define D4C_FIELD(...) \
	D4C_FIELD_OF(__VA_ARGS__, D4C_FIELD4, D4C_FIELD3, D4C_FIELD2, D4C_FIELD1)(__VA_ARGS__)

/* A pointer that was loaded, as the number that it is for the verifier where it was read by a call: it goes through
 * less then, and takes it for an argument. Of a pointer that is negated nothing stays known; twice, it is the same. */
#define d4c_plain(value)                                               \
	do {                                                           \
		if (__builtin_classify_type(value) == 5)               \
			asm("%0 = -%0\n\t%0 = -%0" : "+r"(value)); \
	} while (0)

/* D4C_READ of what a hook is given, and of the current task. The verifier of 6.12 looks through the names of all the
 * kernel's types, four times, for each pointer that is loaded from one of these: 7 million instructions every time. */
#define D4C_LOAD(pointer, ...)                                                                                   \
	({                                                                                                       \
		__typeof__(pointer) _given = (pointer);                                                          \
		__u64 _id = d4c_type_of(_given);                                                                 \
		__typeof__((0, _given->D4C_FIELD(__VA_ARGS__))) _value;                                          \
		if (_id)                                                                                         \
			_value = ((__typeof__(_given))d4c_cast(_given, _id))->D4C_FIELD(__VA_ARGS__);            \
		else                                                                                             \
			_value = _given->D4C_FIELD(__VA_ARGS__);                                                 \
		d4c_plain(_value);                                                                               \
		_value;                                                                                          \
	})

#define D4C_READ(pointer, ...)                                                                                   \
	({                                                                                                       \
		__typeof__(pointer) _from = (pointer);                                                           \
		__u64 _id = d4c_type_of(_from);                                                                  \
		__typeof__((0, _from->D4C_FIELD(__VA_ARGS__))) _value;                                           \
		if (_id) {                                                                                       \
			_value = ((__typeof__(_from))d4c_cast(_from, _id))->D4C_FIELD(__VA_ARGS__);              \
			d4c_plain(_value);                                                                       \
		} else {                                                                                         \
			_value = BPF_CORE_READ(_from, __VA_ARGS__);                                              \
		}                                                                                                \
		_value;                                                                                          \
	})

#endif
