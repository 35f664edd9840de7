// SPDX-License-Identifier: MIT
/* Names from DNS answers: the flows of messages, and who had asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/dns_names_fed.h"

static struct process other = {.refs = 1, .cgroup_id = 1002};
static struct process root = {.refs = 1, .cgroup_id = 1};

/* The client at that address asks for name and gets address. */
static void resolve(const char *client, struct process *process, const char *name,
		    const char *address, uint32_t ttl)
{
	static uint16_t id;
	const struct ip_addr a = addr(address);
	static struct wire w;
	uint32_t v4;

	memcpy(&v4, a.b + 12, 4);
	wire_header(&w, ++id, 0x0100, 1, 0, 0, 0);
	wire_question(&w, name, 1);
	say(client, 3000, RESOLVER, 53, &w, false, NULL);
	wire_header(&w, id, 0x8180, 1, 1, 0, 0);
	wire_question(&w, name, 1);
	wire_a(&w, name, ttl, ntohl(v4));
	say(RESOLVER, 53, client, 3000, &w, false, process);
}

/* The names of dst when `client` talks to it, joined by commas; "" none. */
static const char *names_of(uint64_t connection, uint8_t event, const char *client,
			    struct process *process, const char *dst)
{
	struct flow f = sample(6, client, 40000, dst, 443);
	static char text[512];

	text[0] = 0;
	f.connection_id = connection;
	f.event = event;
	f.src.process = process_get(process);
	dns->end(dns, &f, &f.src, &f.dst);
	assert_null(f.src.dns);
	dns->end(dns, &f, &f.dst, &f.src);
	for (uint32_t i = 0; f.dst.dns && i < f.dst.dns->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 f.dst.dns->names[i]);
	flow_release(&f);
	return text;
}

static const char *called(const char *client, struct process *process, const char *dst)
{
	return names_of(0, FLOW_NEW, client, process, dst);
}

static void seconds_later(uint64_t s)
{
	dns->tick(dns, base_ns + s * SECOND_NS);
}

/* --------------------------------------------------------------- messages */

static void test_flows(void **state)
{
	struct wire w = {.n = 0};
	struct flow q, a;

	(void)state;
	wire_hex(&w, DNS_A_QUERY);
	q = packet(17, "10.0.0.1", 3000, RESOLVER, 53, &w, false, NULL);
	assert_non_null(q.l7);
	assert_int_equal(q.l7->type, L7_REQUEST);
	assert_int_equal(q.is_reply, REPLY_NO);
	flow_release(&q);
	w.n = 0;
	wire_hex(&w, DNS_A_ANSWER);
	a = packet(17, RESOLVER, 53, "10.0.0.1", 3000, &w, false, NULL);
	assert_non_null(a.l7);
	assert_int_equal(a.l7->type, L7_RESPONSE);
	assert_int_equal(a.is_reply, REPLY_YES);
	flow_release(&a);
	a = packet(17, RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	assert_null(a.l7); /* the same, as the process reads it */
	flow_release(&a);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.10"), "www.shop.test");
	assert_string_equal(called("10.5.5.5", &shop, "192.0.2.10"), "www.shop.test");
	w.n = 5;
	a = packet(17, RESOLVER, 53, "10.0.0.1", 3000, &w, false, NULL);
	assert_null(a.l7);
	flow_release(&a);
	seconds_later(10);
	assert_int_equal(own.n, 0);
}

/* Three messages in a segment: two flows of the namer's own, the last is the packet's. */
static void test_tcp(void **state)
{
	struct wire w = {.n = 0};
	struct flow f;

	(void)state;
	wire_hex(&w, DNS_TCP1);
	w.b[3] = 1;
	wire_hex(&w, DNS_TCP1);
	wire_hex(&w, DNS_TCP1);
	w.b[2 * 56 + 3] = 3;
	f = packet(6, "10.0.0.1", 3000, RESOLVER, 53, &w, false, NULL);
	assert_non_null(f.l7);
	flow_release(&f);
	assert_int_equal(own.n, 2);
	assert_int_equal(own.flows[0].is_reply, REPLY_NO);
	assert_string_equal(own.flows[1].l7->dns.query, "www.shop.test.");
	w.n = 0;
	wire_hex(&w, DNS_TCP2);
	f = packet(6, RESOLVER, 53, "10.0.0.1", 3000, &w, false, NULL);
	assert_non_null(f.l7);
	assert_int_equal(f.is_reply, REPLY_YES);
	flow_release(&f);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.10"), "www.shop.test");
	seconds_later(6);
	assert_int_equal(own.n, 4); /* two were not answered */
	assert_int_equal(own.flows[3].verdict, VERDICT_ERROR);
	assert_true(own.flows[3].l7->dns.timeout);
}

static void test_forged(void **state)
{
	struct wire w = {.n = 0};

	(void)state;
	wire_hex(&w, DNS_A_ANSWER);
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, false, &shop);
	assert_string_equal(called("10.0.0.1", &shop, "192.0.2.10"), "");
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	assert_string_equal(called("10.0.0.1", &shop, "192.0.2.10"), "www.shop.test");
}

static void test_multicast(void **state)
{
	static struct wire w;

	(void)state;
	wire_header(&w, 0, 0x8400, 0, 4, 0, 1);
	wire_a(&w, "Printer.local", 120, 0xc0a80109);
	wire_a(&w, "bank.test", 120, 0xc0a8010a); /* not for multicast to say */
	wire_a(&w, "gone.local", 0, 0xc0a8010b);
	wire_a(&w, "notlocal", 120, 0xc0a8010d);
	wire_a(&w, "second.local", 120, 0xc0a8010c);
	say("192.168.1.9", 5353, "224.0.0.251", 5353, &w, false, NULL);
	assert_string_equal(called("192.168.1.50", NULL, "192.168.1.9"), "printer.local");
	assert_string_equal(called("192.168.1.50", NULL, "192.168.1.10"), "");
	assert_string_equal(called("192.168.1.50", NULL, "192.168.1.11"), "");
	assert_string_equal(called("192.168.1.50", NULL, "192.168.1.13"), "");
	assert_string_equal(called("192.168.1.50", &shop, "192.168.1.12"), "second.local");
}

/* ------------------------------------------------------------------- names */

static void test_per_asker(void **state)
{
	(void)state;
	resolve("10.0.0.1", NULL, "a.test", "192.0.2.1", 300);
	resolve("10.0.0.2", NULL, "b.test", "192.0.2.1", 300);
	resolve("10.0.0.3", &shop, "c.test", "192.0.2.1", 300);
	resolve("10.0.0.3", &other, "d.test", "192.0.2.1", 300);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "a.test");
	assert_string_equal(called("10.0.0.2", NULL, "192.0.2.1"), "b.test");
	assert_string_equal(called("10.0.0.3", &shop, "192.0.2.1"), "c.test");
	assert_string_equal(called("10.0.0.9", &other, "192.0.2.1"), "d.test");
	/* a process of no group is known by its address, */
	assert_string_equal(called("10.0.0.1", &root, "192.0.2.1"), "a.test");
	resolve("10.0.0.4", &root, "e.test", "192.0.2.5", 300);
	resolve("10.0.0.5", &root, "f.test", "192.0.2.5", 300);
	assert_string_equal(called("10.0.0.4", &root, "192.0.2.5"), "e.test");
	/* and who never asked gets what others call it, the newest first */
	assert_string_equal(called("10.0.0.9", NULL, "192.0.2.1"), "d.test,c.test,b.test,a.test");
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.2"), "");
}

static void test_newest_first(void **state)
{
	char name[32];

	(void)state;
	resolve("10.0.0.1", NULL, "a.test", "192.0.2.1", 300);
	resolve("10.0.0.1", NULL, "B.test", "192.0.2.1", 300);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "b.test,a.test");
	resolve("10.0.0.1", NULL, "a.test", "192.0.2.1", 300);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "a.test,b.test");
	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%02d.test", i);
		resolve("10.0.0.1", NULL, name, "192.0.2.1", 300);
	}
	assert_int_equal(strlen(called("10.0.0.1", NULL, "192.0.2.1")), NAMES_MAX * 9 - 1);
	assert_null(strstr(called("10.0.0.1", NULL, "192.0.2.1"), "a.test"));
}

static void test_expiry(void **state)
{
	(void)state;
	resolve("10.0.0.1", NULL, "long.test", "192.0.2.1", 300);
	resolve("10.0.0.1", NULL, "short.test", "192.0.2.1", 100);
	resolve("10.0.0.1", NULL, "zero.test", "192.0.2.2", 0);
	seconds_later(29);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.2"), "zero.test");
	seconds_later(99);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.2"), "");
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "short.test,long.test");
	seconds_later(102);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "long.test");
	assert_string_equal(called("10.0.0.7", NULL, "192.0.2.1"), "long.test");
	seconds_later(302);
	assert_string_equal(called("10.0.0.1", NULL, "192.0.2.1"), "");
}

/* A connection keeps the names that it began with. */
static void test_connection_keeps(void **state)
{
	(void)state;
	resolve("10.0.0.1", NULL, "a.test", "192.0.2.1", 60);
	assert_string_equal(names_of(5, FLOW_NEW, "10.0.0.1", NULL, "192.0.2.1"), "a.test");
	resolve("10.0.0.1", NULL, "b.test", "192.0.2.1", 60);
	assert_string_equal(names_of(5, FLOW_REPORT, "10.0.0.1", NULL, "192.0.2.1"), "a.test");
	assert_string_equal(names_of(6, FLOW_NEW, "10.0.0.1", NULL, "192.0.2.1"), "b.test,a.test");
	for (uint64_t s = 1; s < 1200; s++) {
		seconds_later(s);
		if (s % 100 == 0)
			names_of(5, FLOW_REPORT, "10.0.0.1", NULL, "192.0.2.1");
	}
	assert_string_equal(names_of(7, FLOW_NEW, "10.0.0.1", NULL, "192.0.2.1"), "");
	assert_string_equal(names_of(5, FLOW_REPORT, "10.0.0.1", NULL, "192.0.2.1"), "a.test");
	assert_string_equal(names_of(5, FLOW_END, "10.0.0.1", NULL, "192.0.2.1"), "a.test");
	assert_string_equal(names_of(5, FLOW_REPORT, "10.0.0.1", NULL, "192.0.2.1"), "");
}

/* Its first packet is told before the answer is; and better than a guess, which is what others asked. */
static void test_answer_comes_after(void **state)
{
	(void)state;
	assert_string_equal(names_of(5, FLOW_NEW, "10.0.0.1", NULL, "192.0.2.1"), "");
	resolve("10.0.0.2", NULL, "other.test", "192.0.2.1", 60);
	assert_string_equal(names_of(5, FLOW_FLAGS, "10.0.0.1", NULL, "192.0.2.1"), "other.test");
	resolve("10.0.0.1", NULL, "mine.test", "192.0.2.1", 60);
	assert_string_equal(names_of(5, FLOW_FLAGS, "10.0.0.1", NULL, "192.0.2.1"), "mine.test");
	resolve("10.0.0.1", NULL, "later.test", "192.0.2.1", 60);
	assert_string_equal(names_of(5, FLOW_FLAGS, "10.0.0.1", NULL, "192.0.2.1"), "mine.test");
	/* a guess that held for some events stays */
	for (int i = 0; i < 6; i++)
		assert_string_equal(names_of(6, FLOW_REPORT, "10.0.0.3", NULL, "192.0.2.1"),
				    "later.test,mine.test,other.test");
	resolve("10.0.0.3", NULL, "third.test", "192.0.2.1", 60);
	assert_string_equal(names_of(6, FLOW_REPORT, "10.0.0.3", NULL, "192.0.2.1"),
			    "later.test,mine.test,other.test");
}

/* 200 octets of a name that are four characters each. */
static void test_long_names(void **state)
{
	static struct wire w;
	uint8_t octets[50];

	(void)state;
	memset(octets, 0xee, sizeof(octets));
	wire_header(&w, 7, 0x8180, 1, 1, 0, 0);
	for (int i = 0; i < 4; i++)
		wire_label(&w, octets, sizeof(octets));
	wire_u8(&w, 0);
	wire_u16(&w, 1);
	wire_u16(&w, 1);
	wire_pointer(&w, 12);
	wire_record(&w, 1, 1, 60, 4);
	wire_u32(&w, 0xc0000201);
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	assert_string_equal(called("10.0.0.1", &shop, "192.0.2.1"), "");
}

/* Who blocks by DNS answers 0.0.0.0 or 127.0.0.1: that is not what those are called. */
static void test_everybodys_addresses(void **state)
{
	(void)state;
	resolve("10.0.0.1", NULL, "ads.test", "127.0.0.1", 60);
	resolve("10.0.0.1", NULL, "ads.test", "0.0.0.0", 60);
	assert_string_equal(called("10.0.0.1", NULL, "127.0.0.1"), "");
	assert_string_equal(called("10.0.0.1", NULL, "0.0.0.0"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tcp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_multicast, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_per_asker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_newest_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expiry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connection_keeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answer_comes_after, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_everybodys_addresses, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
