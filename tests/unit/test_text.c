// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "flows/flow.h"
#include "flows/text.h"

static void expect(struct text *t, const char *want)
{
	text_char(t, '\0');
	assert_int_equal(t->err, 0);
	assert_string_equal(t->data, want);
	t->len = 0;
}

static void test_numbers(void **state)
{
	struct text t = {0};

	(void)state;
	text_u64(&t, 0);
	expect(&t, "0");
	text_u64(&t, UINT64_MAX);
	expect(&t, "18446744073709551615");
	text_padded(&t, 7, 3);
	expect(&t, "007");
	text_padded(&t, 1234, 3);
	expect(&t, "1234");
	text_hex(&t, 0, 0);
	expect(&t, "0");
	text_hex(&t, 0xabc, 16);
	expect(&t, "0000000000000abc");
	text_hex(&t, UINT64_MAX, 0);
	expect(&t, "ffffffffffffffff");
	text_free(&t);
}

static void test_units(void **state)
{
	static const struct {
		uint64_t v;
		const char *bytes, *us;
	} rows[] = {
		{0, "0 B", "0 us"},
		{60, "60 B", "60 us"},
		{210, "210 B", "0.21 ms"},
		{1023, "1023 B", "1.0 ms"},
		{1024, "1.0 KiB", "1.0 ms"},
		{1229, "1.2 KiB", "1.2 ms"},
		{999999, "976 KiB", "999 ms"},
		{1048575, "1023 KiB", "1.0 s"},
		{1048576, "1.0 MiB", "1.0 s"},
		{12345678, "11.7 MiB", "12.3 s"},
		{UINT64_MAX, "16383 PiB", "18446744073709 s"},
	};
	struct text t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_bytes(&t, rows[i].v);
		expect(&t, rows[i].bytes);
		text_us(&t, rows[i].v);
		expect(&t, rows[i].us);
	}
	text_free(&t);
}

static void test_escape(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"nginx: worker", "nginx: worker"},
		{"\033[31mred", "^[[31mred"},
		{"a\rb\nc\td", "a\\rb\\nc\\td"},
		{"\a\b\x7f", "\\x07\\x08\\x7f"},
		{"z\xc3\xbcrich \xf0\x9f\x98\x80", "z\xc3\xbcrich \xf0\x9f\x98\x80"},
		{"\xc2\x9b"
		 "31m",
		 "\\xc2\\x9b31m"}, /* CSI in one character */
		{"\xff\xc3", "\\xff\\xc3"},
		{"\xc0\xaf", "\\xc0\\xaf"}, /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
		{"a\xe2\x80\xae"
		 "b",
		 "a\\xe2\\x80\\xaeb"}, /* right-to-left override */
		{"back\\slash", "back\\slash"},
	};
	struct text t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_escape(&t, rows[i].in, 4096);
		expect(&t, rows[i].out);
	}
	text_free(&t);
}

/* Reads no byte past max, says that something is missing. */
static void test_escape_bounded(void **state)
{
	char *exact = malloc(16);
	struct text t = {0};

	(void)state;
	assert_non_null(exact);
	memset(exact, 'x', 16);
	text_escape(&t, exact, 16);
	expect(&t, "xxxxxxxxxxxxxxxx...");
	text_escape(&t, "short", 16);
	expect(&t, "short");
	free(exact);
	text_free(&t);
}

static void test_growth(void **state)
{
	struct text t = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_u64(&t, i % 10);
	assert_int_equal(t.len, 100000);
	assert_int_equal(t.err, 0);
	assert_memory_equal(t.data + 99990, "0123456789", 10);
	text_spaces(&t, 3);
	assert_int_equal(text_width(&t, 100000), 3);
	t.len = 0;
	text_str(&t, "z\xc3\xbc");
	assert_int_equal(text_width(&t, 0), 2);
	text_free(&t);
}

/* A pipe takes less at once than what is written: nothing may be lost, nothing doubled. */
static void test_write_short(void **state)
{
	struct text t = {0};
	size_t total = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 300000; i++)
		text_char(&t, 'a' + i % 26);
	if (!fork()) {
		close(fds[0]);
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
		_exit(text_write(&t, fds[1]) ? 1 : 0);
	}
	close(fds[1]);
	for (;;) {
		char buf[1000];
		ssize_t n = read(fds[0], buf, sizeof(buf));

		assert_true(n >= 0);
		if (!n)
			break;
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], 'a' + (total + i) % 26);
		total += n;
	}
	assert_int_equal(total, 300000);
	close(fds[0]);
	text_free(&t);
}

static void test_write_fails(void **state)
{
	struct text t = {0};
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	text_str(&t, "nobody reads");
	assert_int_equal(text_write(&t, fds[1]), -EPIPE);
	assert_int_equal(t.len, 0);
	close(fds[1]);
	text_str(&t, "closed");
	assert_int_equal(text_write(&t, fds[1]), -EBADF);
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_units),
		cmocka_unit_test(test_escape),	    cmocka_unit_test(test_escape_bounded),
		cmocka_unit_test(test_growth),	    cmocka_unit_test(test_write_short),
		cmocka_unit_test(test_write_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
