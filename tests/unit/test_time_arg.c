// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flows/time_arg.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND 1000000000ull
#define NOW (1767225600 * SECOND) /* 2026-01-01T00:00:00Z */

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"3s", 3 * SECOND},
		{"1h43m", (3600 + 43 * 60) * SECOND},
		{"1.5s", 1500000000},
		{"300ms", 300000000},
		{".5s", 500000000},
		{"1.s", SECOND},
		{"1m1ms1us1ns", 60 * SECOND + 1001001},
		{"2\u00b5s", 2000},
		{"2\u03bcs", 2000},
		{"0", 0},
		{"0s", 0},
		{"1.000000001h", 3600 * SECOND + 3600},
		{"0.0000000001s", 0},
		{"2562047h", 2562047ull * 3600 * SECOND},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ns = 1;

		assert_int_equal(duration_parse(rows[i].text, &ns), 0);
		assert_true(ns == rows[i].ns);
	}
}

static void test_bad_durations(void **state)
{
	static const char *const rows[] = {
		"",
		"5",
		"s",
		"1d",
		"-3s",
		"+3s",
		"3 s",
		"1h 3m",
		"1.5.5s",
		"3sx",
		"ms",
		"1e3s",
		"0x3s",
		"2562048h",
		"99999999999999999999s",
		"9223372036854775808ns",
		"5124095h5124095h",
		"1h-3m",
		".s",
		"1\u00b5",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ns = 77;

		if (duration_parse(rows[i], &ns) != -EINVAL)
			fail_msg("\"%s\" passed for a duration", rows[i]);
		assert_true(ns == 77);
	}
}

static void test_moments(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"5m", NOW - 300 * SECOND},
		{"2026-01-01", NOW},
		{"2026-01-01Z", NOW},
		{"2026-01-01T00Z", NOW},
		{"2026-01-01T02+02:00", NOW},
		{"2025-12-31T23-01:00", NOW},
		{"2026-01-01T00:01Z", NOW + 60 * SECOND},
		{"2026-01-01T05:31+05:30", NOW + 60 * SECOND},
		{"2026-01-01T00:00:01Z", NOW + SECOND},
		{"2026-01-01T00:00:01", NOW + SECOND},
		{"2026-01-01T00:00:01.5Z", NOW + 1500000000},
		{"2026-01-01T00:00:01.123456Z", NOW + 1123456000},
		{"2026-01-01T00:00:01.123456789-00:01", NOW + 61123456789},
		{"Thu, 01 Jan 2026 00:00:00 +0000", NOW},
		{"Thu, 01 Jan 2026 01:00:00 +0100", NOW},
		{"1970-01-01", 0},
		{"2024-02-29", 1709164800 * SECOND},
		{"2000-02-29", 951782400 * SECOND},
		{"1999-12-31T23:59:59Z", 946684799 * SECOND},
		{"2100-03-01", 4107542400 * SECOND},
		{"2562047h", 0}, /* further back than the epoch */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ns = 1;

		if (time_arg_parse(rows[i].text, NOW, &ns) || ns != rows[i].ns)
			fail_msg("\"%s\" gave %llu", rows[i].text, (unsigned long long)ns);
	}
}

static void test_bad_moments(void **state)
{
	static const char *const rows[] = {
		"",
		"yesterday",
		"2026-13-01",
		"2026-00-01",
		"2026-01-32",
		"2026-01-00",
		"2025-02-29",
		"2100-02-29",
		"2026-1-1",
		"2026-01-01T",
		"2026-01-01T24Z",
		"2026-01-01T00:60Z",
		"2026-01-01T00:00:60Z",
		"2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00+1",
		"2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00Zx",
		"1969-12-31",
		"1970-01-01T00+01:00",
		"2300-01-01",
		"Thu, 01 Jan 2026 00:00:00",
		"Thu, 01 Foo 2026 00:00:00 +0000",
		"Jan 15 10:20:30.123",
		"-5m",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t ns = 77;

		if (time_arg_parse(rows[i], NOW, &ns) != -EINVAL)
			fail_msg("\"%s\" passed for a moment", rows[i]);
		assert_true(ns == 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bad_durations),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_bad_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
