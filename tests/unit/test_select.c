/* SPDX-License-Identifier: MIT */
/* The least ones come in front, of any numbers, many of them equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flows/select.h"

#define MOST 300

struct thing {
	uint32_t worth, pad[3];
};

static bool less(const void *a, const void *b)
{
	return ((const struct thing *)a)->worth < ((const struct thing *)b)->worth;
}

static int by_worth(const void *a, const void *b)
{
	return less(a, b) ? -1 : less(b, a);
}

static void test_least(void **state)
{
	struct thing v[MOST], sorted[MOST];

	(void)state;
	for (size_t round = 0; round < 3000; round++) {
		size_t n = (size_t)rand() % (MOST + 1), k = (size_t)rand() % (n + 1);
		uint32_t range = round % 3 ? 1 + (uint32_t)rand() % 50 : UINT32_MAX;

		for (size_t i = 0; i < n; i++)
			v[i] = (struct thing){.worth = (uint32_t)rand() % range};
		memcpy(sorted, v, n * sizeof(*v));
		qsort(sorted, n, sizeof(*sorted), by_worth);
		select_least(v, n, sizeof(*v), k, less);
		qsort(v, k, sizeof(*v), by_worth);
		for (size_t i = 0; i < k; i++)
			assert_int_equal(v[i].worth, sorted[i].worth);
		qsort(v + k, n - k, sizeof(*v), by_worth);
		for (size_t i = k; i < n; i++)
			assert_int_equal(v[i].worth, sorted[i].worth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
