// SPDX-License-Identifier: MIT
/* Amounts of the last minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flows/rate.h"

#define SEC 1000000000ull
#define NOW (1760000000 * SEC)

static void each_second(struct rate *r, uint64_t from_ns, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		rate_add(r, 0, from_ns + i * SEC, 5);
}

static void test_spread(void **state)
{
	struct rate r = {0}, sum = {0};

	(void)state;
	rate_add(&r, NOW - 10 * SEC, NOW, 100);
	assert_float_equal(rate_per_second(&r, NOW, 10), 10, 0.01);
	assert_float_equal(rate_per_second(&r, NOW, 5), 10, 0.01);
	assert_float_equal(rate_per_second(&r, NOW + 5 * SEC, 10), 5, 0.01);
	rate_add(&sum, NOW - 2 * SEC, NOW, 2);
	rate_merge(&sum, &r);
	assert_float_equal(rate_per_second(&sum, NOW, 2), 11, 0.01);
	/* what is older than a minute is left out */
	rate_add(&r, 0, NOW - 100 * SEC, 1000);
	assert_float_equal(rate_per_second(&r, NOW, 60), 100.0 / 60, 0.01);
}

/* The clock goes back, is wrong once; one that is late now and then changes nothing. */
static void test_clock(void **state)
{
	struct rate r = {0};

	(void)state;
	each_second(&r, NOW, 100);
	each_second(&r, NOW - 3600 * SEC, 60);
	assert_float_equal(rate_per_second(&r, NOW - 3540 * SEC, 10), 5, 0.01);
	rate_add(&r, 0, 2 * NOW, 1);
	each_second(&r, NOW - 3540 * SEC, 60);
	assert_float_equal(rate_per_second(&r, NOW - 3480 * SEC, 10), 5, 0.01);
	for (unsigned int i = 0; i < 100; i++) {
		each_second(&r, NOW + i * SEC, 1);
		rate_add(&r, 0, NOW - 7200 * SEC, 5);
	}
	assert_float_equal(rate_per_second(&r, NOW + 100 * SEC, 60), 5, 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_spread),
					   cmocka_unit_test(test_clock)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
