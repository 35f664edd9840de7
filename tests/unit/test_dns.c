// SPDX-License-Identifier: MIT
/* What DNS messages say. */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/dns_parsed.h"

static void parse_hex(const char *hex)
{
	w.n = 0;
	wire_hex(&w, hex);
	assert_int_equal(parse(), 0);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
