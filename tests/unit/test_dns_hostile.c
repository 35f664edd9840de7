// SPDX-License-Identifier: MIT
/* DNS messages that are broken or lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/dns_parsed.h"

static void test_no_message(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	w.n = 0;
	assert_int_equal(parse(), -EBADMSG);
	wire_bytes(&w, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00", 11);
	assert_int_equal(parse(), -EBADMSG);
	w.n = 0;
	wire_bytes(&w, http, sizeof(http));
	assert_int_equal(parse(), -EBADMSG);
	wire_header(&w, 1, 0x7800, 1, 0, 0, 0); /* opcode 15 */
	wire_question(&w, "a.test", 1);
	assert_int_equal(parse(), -EBADMSG);
	wire_header(&w, 1, 0x8181, 0, 0, 0, 0); /* a header alone is an answer: FORMERR */
	assert_int_equal(parse(), 0);
	assert_string_equal(said.query, "");
}

/* Wherever it is cut: what is whole counts. */
static void test_cut(void **state)
{
	(void)state;
	w.n = 0;
	wire_hex(&w, DNS_A_ANSWER);
	for (size_t n = 0; n < w.n; n++) {
		int err = dns_parse(w.b, n, &m);

		if (n < 31) {
			assert_int_equal(err, -EBADMSG);
			continue;
		}
		assert_int_equal(err, 0);
		assert_true(m.cut);
		assert_int_equal(m.n_aliases, (n >= 58) + (n >= 85));
		assert_int_equal(m.n_addresses, n >= 101);
		if (m.n_addresses)
			asked_for(0, "www.shop.test.");
	}
	dns_describe(&m, &said);
	assert_true(said.truncated);
}

static void test_lying_counts(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 65535, 65535, 65535, 65535);
	wire_question(&w, "a.test", 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_questions, 1);
	assert_true(m.cut);
	wire_header(&w, 1, 0x8180, 1, 65535, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_a(&w, "a.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_addresses, 1);
	assert_true(m.cut);
}

static void bad_name(void)
{
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	assert_int_equal(parse(), -EBADMSG);
	wire_header(&w, 1, 0x0100, 1, 0, 0, 0);
}

static void test_bad_names(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x0100, 1, 0, 0, 0);
	wire_pointer(&w, 12); /* to itself */
	bad_name();
	wire_pointer(&w, 2); /* into the header */
	bad_name();
	wire_pointer(&w, 14); /* forward */
	wire_name(&w, "a");
	bad_name();
	wire_label(&w, "a", 1); /* back into itself */
	wire_pointer(&w, 12);
	bad_name();
	wire_u8(&w, 0x40); /* reserved kinds of labels */
	wire_name(&w, "a");
	bad_name();
	wire_u8(&w, 0x80);
	wire_name(&w, "a");
	bad_name();
	for (int i = 0; i < 5; i++) /* 256 octets */
		wire_label(&w, "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee", 50);
	wire_u8(&w, 0);
	bad_name();
	wire_pointer(&w, 0x3fff); /* outside */
	bad_name();
}

/* The longest name, each octet escaped. */
static void test_longest_name(void **state)
{
	char ff[63];

	(void)state;
	memset(ff, 0xff, sizeof(ff));
	wire_header(&w, 1, 0x0100, 1, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		wire_label(&w, ff, 63);
	wire_label(&w, ff, 61);
	wire_u8(&w, 0);
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(strlen(said.query), 250 * 4 + 4);
	assert_true(strlen(said.query) < DNS_NAME_TEXT);
}

/* More of everything than there is room for. */
static void test_too_much(void **state)
{
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-000.test";
	char *digits = strchr(name, '-') + 1;

	(void)state;
	wire_header(&w, 1, 0x8180, 1, 820, 0, 0);
	wire_question(&w, "a.test", 1);
	for (int i = 0; i < 820; i++) {
		digits[0] = '0' + i / 100;
		digits[1] = '0' + i / 10 % 10;
		digits[2] = '0' + i % 10;
		wire_a(&w, name, 5, 0x0a000000 + i);
	}
	assert_true(w.n > 65535);
	assert_int_equal(parse(), 0);
	assert_true(m.cut); /* no message is longer than 65535 bytes */
	assert_true(m.left_out > 100);
	assert_int_equal(m.n_addresses, DNS_ADDRESSES);
	assert_int_equal(said.n_rrtypes, DNS_TYPES);
	assert_true(m.text_used <= DNS_TEXT);
}

/* Long names, aliased in rings and pointed to again and again: it still takes no time. */
static void test_expensive(void **state)
{
	struct timespec begin, end;
	char label[64];
	int64_t us;

	(void)state;
	memset(label, 'a', sizeof(label));
	wire_header(&w, 1, 0x8180, 8, 1000, 0, 0);
	for (int i = 0; i < 8; i++) {
		label[0] = 'a' + i;
		for (int n = 0; n < 3; n++)
			wire_label(&w, label + 1, 63);
		wire_label(&w, label, 60);
		wire_u8(&w, 0);
		wire_u16(&w, 1);
		wire_u16(&w, 1);
	}
	for (int i = 0; i < 1000 && w.n < 65000; i++) {
		wire_pointer(&w, 12 + i % 8 * 258);
		wire_record(&w, i < 16 ? 5 : 1, 1, 5, i < 16 ? 2 : 4);
		if (i < 16)
			wire_pointer(&w, 12 + (i + 3) % 8 * 258);
		else
			wire_u32(&w, 0x0a000000 + i);
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(parse(), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
	assert_in_range(us, 0, 50000);
	assert_int_equal(m.n_addresses, DNS_ADDRESSES);
}

/* A record whose data is shorter or longer than its kind: not read, the next one is. */
static void test_bad_data(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 6, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_pointer(&w, 12);
	wire_record(&w, 5, 1, 5, 6); /* more than a name */
	wire_name(&w, "b");
	wire_bytes(&w, "abc", 3);
	wire_pointer(&w, 12);
	wire_record(&w, 1, 1, 5, 3);
	wire_bytes(&w, "abc", 3);
	wire_pointer(&w, 12);
	wire_record(&w, 5, 1, 5, 1); /* the name goes on behind its record */
	wire_u8(&w, 5);
	wire_pointer(&w, 12);
	wire_record(&w, 65, 1, 5, 7); /* a hint that is longer than its record */
	wire_u16(&w, 1);
	wire_u8(&w, 0);
	wire_u16(&w, 4);
	wire_u16(&w, 8);
	wire_pointer(&w, 12);
	wire_record(&w, 1, 3, 5, 4); /* another class */
	wire_u32(&w, 0xc0000201);
	wire_a(&w, "a.test", 5, 0xc0000207);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_addresses, 1);
	assert_int_equal(m.n_aliases, 0);
	is_address(0, "192.0.2.7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_message),   cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lying_counts), cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_longest_name), cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_expensive),    cmocka_unit_test(test_bad_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
