// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "flows/names/dns.h"
#include "flows/names/dns_cache.h"
#include "tests/unit/dns_packets.h"
#include "tests/unit/sample_flows.h"

#define SECOND_NS 1000000000ull
#define RESOLVER "10.0.0.53"

static struct namer *dns;
static struct dns_cache *cache;
static uint64_t base_ns;
static struct process shop = {.refs = 1, .cgroup_id = 1001};
static struct process other = {.refs = 1, .cgroup_id = 1002};
static struct process root = {.refs = 1, .cgroup_id = 1};

/* Flows of the namer's own making. */
static struct {
	unsigned int n;
	struct flow flows[8];
} own;

static void on_flow(void *arg, struct flow *f)
{
	(void)arg;
	assert_in_range(own.n, 0, 7);
	flow_copy(&own.flows[own.n++], f);
}

static int set_up(void **state)
{
	static const struct namer_events ev = {.flow = on_flow};
	static const struct names_options opt;

	(void)state;
	base_ns = uv_hrtime();
	own.n = 0;
	return dns_new(&opt, &dns) || dns->start(dns, NULL, &ev) || dns_cache_new(4, 4, &cache);
}

static int tear_down(void **state)
{
	(void)state;
	while (own.n)
		flow_release(&own.flows[--own.n]);
	dns->free(dns);
	dns_cache_free(cache);
	return 0;
}

/* A packet; the flow is the caller's to release. */
static struct flow packet(uint8_t protocol, const char *src, uint16_t sport, const char *dst,
			  uint16_t dport, const struct wire *w, bool at_read,
			  struct process *reader)
{
	const struct l7_payload p = {.data = w->b, .size = w->n, .at_read = at_read, .tcp_seq = 1};
	struct flow f = sample(protocol, src, sport, dst, dport);

	f.event = FLOW_L7;
	f.connection_id = 99;
	f.is_reply = REPLY_UNKNOWN;
	f.dst.process = process_get(reader);
	dns->message(dns, &f, &p);
	return f;
}

static void say(const char *src, uint16_t sport, const char *dst, uint16_t dport,
		const struct wire *w, bool at_read, struct process *reader)
{
	struct flow f = packet(17, src, sport, dst, dport, w, at_read, reader);

	flow_release(&f);
}

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

/* ------------------------------------------------------------------ bounds */

static void learn(const char *asker, const char *address, const char *name, uint32_t ttl,
		  uint64_t now_s)
{
	const struct ip_addr from = addr(asker), a = addr(address);
	struct dns_asker k;

	dns_asker_of(NULL, &from, &k);
	dns_cache_learn(cache, &k, &a, name, ttl, now_s * SECOND_NS);
}

static bool known(const char *asker, const char *address, uint64_t connection)
{
	struct flow f = sample(6, asker, 40000, address, 443);
	struct name_list *l;

	f.connection_id = connection;
	f.event = FLOW_NEW;
	l = dns_cache_find(cache, &f, &f.dst, &f.src);
	name_list_put(l);
	return l != NULL;
}

static void test_names_bound(void **state)
{
	struct dns_cache_stats st;

	(void)state;
	learn("10.0.0.1", "192.0.2.1", "a", 600, 100);
	learn("10.0.0.1", "192.0.2.2", "b", 50, 100);
	learn("10.0.0.1", "192.0.2.3", "c", 600, 100);
	learn("10.0.0.1", "192.0.2.4", "d", 600, 100);
	learn("10.0.0.1", "192.0.2.5", "e", 600, 200); /* for b, which has expired */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 4);
	assert_int_equal(st.names_evicted, 0);
	assert_true(known("10.0.0.1", "192.0.2.1", 0));
	assert_false(known("10.0.0.1", "192.0.2.2", 0));
	learn("10.0.0.1", "192.0.2.1", "a", 600, 200); /* asked again: no longer the oldest */
	learn("10.0.0.2", "192.0.2.1", "f", 600, 200); /* for c */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 4);
	assert_int_equal(st.names_evicted, 1);
	assert_true(known("10.0.0.1", "192.0.2.1", 0));
	assert_false(known("10.0.0.1", "192.0.2.3", 0));
	for (int i = 0; i < 3 * 16; i++) /* a sweep takes 16 ticks */
		dns_cache_tick(cache, (900 + i) * SECOND_NS);
	dns_cache_stats(cache, &st);
	assert_int_equal(st.names, 0);
}

/* Many long names for many addresses, each of them in a connection. */
static void test_bytes_bound(void **state)
{
	struct ip_addr a = addr("192.0.2.1"), from = addr("10.0.0.1");
	struct flow f = sample(6, "10.0.0.1", 40000, "192.0.2.1", 443);
	struct dns_cache_stats st;
	struct dns_cache *c;
	struct dns_asker k;
	char name[501];

	(void)state;
	assert_int_equal(dns_cache_new(0, 0, &c), 0);
	dns_asker_of(NULL, &from, &k);
	memset(name, 'a', 500);
	name[500] = 0;
	for (uint32_t i = 0; i < 16 * 8192; i++) {
		a.b[14] = i >> 12;
		a.b[15] = i >> 4;
		a.b[13] = i >> 20;
		name[0] = 'a' + i % 16;
		dns_cache_learn(c, &k, &a, name, 600, 100 * SECOND_NS);
		if (i % 16 != 15)
			continue;
		f.dst.addr = a;
		f.connection_id = i + 1;
		name_list_put(dns_cache_find(c, &f, &f.dst, &f.src));
	}
	dns_cache_stats(c, &st);
	assert_in_range(st.bytes, DNS_CACHE_BYTES / 2, DNS_CACHE_BYTES);
	assert_in_range(st.connection_bytes, DNS_CACHE_BYTES / 2, DNS_CACHE_BYTES + 16384);
	assert_true(st.names < 8192 && st.names_evicted == 8192 - st.names);
	assert_int_equal(st.connections_evicted, 8192 - st.connections);
	for (int i = 0; i < 16; i++)
		dns_cache_tick(c, (9000 + i) * SECOND_NS);
	dns_cache_stats(c, &st);
	assert_int_equal(st.names + st.connections + st.bytes + st.connection_bytes, 0);
	dns_cache_free(c);
}

static void test_connections_bound(void **state)
{
	struct dns_cache_stats st;

	(void)state;
	learn("10.0.0.1", "192.0.2.1", "a", 600, 100);
	for (uint64_t id = 1; id <= 4; id++)
		assert_true(known("10.0.0.1", "192.0.2.1", id));
	dns_cache_tick(cache, 110 * SECOND_NS);
	for (uint64_t id = 1; id <= 4; id++)
		if (id != 3)
			known("10.0.0.1", "192.0.2.1", id);
	assert_true(known("10.0.0.1", "192.0.2.1", 5)); /* for the one that is idle */
	dns_cache_stats(cache, &st);
	assert_int_equal(st.connections, 4);
	assert_int_equal(st.connections_evicted, 1);
	for (int i = 0; i < 16; i++)
		dns_cache_tick(cache, (1000 + i) * SECOND_NS);
	assert_true(known("10.0.0.1", "192.0.2.1", 1)); /* the name itself is gone */
	assert_false(known("10.0.0.1", "192.0.2.1", 3));
	for (int i = 0; i < 16; i++)
		dns_cache_tick(cache, (9000 + i) * SECOND_NS);
	dns_cache_stats(cache, &st);
	assert_int_equal(st.connections, 0);
}

static unsigned int rows;
static char states[256];

static void on_row(void *arg, const struct names_row *r)
{
	(void)arg;
	assert_true(!strncmp(r->what, "dns ", 4));
	assert_true(r->max > 0);
	rows++;
	if (r->state)
		snprintf(states + strlen(states), sizeof(states) - strlen(states), "%s; ",
			 r->state);
}

static void test_status(void **state)
{
	const struct names_rows to = {.row = on_row};
	static struct wire w;

	(void)state;
	dns->status(dns, &to);
	assert_int_equal(rows, 4);
	assert_string_equal(states, "");
	wire_header(&w, 7, 0x8180, 1, 70, 0, 0);
	wire_question(&w, "many.test", 1);
	for (int i = 0; i < 70; i++)
		wire_a(&w, "many.test", 5, 0xc0000201 + i);
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	w.n = 20;
	say(RESOLVER, 53, "10.0.0.1", 3000, &w, true, &shop);
	dns->status(dns, &to);
	assert_string_equal(states, "6 records of long messages left out; "
				    "1 messages could not be read; ");
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
		cmocka_unit_test_setup_teardown(test_names_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_connections_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
