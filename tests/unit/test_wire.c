// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/wire.h"

static struct text t;

static int setup(void **state)
{
	(void)state;
	t.len = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	text_free(&t);
	return 0;
}

#define ASSERT_WIRE(bytes)                                             \
	do {                                                           \
		assert_int_equal(t.len, sizeof(bytes) - 1);            \
		assert_memory_equal(t.data, bytes, sizeof(bytes) - 1); \
	} while (0)

static void test_numbers(void **state)
{
	(void)state;
	wire_u64(&t, 1, 0);
	wire_u64(&t, 1, 150);
	wire_u64_always(&t, 16, 0);
	wire_fixed64(&t, 2, 0x0102030405060708);
	wire_u64(&t, 3, UINT64_MAX);
	ASSERT_WIRE("\x08\x96\x01"
		    "\x80\x01\x00"
		    "\x11\x08\x07\x06\x05\x04\x03\x02\x01"
		    "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

static void test_texts(void **state)
{
	(void)state;
	wire_str(&t, 1, "");
	wire_str(&t, 1, "ab");
	wire_untrusted(&t, 2, "abcd", 3);
	wire_untrusted(&t, 2, "a\xff", 9);
	wire_untrusted_always(&t, 3, "", 9);
	ASSERT_WIRE("\x0a\x02"
		    "ab\x12\x03"
		    "abc\x12\x04"
		    "a\xef\xbf\xbd\x1a\x00");
}

/* A message's length takes one byte, two or three, at whatever depth. */
static void test_nested(void **state)
{
	static const size_t sizes[] = {0,   1,	 100, 120,   121,   122,
				       126, 127, 128, 16375, 16383, 70000};
	static char bytes[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct wire_field f;
		struct wire_reader r;
		size_t outer, inner;

		t.len = 0;
		outer = wire_open(&t, 1);
		wire_u64(&t, 9, 7);
		inner = wire_open(&t, 2);
		wire_bytes_always(&t, 3, bytes, sizes[i]);
		wire_close(&t, inner);
		wire_close(&t, outer);
		r = wire_reader(t.data, t.len);
		assert_true(wire_next(&r, &f));
		assert_false(wire_next(&r, &(struct wire_field){0}));
		assert_false(r.bad);
		r = wire_reader(f.data, f.n);
		assert_true(wire_next(&r, &f));
		assert_int_equal(f.v, 7);
		assert_true(wire_next(&r, &f));
		r = wire_reader(f.data, f.n);
		assert_true(wire_next(&r, &f));
		assert_int_equal(f.number, 3);
		assert_int_equal(f.n, sizes[i]);
		assert_memory_equal(f.data, bytes, sizes[i]);
	}
}

static void test_empty_is_taken_back(void **state)
{
	size_t before = t.len, mark = wire_open(&t, 1000);

	(void)state;
	wire_close_or_drop(&t, mark, before);
	assert_int_equal(t.len, before);
}

static void test_time(void **state)
{
	struct wire_reader r;
	struct wire_field f;

	(void)state;
	wire_time(&t, 1, 0);
	wire_time(&t, 1, 1768472430123456789ull);
	r = wire_reader(t.data, t.len);
	assert_true(wire_next(&r, &f));
	assert_int_equal(wire_read_time(&f), 1768472430123456789ull);
	/* before 1970, and a billion nanoseconds */
	f.data = (const uint8_t *)"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	f.n = 11;
	assert_int_equal(wire_read_time(&f), 0);
	f.data = (const uint8_t *)"\x10\x80\x94\xeb\xdc\x03";
	f.n = 6;
	assert_int_equal(wire_read_time(&f), 0);
}

#define REFUSED(bytes)                                                        \
	do {                                                                  \
		struct wire_reader r = wire_reader(bytes, sizeof(bytes) - 1); \
		struct wire_field f;                                          \
		while (wire_next(&r, &f))                                     \
			;                                                     \
		assert_true(r.bad);                                           \
		assert_false(wire_next(&r, &f));                              \
	} while (0)

static void test_refused(void **state)
{
	(void)state;
	REFUSED("\x08"); /* no value */
	REFUSED("\x08\x80"); /* half of one */
	REFUSED("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"); /* eleven bytes */
	REFUSED("\x00\x01"); /* field 0 */
	REFUSED("\x0a\x02x"); /* longer than there is */
	REFUSED("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x");
	REFUSED("\x09\x01\x02\x03\x04\x05\x06\x07"); /* half a fixed64 */
	REFUSED("\x0d\x01\x02\x03");
	REFUSED("\x0b\x0c"); /* a group */
	REFUSED("\x0e"); /* wire type 6 */
	REFUSED("\xf8\xff\xff\xff\x1f\x01"); /* a number above 2^29 - 1 */
}

static void test_not_there(void **state)
{
	struct wire_reader r = wire_reader(NULL, 0);
	struct wire_field f;

	(void)state;
	assert_false(wire_next(&r, &f));
	assert_false(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
