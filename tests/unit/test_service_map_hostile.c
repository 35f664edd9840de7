// SPDX-License-Identifier: MIT
/* The service map where clocks are wrong, counters are older than it, and names and addresses are made to deceive it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "flows/service_map_parts.h"
#include "tests/unit/map_flows.h"

#define HOUR (3600 * SECOND)

/* -------------------------------------------------------------------- time */

static struct flow report(uint64_t time_ns, uint64_t bytes)
{
	struct flow f = sample(6, "10.0.0.1", 40000, "10.0.0.2", 80);

	f.connection_id = 1;
	f.event = FLOW_REPORT;
	f.time_ns = time_ns;
	f.forward = (struct flow_counters){
		.packets = 1000000, .delta_packets = 1, .bytes = 1 << 30, .delta_bytes = bytes};
	return f;
}

static void reports(struct service_map *m, uint64_t from_ns, int n)
{
	for (int i = 0; i < n; i++) {
		struct flow f = report(from_ns + (uint64_t)i * SECOND, 1000);

		service_map_add(m, &f);
	}
}

static double rate_of(const struct service_map *m, uint64_t now_ns, unsigned int seconds)
{
	struct map_snapshot s;
	double rate;

	assert_int_equal(service_map_snapshot(m, now_ns, seconds, &s), 0);
	assert_int_equal(s.n_edges, 1);
	rate = s.edges[0].bytes_rate;
	service_map_snapshot_free(&s);
	return rate;
}

static void assert_about(double is, double should)
{
	if (is < should * 0.9 || is > should * 1.1)
		fail_msg("%f and not about %f", is, should);
}

static void test_clock_back(void **state)
{
	struct service_map *m = new_map(NULL);

	(void)state;
	reports(m, SAMPLE_NS + 2 * HOUR, 100);
	assert_about(rate_of(m, SAMPLE_NS + 2 * HOUR + 100 * SECOND, 10), 1000);
	reports(m, SAMPLE_NS + HOUR, 60);
	assert_about(rate_of(m, SAMPLE_NS + HOUR + 60 * SECOND, 10), 1000);
	service_map_free(m);
}

static void assert_strays(const struct service_map *m, uint64_t strays, uint64_t seconds)
{
	struct map_snapshot s = shot(m);

	assert_int_equal(s.strays, strays);
	assert_int_equal((s.last_ns - s.first_ns) / SECOND, seconds);
	service_map_snapshot_free(&s);
}

/* One that is years ahead, among the others and before them. */
static void test_stray(void **state)
{
	struct flow far = report(SAMPLE_NS + 24ull * 365 * 24 * HOUR, 1000);
	struct service_map *m = new_map(NULL);

	(void)state;
	reports(m, SAMPLE_NS, 50);
	service_map_add(m, &far);
	reports(m, SAMPLE_NS + 50 * SECOND, 51);
	assert_about(rate_of(m, 0, 0), 1000);
	assert_about(rate_of(m, SAMPLE_NS + 101 * SECOND, 10), 1000);
	assert_strays(m, 1, 100);
	service_map_reset(m);
	service_map_add(m, &far);
	reports(m, SAMPLE_NS, 101);
	assert_about(rate_of(m, 0, 0), 1000);
	assert_strays(m, 1, 100);
	service_map_free(m);
}

/* Two days of which the second one goes on are both meant, and so are few flows of some days. */
static void test_days(void **state)
{
	struct service_map *m = new_map(NULL);

	(void)state;
	reports(m, SAMPLE_NS, 50);
	reports(m, SAMPLE_NS + 72 * HOUR, 50);
	assert_strays(m, 0, 72 * 3600 + 49);
	service_map_reset(m);
	for (int i = 0; i < 4; i++)
		reports(m, SAMPLE_NS + (uint64_t)i * 48 * HOUR, 1);
	assert_strays(m, 0, 3 * 48 * 3600);
	service_map_free(m);
}

/* ----------------------------------------------------------------- counters */

/* What a connection sent again before anybody looked is not of now. */
static void test_retransmits_before(void **state)
{
	struct service_map *m = new_map(NULL);
	struct flow f = report(SAMPLE_NS, 1000);
	struct map_snapshot s;

	(void)state;
	f.forward.retransmits = 50000;
	service_map_add(m, &f);
	f.time_ns += SECOND;
	f.forward.retransmits = 50003;
	service_map_add(m, &f);
	s = shot(m);
	assert_int_equal(s.edges[0].retransmits, 3);
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* The better name takes the cause along that its connection had, and no other. */
static void test_reason_moves(void **state)
{
	struct flow a = opening("10.0.0.1", 1001, "10.9.9.9", 80), b = a, c = a, drop;
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	b.src.port = 1002;
	a.connection_id = 1;
	c.src.port = 1003;
	b.connection_id = 2;
	c.connection_id = 3;
	drop = drop_of(&a, 100, "NETFILTER_DROP", "nft");
	service_map_add(m, &drop);
	drop = drop_of(&b, 5, "TCP_CSUM", "tcp_v4_rcv");
	service_map_add(m, &drop);
	b.dst.dns = dns_name("b.example");
	service_map_add(m, &b);
	c.dst.dns = dns_name("c.example"); /* an address of two names has none */
	service_map_add(m, &c);
	s = shot(m);
	assert_int_equal(s.n_edges, 3);
	for (size_t i = 0; i < s.n_edges; i++) {
		bool named = !strcmp(s.nodes[s.edges[i].to].name, "b.example");

		if (!s.edges[i].drops)
			continue;
		assert_int_equal(s.edges[i].drops, named ? 5 : 100);
		assert_string_equal(s.edges[i].drop_reason, named ? "TCP_CSUM" : "NETFILTER_DROP");
	}
	service_map_snapshot_free(&s);
	service_map_free(m);
}

/* -------------------------------------------------------------- made to deceive */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const struct ip_addr *a, int i)
{
	uint64_t w;

	memcpy(&w, a->b + 8 * i, 8);
	return w;
}

/* Whoever has a /64 chooses an address for which a hash without a secret is another connection's. */
static void test_chosen_address(void **state)
{
	struct flow shop = opening("2001:db8:1::10", 1000, "2001:db8:ffff::1", 443);
	struct flow evil = opening("2001:db8:2::1", 1000, "2001:db8:ffff::1", 443);
	const uint64_t begin = 17 ^ (40 + 0x9e3779b97f4a7c15), factor = 0xa0761d6478bd642f;
	uint64_t chosen = mix(begin ^ word(&evil.src.addr, 0), factor) ^
			  mix(begin ^ word(&shop.src.addr, 0), factor) ^ word(&shop.src.addr, 1);
	struct service_map *m = new_map(NULL);
	struct map_snapshot s;

	(void)state;
	memcpy(evil.src.addr.b + 8, &chosen, 8);
	shop.src.endpoint = named(ENDPOINT_POD, "shop", "cart", "cart-0");
	shop.dst.endpoint = evil.dst.endpoint = named(ENDPOINT_POD, "shop", "db", "db-0");
	evil.src.identity = IDENTITY_WORLD;
	evil.forward.delta_bytes = 1000000;
	service_map_add(m, &shop);
	service_map_add(m, &evil);
	s = shot(m);
	assert_int_equal(s.n_edges, 2);
	for (size_t i = 0; i < s.n_edges; i++) {
		bool cart = !strcmp(s.nodes[s.edges[i].from].name, "cart");

		assert_int_equal(s.edges[i].bytes, cart ? 100 : 1000000);
	}
	service_map_snapshot_free(&s);
	service_map_free(m);
}

#define NAMES 3500

/* Names that all have one key: 8 bytes are any, 8 undo what these did, the rest is the same. */
static void crafted(char (*ret)[25])
{
	uint64_t begin = map_hash_text(MAP_NODE_WORLD + 1, "") ^ (24 + 0x9e3779b97f4a7c15);
	uint64_t same = 0;

	for (uint64_t i = 1, n = 0; n < NAMES; i++) {
		char w[25] = "";
		uint64_t first, second;

		snprintf(w, 9, "%08x", (unsigned int)i);
		memcpy(&first, w, 8);
		first = mix(begin ^ first, 0xa0761d6478bd642f);
		if (!same) {
			memcpy(&second, "cccccccc", 8);
			same = first ^ second;
		}
		second = first ^ same;
		memcpy(w + 8, &second, 8);
		memcpy(w + 16, ".example", 8);
		if (!memchr(w, 0, 24))
			memcpy(ret[n++], w, 25);
	}
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double add_named(struct service_map *m, char (*names)[25])
{
	struct flow *flows = calloc(NAMES, sizeof(*flows));
	double begin;

	assert_non_null(flows);
	for (unsigned int i = 0; i < NAMES; i++) {
		const char *name = names[i];
		char dst[32];

		snprintf(dst, sizeof(dst), "8.1.%u.%u", i >> 8, i & 255);
		flows[i] = opening("10.0.0.1", (uint16_t)(1000 + i), dst, 443);
		flows[i].dst.dns = name_list_new(&name, 1);
		assert_non_null(flows[i].dst.dns);
	}
	begin = cpu_seconds();
	for (unsigned int i = 0; i < NAMES; i++)
		service_map_add(m, &flows[i]);
	begin = cpu_seconds() - begin;
	for (unsigned int i = 0; i < NAMES; i++)
		name_list_put(flows[i].dst.dns);
	free(flows);
	return begin;
}

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = ((const struct map_node *)a)->key, y = ((const struct map_node *)b)->key;

	return x < y ? -1 : x > y;
}

/* They are different nodes, and cost what others cost. */
static void test_chosen_names(void **state)
{
	static char bad[NAMES][25], good[NAMES][25];
	double cost_bad = 0, cost_good = 0;

	(void)state;
	crafted(bad);
	assert_int_equal(map_node_key(MAP_NODE_WORLD, "", bad[0]),
			 map_node_key(MAP_NODE_WORLD, "", bad[NAMES - 1]));
	for (unsigned int i = 0; i < NAMES; i++)
		snprintf(good[i], sizeof(good[i]), "%08x%08x.example", i * 7919, i);
	for (int round = 0; round < 3; round++) {
		struct service_map *a = new_map(NULL), *b = new_map(NULL);
		struct map_snapshot s;

		cost_good += add_named(a, good);
		cost_bad += add_named(b, bad);
		s = shot(b);
		assert_int_equal(s.n_nodes, NAMES + 1);
		qsort(s.nodes, s.n_nodes, sizeof(*s.nodes), compare_keys);
		for (size_t i = 1; i < s.n_nodes; i++)
			assert_true(s.nodes[i].key != s.nodes[i - 1].key);
		service_map_snapshot_free(&s);
		service_map_free(a);
		service_map_free(b);
	}
	if (cost_bad > 4 * cost_good)
		fail_msg("%f s and not about %f", cost_bad, cost_good);
}

/* ------------------------------------------------------------ an address of several */

/* That a process has one port of an address says nothing of another one. */
static void test_process_port(void **state)
{
	struct endpoint *nginx = named(ENDPOINT_PROCESS, "host", "nginx", "nginx");
	struct endpoint *redis = named(ENDPOINT_PROCESS, "host", "redis", "redis");
	struct flow f[3] = {opening("10.231.0.12", 1001, "10.231.0.13", 6379),
			    opening("10.231.0.12", 1002, "10.231.0.13", 9999),
			    opening("10.231.0.12", 1003, "10.231.0.13", 6379)};

	(void)state;
	for (int i = 0; i < 3; i++) {
		f[i].connection_id = (uint64_t)i + 1;
		f[i].src.endpoint = nginx;
	}
	f[0].dst.endpoint = redis; /* not told of the other two */
	assert_map(NULL, f, 3,
		   "host/nginx -> 10.231.0.13 TCP 9999\n"
		   "host/nginx -> host/redis TCP 6379 Redis\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_back),   cmocka_unit_test(test_stray),
		cmocka_unit_test(test_days),	     cmocka_unit_test(test_retransmits_before),
		cmocka_unit_test(test_reason_moves), cmocka_unit_test(test_chosen_address),
		cmocka_unit_test(test_chosen_names), cmocka_unit_test(test_process_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
