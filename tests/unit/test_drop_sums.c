/* SPDX-License-Identifier: MIT */
/* Drops summed up: nothing is lost or counted twice, whatever the rows are by, and the bound holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flows/drop_sums.h"
#include "flows/text.h"
#include "flows/where.h"
#include "tests/unit/sample_flows.h"

#define S 1000000000ull

static size_t drop_rows(struct sums *s, enum drop_by by, uint64_t now_ns, struct drop_row **ret)
{
	void *rows;
	size_t n = sums_rows(s, by, now_ns, 10, &rows);

	*ret = rows;
	return n;
}

static struct flow drop_of(const char *reason, const char *function, const char *src,
			   const char *dst, uint16_t port, uint64_t packets)
{
	struct flow f = sample(6, src, 43210, dst, port);

	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.is_reply = REPLY_UNKNOWN;
	f.drop = (struct flow_drop){.reason_name = reason,
				    .function = function,
				    .text = "",
				    .packets = packets,
				    .bytes = packets * 60,
				    .delta_packets = packets,
				    .delta_bytes = packets * 60};
	strcpy(f.ifname, "eth0");
	return f;
}

static void add(struct sums *s, struct flow f, uint64_t number)
{
	sums_add(s, &f, number);
	flow_release(&f);
}

static struct sums *filled(void)
{
	struct sums *s;
	struct flow f;

	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	add(s, drop_of("NETFILTER_DROP", "nft_do_chain", "10.0.0.1", "10.0.0.2", 80, 5), 1);
	add(s, drop_of("NETFILTER_DROP", "nft_do_chain", "10.0.0.1", "10.0.0.2", 80, 5), 2);
	add(s, drop_of("NETFILTER_DROP", "nft_do_chain", "10.0.0.3", "10.0.0.2", 80, 2), 3);
	add(s, drop_of("NO_SOCKET", "tcp_v4_rcv", "10.0.0.1", "10.0.0.4", 81, 4), 4);
	f = drop_of("QUEUE_PURGE", "skb_queue_purge", "10.0.0.1", "10.0.0.4", 81, 7);
	f.drop.normal = true;
	add(s, f, 5);
	add(s, sample(6, "10.0.0.1", 1, "10.0.0.2", 80), 6); /* no drop */
	return s;
}

static void test_by_reason(void **state)
{
	struct sums *s = filled();
	struct drop_row *rows;

	(void)state;
	assert_int_equal(drop_rows(s, DROP_BY_REASON, SAMPLE_NS + S, &rows), 3);
	assert_string_equal(rows[0].top->reason, "NETFILTER_DROP");
	assert_int_equal(rows[0].packets, 12);
	assert_int_equal(rows[0].bytes, 720);
	assert_int_equal(rows[0].events, 3);
	assert_int_equal(rows[0].pairs, 2);
	assert_string_equal(rows[0].pair->source.name, "10.0.0.1");
	assert_int_equal(rows[0].newest, 3);
	assert_true(rows[0].share > 0.74 && rows[0].share < 0.76);
	assert_true(rows[0].rate > 1.1 && rows[0].rate < 1.3);
	assert_string_equal(rows[1].top->reason, "NO_SOCKET");
	assert_true(rows[2].top->normal); /* apart, though it has more packets */
	assert_true(rows[2].share == 1);
	sums_free(s);
}

/* The largest of them, and all of one workload's pods in one. */
static void test_pairs(void **state)
{
	static const char *const src[] = {"10.0.0.1", "10.0.0.3", "10.0.0.1", "10.0.0.5"};
	static const uint64_t packets[] = {5, 9, 5, 1};
	struct drop_pair pairs[3];
	struct drop_row *rows;
	struct sums *s;

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (int i = 0; i < 4; i++) {
		struct flow f = drop_of("NO_SOCKET", "", src[i], "10.0.0.2", 80, packets[i]);

		f.ifname[3] = (char)('0' + i); /* several sums are one pair */
		add(s, f, i);
	}
	assert_int_equal(drop_rows(s, DROP_BY_REASON, SAMPLE_NS, &rows), 1);
	assert_int_equal(rows->pairs, 3);
	assert_int_equal(rows->sources, 3);
	assert_int_equal(rows->destinations, 1);
	assert_int_equal(drop_sums_pairs(s, DROP_BY_REASON, rows->key, DROP_BY_PAIR, pairs, 3), 3);
	assert_string_equal(pairs[0].top->source.name, "10.0.0.1");
	assert_int_equal(pairs[0].packets, 10);
	assert_true(pairs[0].one_source && pairs[0].one_destination);
	assert_int_equal(pairs[1].packets, 9);
	assert_int_equal(pairs[2].packets, 1);
	assert_int_equal(drop_sums_pairs(s, DROP_BY_REASON, rows->key, DROP_BY_PAIR, pairs, 2), 2);
	assert_int_equal(pairs[0].packets, 10);
	assert_int_equal(pairs[1].packets, 9);
	assert_int_equal(drop_sums_pairs(s, DROP_BY_REASON, rows->key, DROP_BY_SOURCE, pairs, 3),
			 3);
	assert_int_equal(pairs[0].packets, 10);
	assert_int_equal(
		drop_sums_pairs(s, DROP_BY_REASON, rows->key, DROP_BY_DESTINATION, pairs, 3), 1);
	assert_int_equal(pairs[0].packets, 20);
	assert_false(pairs[0].one_source);
	sums_free(s);
}

static void test_same_sum_by_everything(void **state)
{
	static const size_t n[DROP_BYS] = {
		[DROP_BY_REASON] = 3,	   [DROP_BY_FUNCTION] = 3, [DROP_BY_INTERFACE] = 2,
		[DROP_BY_NODE] = 2,	   [DROP_BY_PAIR] = 4,	   [DROP_BY_SOURCE] = 3,
		[DROP_BY_DESTINATION] = 3,
	};
	struct sums *s = filled();
	struct drop_row *rows;

	(void)state;
	for (int by = 0; by < DROP_BYS; by++) {
		size_t got = drop_rows(s, by, SAMPLE_NS, &rows);
		uint64_t packets = 0;

		assert_int_equal(got, n[by]);
		for (size_t i = 0; i < got; i++) {
			packets += rows[i].packets;
			assert_int_not_equal(rows[i].key, 0);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(rows[i].key, rows[j].key);
		}
		assert_int_equal(packets, 23);
	}
	sums_free(s);
}

/* The server's port tells pairs apart, the client's does not, whoever's packet it was. */
static void test_ports(void **state)
{
	struct sums *s;
	struct drop_row *rows;
	struct flow f;

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (uint16_t port = 40000; port < 40010; port++) {
		f = drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 80, 1);
		f.src.port = port;
		add(s, f, port);
		f = drop_of("NO_SOCKET", "", "10.0.0.2", "10.0.0.1", port, 1);
		f.src.port = 80;
		add(s, f, port);
	}
	assert_int_equal(drop_rows(s, DROP_BY_PAIR, SAMPLE_NS, &rows), 2);
	assert_int_equal(rows[0].packets, 10);
	for (int i = 0; i < 2; i++) {
		bool answer = rows[i].top->source.port != 0;

		assert_int_equal(answer ? rows[i].top->source.port : rows[i].top->destination.port,
				 80);
		assert_int_equal(answer ? rows[i].top->destination.port : rows[i].top->source.port,
				 0);
	}
	sums_free(s);
}

static void test_expressions_hold(void **state)
{
	struct sums *s = filled();
	struct flow f = drop_of("NETFILTER_DROP", "nft_do_chain", "10.0.0.1", "10.0.0.2", 80, 5);
	struct flow other = drop_of("NO_SOCKET", "tcp_v4_rcv", "10.0.0.1", "10.0.0.4", 81, 4);
	struct drop_row *rows;

	(void)state;
	other.ifname[0] = 'x';
	for (int by = 0; by < DROP_BYS; by++) {
		size_t n = drop_rows(s, by, SAMPLE_NS, &rows);
		size_t hits = 0;

		for (size_t i = 0; i < n; i++) {
			struct where_error error;
			struct text t = {0};
			struct where *w;

			assert_true(drop_row_expression(&rows[i], by, &t));
			text_char(&t, '\0');
			if (where_parse(t.data, &w, &error))
				fail_msg("%s: %s", t.data, error.message);
			hits += where_pass(w, &f);
			if (!i && by != DROP_BY_NODE && by != DROP_BY_SOURCE)
				assert_false(where_pass(w, &other));
			where_free(w);
			text_free(&t);
		}
		assert_int_equal(hits, 1); /* a flow is in one row, and its expression finds it */
	}
	flow_release(&f);
	flow_release(&other);
	sums_free(s);
}

/* Replicas are one, and the row's expression finds each of them. */
static void test_workloads(void **state)
{
	static const char *const pods[] = {"cart-1", "cart-2"};
	struct sums *s;
	struct drop_row *rows;
	struct drop_pair pair;
	struct where_error error;
	struct where *w;
	struct text t = {0};

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (int i = 0; i < 2; i++) {
		struct flow f =
			drop_of("NO_SOCKET", "", i ? "10.0.0.1" : "10.0.0.9", "10.0.0.2", 80, 1);

		f.src.endpoint = endpoint_new(&(struct endpoint){.kind = ENDPOINT_POD,
								 .namespace_name = "shop",
								 .name = pods[i],
								 .workload = "cart"});
		assert_non_null(f.src.endpoint);
		sums_add(s, &f, i);
		if (!i) {
			assert_int_equal(drop_rows(s, DROP_BY_PAIR, SAMPLE_NS, &rows), 1);
			assert_true(drop_row_expression(rows, DROP_BY_PAIR, &t));
			text_char(&t, '\0');
			if (where_parse(t.data, &w, &error))
				fail_msg("%s: %s", t.data, error.message);
		}
		assert_true(where_pass(w, &f));
		flow_release(&f);
	}
	assert_int_equal(drop_rows(s, DROP_BY_PAIR, SAMPLE_NS, &rows), 1);
	assert_int_equal(rows->packets, 2);
	assert_string_equal(rows->top->source.work, "shop/cart");
	assert_int_equal(drop_sums_pairs(s, DROP_BY_PAIR, rows->key, DROP_BY_PAIR, &pair, 1), 1);
	assert_false(pair.one_source);
	assert_true(pair.one_destination);
	where_free(w);
	text_free(&t);
	sums_free(s);
}

/* A pod that this agent saw and one that Hubble tells of are the same by the same name. */
static void test_told_by_hubble(void **state)
{
	static struct hubble hubble = {.refs = 1u << 30, .node_name = ""};
	struct drop_row *rows;
	struct sums *s;

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (int i = 0; i < 4; i++) {
		struct flow f = drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 80, 1);

		f.src.endpoint = endpoint_new(&(struct endpoint){
			.kind = ENDPOINT_POD, .namespace_name = "shop", .name = "cart-1"});
		assert_non_null(f.src.endpoint);
		f.hubble = i % 2 ? &hubble : NULL;
		add(s, f, i);
	}
	assert_int_equal(drop_rows(s, DROP_BY_SOURCE, SAMPLE_NS, &rows), 1);
	assert_int_equal(rows->events, 4);
	assert_string_equal(rows->top->source.work, "shop/cart-1");
	sums_free(s);
}

static void test_bounded(void **state)
{
	struct sums *s;
	struct drop_row *rows;
	uint64_t lost, normal, packets = 0;
	char dst[32];
	size_t n, others = 0;
	double rate = 0;

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(dst, sizeof(dst), "10.%d.%d.%d", i >> 14, (i >> 7) & 127, i & 127);
		add(s, drop_of("NO_SOCKET", "tcp_v4_rcv", "10.0.0.1", dst, 80, i < 10 ? 100 : 1),
		    i);
	}
	n = drop_rows(s, DROP_BY_PAIR, SAMPLE_NS + S, &rows);
	assert_in_range(n, SUMS_MAX / 2, SUMS_MAX + 2);
	for (size_t i = 0; i < n; i++) {
		packets += rows[i].packets;
		others += rows[i].top->others;
		rate += rows[i].rate;
	}
	assert_true(rate > 2098 && rate < 2100); /* what had no room still came just now */
	drop_sums_totals(s, &lost, &normal);
	assert_int_equal(packets, 20000 + 10 * 99);
	assert_int_equal(lost, packets);
	assert_int_equal(normal, 0);
	assert_int_equal(others, 1);
	assert_int_equal(sums_left_out(s), 20000 - (n - 1));
	assert_int_equal(rows[0].top->others ? 100 : rows[0].packets, 100); /* the large stay */
	assert_int_equal(rows[1].packets, 100);
	sums_reset(s);
	assert_int_equal(drop_rows(s, DROP_BY_PAIR, SAMPLE_NS, &rows), 0);
	sums_free(s);
}

static void test_listeners(void **state)
{
	struct flow f = sample(6, "0.0.0.0", 0, "10.0.0.2", 80);
	struct sums *s;
	struct drop_row *rows;

	(void)state;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	f.event = FLOW_LISTEN_DROP;
	f.listen.drops = f.listen.delta_drops = 9;
	add(s, f, 1);
	assert_int_equal(drop_rows(s, DROP_BY_REASON, SAMPLE_NS, &rows), 1);
	assert_string_equal(rows[0].top->reason, "LISTEN_OVERFLOW");
	assert_int_equal(rows[0].packets, 9);
	assert_true(rows[0].top->listen);
	sums_free(s);
}

/* How many of the flows pass the expression of a row. */
static size_t passing(const struct drop_row *r, enum drop_by by, const struct flow *f, size_t n)
{
	struct where_error error;
	struct text t = {0};
	struct where *w;
	size_t hits = 0;

	assert_true(drop_row_expression(r, by, &t));
	text_char(&t, '\0');
	if (where_parse(t.data, &w, &error))
		fail_msg("%s: %s", t.data, error.message);
	for (size_t i = 0; i < n; i++)
		hits += where_pass(w, &f[i]);
	where_free(w);
	text_free(&t);
	return hits;
}

/* Names of an address come while flows do, ports are many, a listener's clients are anyone. */
static void test_rows_are_what_they_ask_for(void **state)
{
	static const char *const names[] = {"a.example", "b.example"};
	static const size_t n_rows[DROP_BYS] = {
		[DROP_BY_PAIR] = 5, [DROP_BY_SOURCE] = 3, [DROP_BY_DESTINATION] = 3};
	struct flow f[] = {
		drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 80, 1),
		drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 80, 1),
		drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 81, 1),
		drop_of("NO_SOCKET", "", "10.0.0.2", "10.0.0.1", 40000, 1),
		drop_of("NO_SOCKET", "", "10.0.0.1", "10.0.0.2", 80, 1),
		sample(6, "0.0.0.0", 0, "10.0.0.2", 80),
	};
	const size_t n_flows = sizeof(f) / sizeof(f[0]);
	struct sums *s;
	struct drop_row *rows;

	(void)state;
	f[1].dst.dns = name_list_new(names, 1);
	f[2].dst.dns = name_list_new(names, 2);
	f[3].src.port = 80;
	f[4].dst.endpoint = endpoint_new(
		&(struct endpoint){.kind = ENDPOINT_POD, .namespace_name = "shop", .name = "cart"});
	f[5].event = FLOW_LISTEN_DROP;
	f[5].verdict = VERDICT_DROPPED;
	f[5].listen.drops = f[5].listen.delta_drops = 1;
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (size_t i = 0; i < n_flows; i++)
		sums_add(s, &f[i], i);
	for (int by = DROP_BY_PAIR; by < DROP_BYS; by++) {
		size_t n = drop_rows(s, by, SAMPLE_NS, &rows);

		assert_int_equal(n, n_rows[by]);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(passing(&rows[i], by, f, n_flows), rows[i].events);
	}
	for (size_t i = 0; i < n_flows; i++)
		flow_release(&f[i]);
	sums_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_reason),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_same_sum_by_everything),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_expressions_hold),
		cmocka_unit_test(test_workloads),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_told_by_hubble),
		cmocka_unit_test(test_rows_are_what_they_ask_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
