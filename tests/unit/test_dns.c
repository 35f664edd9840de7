// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "flows/l7/dns.h"
#include "tests/unit/dns_packets.h"

static struct dns_message m;
static struct wire w;
static struct l7_dns said;

static int parse(void)
{
	int err = dns_parse(w.b, w.n, &m);

	if (!err)
		dns_describe(&m, &said);
	return err;
}

static void parse_hex(const char *hex)
{
	w.n = 0;
	wire_hex(&w, hex);
	assert_int_equal(parse(), 0);
}

static void is_address(size_t i, const char *want)
{
	char text[46];

	assert_true(i < said.n_ips);
	assert_string_equal(ip_addr_text(&said.ips[i], text), want);
}

static void asked_for(size_t i, const char *want)
{
	const char *name = dns_asked_name(&m, &m.addresses[i]);

	assert_true(i < m.n_addresses);
	if (!want) {
		assert_null(name);
		return;
	}
	assert_non_null(name);
	assert_string_equal(name, want);
}

/* ------------------------------------------------------------ real messages */

static void test_query(void **state)
{
	(void)state;
	parse_hex(DNS_A_QUERY);
	assert_false(m.answer);
	assert_int_equal(m.id, 0x5166);
	assert_int_equal(m.n_questions, 1);
	assert_string_equal(said.query, "www.shop.test.");
	assert_int_equal(said.n_qtypes, 1);
	assert_string_equal(said.qtypes[0], "A");
	assert_int_equal(said.ttl, UINT32_MAX);
	assert_int_equal(said.n_ips, 0);
	assert_int_equal(said.n_rrtypes, 0); /* OPT is no answer */
	assert_false(said.truncated);
}

static void test_chain(void **state)
{
	(void)state;
	parse_hex(DNS_A_ANSWER);
	assert_true(m.answer);
	assert_int_equal(said.ttl, 77);
	assert_int_equal(said.n_ips, 1);
	is_address(0, "192.0.2.10");
	assert_int_equal(said.n_cnames, 2);
	assert_string_equal(said.cnames[0], "cdn.shop.test.");
	assert_string_equal(said.cnames[1], "edge.cdn.test.");
	assert_int_equal(said.n_rrtypes, 3);
	assert_string_equal(said.rrtypes[0], "CNAME");
	assert_string_equal(said.rrtypes[2], "A");
	assert_int_equal(m.addresses[0].ttl, 300);
	asked_for(0, "www.shop.test.");
}

static void test_ipv6_chain(void **state)
{
	char buf[DNS_NAME_TEXT];

	(void)state;
	parse_hex(DNS_AAAA_ANSWER);
	is_address(0, "2001:db8::10");
	assert_string_equal(said.query, "WWW.shop.test.");
	asked_for(0, "WWW.shop.test.");
	assert_string_equal(dns_fold(said.query, buf), "www.shop.test");
}

static void test_failures(void **state)
{
	(void)state;
	parse_hex(DNS_NXDOMAIN_ANSWER);
	assert_int_equal(said.rcode, 3);
	assert_int_equal(said.ttl, UINT32_MAX);
	assert_string_equal(dns_rcode_name(said.rcode), "Non-Existent Domain");
	parse_hex(DNS_REFUSED_ANSWER);
	assert_int_equal(said.rcode, 5);
	assert_string_equal(dns_rcode_name(said.rcode), "Query Refused");
	assert_string_equal(dns_rcode_name(0), "No Error");
	assert_string_equal(dns_rcode_mnemonic(23), "BADCOOKIE");
	assert_null(dns_rcode_mnemonic(12));
	assert_null(dns_rcode_name(11));
	assert_null(dns_rcode_name(4095));
}

static void test_srv(void **state)
{
	(void)state;
	parse_hex(DNS_SRV_ANSWER);
	assert_string_equal(said.qtypes[0], "SRV");
	assert_int_equal(said.n_ips, 0); /* the answer section has none */
	assert_int_equal(m.n_addresses, 2);
	asked_for(0, "_http._tcp.shop.test.");
	asked_for(1, "_http._tcp.shop.test.");
}

static void test_others(void **state)
{
	(void)state;
	parse_hex(DNS_PTR_ANSWER);
	assert_string_equal(said.query, "10.2.0.192.in-addr.arpa.");
	assert_string_equal(said.rrtypes[0], "PTR");
	assert_int_equal(m.n_addresses, 0);
	parse_hex(DNS_TXT_ANSWER);
	assert_true(said.truncated);
	assert_false(m.cut);
	assert_string_equal(said.rrtypes[0], "TXT");
}

/* ------------------------------------------------------- RFC 1035's examples */

/* 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root, compressed. */
static void test_compression(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 4, 0, 0, 0);
	wire_question(&w, "F.ISI.ARPA", 1);
	wire_label(&w, "FOO", 3);
	wire_pointer(&w, 12);
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	wire_pointer(&w, 12 + 6);
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	wire_question(&w, "", 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_questions, 4);
	assert_string_equal(m.questions[0].name, "F.ISI.ARPA.");
	assert_string_equal(m.questions[1].name, "FOO.F.ISI.ARPA.");
	assert_string_equal(m.questions[2].name, "ARPA.");
	assert_string_equal(m.questions[3].name, ".");
}

/* 5.1: what a dot, a backslash and an octet outside of ASCII become. */
static void test_escapes(void **state)
{
	char buf[DNS_NAME_TEXT];

	(void)state;
	wire_header(&w, 1, 0x0100, 1, 0, 0, 0);
	wire_label(&w, "Action.domains", 14);
	wire_label(&w, "a\\b\0\x1b[2J\xff \"(", 12);
	wire_u8(&w, 0);
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	assert_int_equal(parse(), 0);
	assert_string_equal(said.query, "Action\\.domains.a\\\\b\\000\\027[2J\\255\\032\\\"\\(.");
	assert_string_equal(dns_fold(said.query, buf),
			    "action\\.domains.a\\\\b\\000\\027[2j\\255\\032\\\"\\(");
}

static void test_types(void **state)
{
	char buf[12];

	(void)state;
	assert_string_equal(dns_type_text(28, buf), "AAAA");
	assert_string_equal(dns_type_text(65, buf), "HTTPS");
	assert_string_equal(dns_type_text(255, buf), "ANY");
	assert_string_equal(dns_type_text(0, buf), "TYPE0");
	assert_string_equal(dns_type_text(65280, buf), "TYPE65280");
	assert_string_equal(dns_type_text(1000, buf), "TYPE1000");
}

/* --------------------------------------------------------------- by hand */

/* The records may come in any order, and a name in other letters is the same. */
static void test_chain_out_of_order(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 3, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_a(&w, "C.test", 5, 0xc0000201);
	wire_name(&w, "B.TEST");
	wire_record(&w, 5, 1, 60, 8);
	wire_name(&w, "c.test");
	wire_name(&w, "A.Test");
	wire_record(&w, 5, 1, 60, 8);
	wire_name(&w, "b.test");
	assert_int_equal(parse(), 0);
	asked_for(0, "a.test.");
	assert_int_equal(said.ttl, 5);
}

static void test_alias_ring(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 3, 0, 0);
	wire_question(&w, "x.test", 1);
	wire_name(&w, "b.test");
	wire_record(&w, 5, 1, 60, 8);
	wire_name(&w, "c.test");
	wire_name(&w, "c.test");
	wire_record(&w, 5, 1, 60, 8);
	wire_name(&w, "b.test");
	wire_a(&w, "b.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	asked_for(0, "x.test.");
	assert_null(m.addresses[0].asked);
}

static void test_several_questions(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 2, 2, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_question(&w, "b.test", 1);
	wire_a(&w, "b.test", 5, 0xc0000202);
	wire_a(&w, "a.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	asked_for(0, "b.test.");
	asked_for(1, "a.test.");
	assert_int_equal(said.n_qtypes, 2);
}

/* Glue, what an error carries, what was asked with another type: names nothing. */
static void test_not_what_was_asked(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 0, 0, 1);
	wire_question(&w, "a.test", 1);
	wire_a(&w, "ns.bank.test", 5, 0xc0000266);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_addresses, 1);
	asked_for(0, NULL);
	wire_header(&w, 1, 0x8183, 1, 1, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_a(&w, "a.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	asked_for(0, NULL);
	wire_header(&w, 1, 0x8180, 1, 1, 0, 0);
	wire_question(&w, "a.test", 252); /* AXFR */
	wire_a(&w, "b.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	asked_for(0, NULL);
	wire_header(&w, 1, 0x0100, 1, 1, 0, 0); /* a query */
	wire_question(&w, "a.test", 1);
	wire_a(&w, "a.test", 5, 0xc0000201);
	assert_int_equal(parse(), 0);
	asked_for(0, NULL);
	assert_int_equal(said.n_ips, 0);
}

/* RFC 9460: hints, and an alias. */
static void test_https(void **state)
{
	static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 7};

	(void)state;
	wire_header(&w, 1, 0x8180, 1, 2, 0, 0);
	wire_question(&w, "shop.test", 65);
	wire_pointer(&w, 12);
	wire_record(&w, 65, 1, 300, 2 + 10);
	wire_u16(&w, 0);
	wire_name(&w, "svc.test");
	wire_name(&w, "svc.test");
	wire_record(&w, 65, 1, 200, 2 + 1 + 4 + 3 + 4 + 8 + 4 + 16);
	wire_u16(&w, 1);
	wire_u8(&w, 0); /* the owner */
	wire_u16(&w, 1); /* alpn */
	wire_u16(&w, 3);
	wire_label(&w, "h2", 2);
	wire_u16(&w, 4);
	wire_u16(&w, 8);
	wire_u32(&w, 0xc0000205);
	wire_u32(&w, 0xc0000206);
	wire_u16(&w, 6);
	wire_u16(&w, 16);
	wire_bytes(&w, v6, 16);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.n_addresses, 3);
	assert_int_equal(said.n_ips, 0); /* not what is called an answer */
	asked_for(0, "shop.test.");
	asked_for(2, "shop.test.");
	assert_string_equal(m.addresses[0].owner, "svc.test.");
	assert_int_equal(said.n_cnames, 0);
	assert_int_equal(said.ttl, 200);
}

static void test_edns_rcode(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 0, 0, 1);
	wire_question(&w, "a.test", 1);
	wire_u8(&w, 0);
	wire_record(&w, 41, 1232, 1u << 24, 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(said.rcode, 16);
	assert_string_equal(dns_rcode_name(said.rcode), "Bad OPT Version");
}

/* RFC 6762: no question, the class's upper bit set. */
static void test_multicast(void **state)
{
	(void)state;
	wire_header(&w, 0, 0x8400, 0, 1, 0, 1);
	wire_name(&w, "Printer.local");
	wire_record(&w, 1, 0x8001, 120, 4);
	wire_u32(&w, 0xc0a80109);
	wire_name(&w, "Printer.local");
	wire_record(&w, 47, 0x8001, 120, 2);
	wire_u16(&w, 0);
	assert_int_equal(parse(), 0);
	assert_string_equal(said.query, "Printer.local.");
	is_address(0, "192.168.1.9");
	asked_for(0, NULL);
}

static void test_ttl_sign(void **state)
{
	(void)state;
	wire_header(&w, 1, 0x8180, 1, 1, 0, 0);
	wire_question(&w, "a.test", 1);
	wire_a(&w, "a.test", 0xffffffff, 0xc0000201);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.addresses[0].ttl, 0);
}

/* ---------------------------------------------------------------- hostile */

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
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_ipv6_chain),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_srv),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_chain_out_of_order),
		cmocka_unit_test(test_alias_ring),
		cmocka_unit_test(test_several_questions),
		cmocka_unit_test(test_not_what_was_asked),
		cmocka_unit_test(test_https),
		cmocka_unit_test(test_edns_rcode),
		cmocka_unit_test(test_multicast),
		cmocka_unit_test(test_ttl_sign),
		cmocka_unit_test(test_no_message),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lying_counts),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_expensive),
		cmocka_unit_test(test_bad_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
