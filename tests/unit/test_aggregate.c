// SPDX-License-Identifier: MIT
/* --aggregate: which group a flow belongs to, its sums, quantiles, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/aggregate.h"
#include "flows/aggregate_quantile.h"
#include "flows/table.h"
#include "tests/unit/sample_flows.h"

static struct aggregate *sum(enum aggregate_by by, size_t max, const struct flow *flows, size_t n)
{
	struct aggregate *a;

	assert_int_equal(aggregate_new(by, max, &a), 0);
	for (size_t i = 0; i < n; i++)
		aggregate_add(a, &flows[i]);
	return a;
}

static const struct aggregate_row *row(struct aggregate *a, const char *source,
				       const char *destination)
{
	const struct aggregate_row *rows;
	size_t n = aggregate_rows(a, &rows);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].source, source) && !strcmp(rows[i].destination, destination))
			return &rows[i];
	fail_msg("no group \"%s\" -> \"%s\"", source, destination);
	return NULL;
}

static size_t count(struct aggregate *a)
{
	const struct aggregate_row *rows;

	return aggregate_rows(a, &rows);
}

/* The events of one connection: its totals grow, the deltas say by how much. */
static struct flow event(enum flow_event what, uint64_t packets, uint64_t delta)
{
	struct flow f = sample_named(sample_syn());

	f.event = what;
	f.connection_id = 7;
	f.forward.packets = packets;
	f.forward.bytes = packets * 100;
	f.forward.delta_packets = delta;
	f.forward.delta_bytes = delta * 100;
	f.reply.packets = packets;
	f.reply.delta_packets = delta;
	f.reply.delta_bytes = delta * 10;
	f.time_ns += packets * 1000000000;
	return f;
}

static void test_sums(void **state)
{
	struct flow flows[] = {event(FLOW_NEW, 1, 1), event(FLOW_REPORT, 10, 9),
			       event(FLOW_REPORT, 20, 10), event(FLOW_END, 25, 5),
			       sample_named(sample_synack())};
	const struct aggregate_row *r;
	struct aggregate *a;

	(void)state;
	flows[1].forward.retransmits = 2;
	flows[2].forward.retransmits = 2;
	flows[3].forward.retransmits = 3;
	flows[3].closed = true;
	flows[3].reply.resets = 1;
	flows[4].connection_id = 7; /* the other direction */
	a = sum(BY_PAIR, 0, flows, 5);
	assert_int_equal(count(a), 1);
	r = row(a, "shop/frontend-7d9c5b6f4-abcde", "shop/cart-58f6c9d7b-xyz12");
	assert_int_equal(r->port, 8080);
	assert_int_equal(r->protocol, 6);
	assert_int_equal(r->flows, 5);
	assert_int_equal(r->connections, 1);
	assert_int_equal(r->packets, 25);
	assert_int_equal(r->bytes, 2500);
	assert_int_equal(r->reply_packets, 25);
	assert_int_equal(r->reply_bytes, 250);
	assert_int_equal(r->retransmits, 3);
	assert_int_equal(r->errors, 1);
	assert_int_equal(r->drops, 0);
	assert_int_equal(r->first_ns, flows[4].time_ns);
	assert_int_equal(r->last_ns, flows[3].time_ns);
	assert_int_equal(r->latency_p50_ns, 0);
	assert_false(r->others);
	aggregate_free(a);
	aggregate_free(NULL);
}

static void test_groups(void **state)
{
	static struct service service = {
		.refs = 1u << 30, .namespace_name = "shop", .name = "cart"};
	struct flow to_service = sample_named(sample_syn()), drop = sample_named(sample_drop());
	struct flow dns = sample_dns_request(), flows[3];
	struct aggregate *a;

	(void)state;
	to_service.dst.service = &service;
	dns.dst.endpoint = sample_endpoint(&dns.dst.addr);
	dns.src.endpoint = sample_endpoint(&dns.src.addr);
	drop.drop.delta_packets = 5;
	drop.is_reply = REPLY_UNKNOWN;
	flows[0] = to_service;
	flows[1] = drop;
	flows[2] = dns;

	a = sum(BY_SERVICE, 0, flows, 3);
	assert_int_equal(count(a), 3);
	assert_int_equal(row(a, "shop/frontend", "shop/cart")->port, 8080);
	assert_int_equal(row(a, "shop/frontend", "example.com")->drops, 5);
	assert_int_equal(row(a, "shop/frontend", "kube-system/coredns-1")->protocol, 17);
	aggregate_free(a);

	a = sum(BY_NAMESPACE, 0, flows, 3);
	assert_int_equal(count(a), 3);
	assert_int_equal(row(a, "shop", "shop")->port, 0);
	assert_int_equal(row(a, "shop", "world")->drops, 5);
	row(a, "shop", "kube-system");
	aggregate_free(a);

	a = sum(BY_CONNECTION, 0, flows, 3);
	row(a, "shop/frontend-7d9c5b6f4-abcde:43210", "shop/cart-58f6c9d7b-xyz12:8080");
	aggregate_free(a);
}

/* Nobody says who began: the port does, where it can. */
static void test_direction(void **state)
{
	struct flow answer = sample(17, "10.1.1.1", 53, "10.2.2.2", 40000);
	struct flow peers = sample(17, "10.1.1.1", 4000, "10.2.2.2", 3000);
	struct aggregate *a;

	(void)state;
	answer.is_reply = peers.is_reply = REPLY_UNKNOWN;
	a = sum(BY_PAIR, 0, &answer, 1);
	assert_int_equal(row(a, "10.2.2.2", "10.1.1.1")->port, 53);
	aggregate_free(a);
	a = sum(BY_PAIR, 0, &peers, 1);
	assert_int_equal(row(a, "10.1.1.1", "10.2.2.2")->port, 3000);
	aggregate_free(a);
}

static void test_errors(void **state)
{
	static struct l7 failed = {.refs = 1u << 30,
				   .type = L7_RESPONSE,
				   .protocol = L7_HTTP,
				   .latency_ns = 40000000,
				   .http = {.code = 502}};
	static struct l7 fine = {.refs = 1u << 30,
				 .type = L7_RESPONSE,
				 .protocol = L7_HTTP,
				 .latency_ns = 2000000,
				 .http = {.code = 200}};
	static struct hubble hubble = {
		.refs = 1u << 30, .has_event_type = true, .event_type = 1, .node_name = "n"};
	struct flow flows[4];
	const struct aggregate_row *r;
	struct aggregate *a;

	(void)state;
	for (int i = 0; i < 4; i++)
		flows[i] = sample_named(sample_syn());
	flows[0].event = flows[1].event = FLOW_L7;
	flows[0].l7 = &failed;
	flows[1].l7 = &fine;
	flows[2].hubble = flows[3].hubble = &hubble;
	flows[2].verdict = VERDICT_DROPPED;
	flows[3].tcp_flags = TCPF_RST | TCPF_ACK;
	a = sum(BY_PAIR, 0, flows, 4);
	r = row(a, "shop/frontend-7d9c5b6f4-abcde", "shop/cart-58f6c9d7b-xyz12");
	assert_int_equal(r->errors, 2);
	assert_int_equal(r->drops, 1);
	assert_int_equal(r->flows, 4);
	assert_in_range(r->latency_p50_ns, 1968000, 2032000);
	assert_in_range(r->latency_p99_ns, 39360000, 40640000);
	aggregate_free(a);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Against the real quantiles of values over six decades. */
static void test_quantiles(void **state)
{
	static uint64_t values[20000];
	struct quantiles q = {0}, half = {0};
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		values[i] = (1000 + (seed >> 40) % 900000) << (seed >> 33) % 12;
		quantiles_add(i % 2 ? &half : &q, values[i], true);
	}
	quantiles_merge(&q, &half, true);
	assert_int_equal(q.total, 20000);
	qsort(values, 20000, sizeof(values[0]), by_value);
	for (unsigned int i = 1; i < 100; i++) {
		double want = values[20000 * i / 100 - 1], got = quantiles_at(&q, i / 100.0);

		if (got < want * 0.98 - 1000 || got > want * 1.02 + 1000)
			fail_msg("%u: %.0f, not %.0f", i, got, want);
	}
	assert_true(quantiles_bytes(&q) < 4096);
	quantiles_free(&q);
	quantiles_free(&half);
	assert_int_equal(quantiles_at(&q, 0.5), 0);
	quantiles_add(&q, UINT64_MAX / 2, true);
	assert_true(quantiles_at(&q, 0.99) > 3600ull * 1000000000);
	quantiles_add(&q, 0, false);
	assert_int_equal(q.total, 2);
	quantiles_free(&q);
}

/* The smallest go to the others; nothing is lost from the sums. */
static void test_bounds(void **state)
{
	const struct aggregate_row *rows;
	uint64_t flows = 0, bytes = 0;
	struct aggregate *a;
	bool others = false;
	size_t n;

	(void)state;
	assert_int_equal(aggregate_new(BY_PAIR, 100, &a), 0);
	for (int i = 0; i < 5000; i++) {
		struct flow f = sample(17, "10.0.0.1", 1000, "10.0.0.2", 53);

		f.dst.addr.b[13] = i >> 8;
		f.dst.addr.b[14] = i;
		f.connection_id = i + 1;
		f.forward.delta_bytes = i == 3 ? 1000000 : 10;
		aggregate_add(a, &f);
		assert_true(count(a) <= 101);
	}
	n = aggregate_rows(a, &rows);
	for (size_t i = 0; i < n; i++) {
		flows += rows[i].flows;
		bytes += rows[i].bytes;
		others = others || rows[i].others;
	}
	assert_true(others);
	assert_int_equal(flows, 5000);
	assert_int_equal(bytes, 4999 * 10 + 1000000);
	assert_int_equal(row(a, "10.0.0.1", "10.0.3.2")->bytes, 1000000); /* the big one stays */
	aggregate_free(a);
}

/* More connections than are told apart: those that began are counted all the same. */
static void test_many_connections(void **state)
{
	struct flow f = sample_named(sample_syn());
	struct aggregate *a;

	(void)state;
	assert_int_equal(aggregate_new(BY_NAMESPACE, 0, &a), 0);
	f.event = FLOW_NEW;
	for (int i = 1; i <= 300000; i++) {
		f.connection_id = i;
		aggregate_add(a, &f);
	}
	assert_int_equal(row(a, "shop", "shop")->connections, 300000);
	aggregate_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
