/* SPDX-License-Identifier: MIT */
/* Texts of container runtimes, and whom they name. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_RUNTIME_TEXTS_H
#define PITOT_TESTS_RUNTIME_TEXTS_H

#include "flows/names/runtime_store.h"

#define A "e0ec32ba21d11a38211aa97dcf69d3608f6e63fb2c4eb0a1441da6db4bc44c9a"
#define B "2bfc58504b7f6da474ffec761b170b50e86d2d20bf8fca73bb5582b35ca7e291"
#define SECOND 1000000000ull

static inline struct ip_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip_addr){{[10] = 0xff, 0xff, a, b, c, d}};
}

static inline struct runtime_store *store_new(void)
{
	struct runtime_store *s;

	assert_int_equal(runtime_store_new("node-1", "default", &s), 0);
	return s;
}

#endif
