// SPDX-License-Identifier: MIT
/* Top: what belongs to which row, and its rates. test_top_any.c: sums and expressions of any flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/sample_flows.h"
#include "tests/unit/top_shots.h"

#define SEC 1000000000ull
#define NOW (SAMPLE_NS + 100 * SEC)

/* ------------------------------------------------------------------------- figures */

/* Reports of one connection, every 5 s, 1000 bytes a second to the server and 250 back. */
static void steady(struct top *t, unsigned int reports)
{
	struct flow f = sample_named(sample_syn());

	f.connection_id = 7;
	f.event = FLOW_NEW;
	f.time_ns = SAMPLE_NS;
	f.forward.first_ns = f.forward.last_ns = SAMPLE_NS;
	f.forward.packets = f.forward.delta_packets = 1;
	f.forward.bytes = f.forward.delta_bytes = 60;
	top_add(t, &f);
	f.event = FLOW_REPORT;
	for (unsigned int i = 1; i <= reports; i++) {
		f.time_ns = SAMPLE_NS + i * 5 * SEC;
		f.forward.last_ns = f.reply.last_ns = f.time_ns;
		f.reply.first_ns = SAMPLE_NS + 1;
		f.forward.delta_packets = 10;
		f.forward.delta_bytes = 5000;
		f.forward.packets += 10;
		f.forward.bytes += 5000;
		f.reply.delta_packets = 5;
		f.reply.delta_bytes = 1250;
		f.reply.packets += 5;
		f.reply.bytes += 1250;
		f.forward.srtt_us = 1000 * i;
		f.forward.retransmits = i / 2;
		top_add(t, &f);
	}
}

static void test_rates(void **state)
{
	static const unsigned int windows[] = {1, 10, 60};
	struct top *t = new_top(NULL);
	struct top_snapshot s;
	const struct top_row *r;

	(void)state;
	steady(t, 20);
	for (size_t i = 0; i < 3; i++) {
		s = shot(t, TOP_ENDPOINTS, TOP_BYTES, windows[i], NOW + 2 * SEC);
		assert_int_equal(s.behind_s, 5);
		assert_int_equal(s.n, 2);
		r = row(&s, "shop/frontend-7d9c5b6f4-abcde");
		assert_float_equal(r->window.bytes_out, 1000, 1);
		assert_float_equal(r->window.bytes_in, 250, 1);
		assert_float_equal(r->window.packets, 3, 0.1);
		assert_float_equal(r->value, 1250, 1);
		assert_float_equal(r->total.bytes_out, 100060, 1);
		assert_int_equal(r->total.begun, 1);
		assert_int_equal(r->total.retransmits, 10);
		r = row(&s, "shop/cart-58f6c9d7b-xyz12");
		assert_float_equal(r->window.bytes_in, 1000, 1);
		assert_float_equal(r->window.bytes_out, 250, 1);
		/* all: once, not once an end */
		assert_float_equal(s.all.window.bytes_out + s.all.window.bytes_in, 1250, 1);
		top_snapshot_free(&s);
	}
	/* a minute after the last report, and what it lags behind */
	s = shot(t, TOP_PAIRS, TOP_BYTES, 60, NOW + 70 * SEC);
	assert_float_equal(s.rows[0].value, 0, 0.01);
	assert_float_equal(s.rows[0].total.bytes_out, 100060, 1);
	top_snapshot_free(&s);
	top_free(t);
	top_free(NULL);
}

static void test_series_and_times(void **state)
{
	struct top *t = new_top(NULL);
	struct top_query q = {.dimension = TOP_PAIRS, .now_ns = NOW + SEC};
	struct top_snapshot s;
	float v[60], sum = 0;

	(void)state;
	steady(t, 20);
	s = shot(t, TOP_PAIRS, TOP_RTT, 0, NOW);
	/* 1 to 20 ms */
	assert_in_range(s.rows[0].rtt.p50_ns, 9800000, 10200000);
	assert_in_range(s.rows[0].rtt.p99_ns, 19600000, 20400000);
	assert_true(top_series(t, &q, s.rows[0].key, 60, v));
	for (int i = 0; i < 60; i++)
		sum += v[i];
	assert_float_equal(sum, 60 * 1250, 60);
	q.metric = TOP_RETRANSMITS;
	assert_true(top_series(t, &q, s.rows[0].key, 60, v));
	sum = 0;
	for (int i = 0; i < 60; i++)
		sum += v[i];
	assert_float_equal(sum, 6, 0.01);
	assert_false(top_series(t, &q, 12345, 60, v));
	assert_float_equal(v[59], 0, 0);
	top_snapshot_free(&s);
	/* of the last one to two minutes only */
	s = shot(t, TOP_PAIRS, TOP_RTT, 60, NOW + 600 * SEC);
	assert_int_equal(s.rows[0].rtt.p99_ns, 0);
	top_snapshot_free(&s);
	top_free(t);
}

static void test_drops(void **state)
{
	struct top *t = new_top(NULL);
	struct flow f = sample_named(sample_drop());
	struct top_snapshot s;
	const struct top_row *r;

	(void)state;
	f.drop.delta_packets = 5;
	f.connection_id = 9;
	f.is_reply = REPLY_UNKNOWN;
	top_add(t, &f);
	f.drop.normal = true; /* of normal life */
	top_add(t, &f);
	s = shot(t, TOP_ENDPOINTS, TOP_DROPS, 10, f.time_ns + 2 * SEC);
	r = row(&s, "example.com"); /* the first of two names */
	assert_int_equal(r->total.drops, 5);
	assert_float_equal(r->value, 0.5, 0.001);
	assert_int_equal(r->total.begun, 0);
	assert_int_equal(s.behind_s, 0);
	top_snapshot_free(&s);
	top_free(t);
}

static void test_processes(void **state)
{
	struct top *t = new_top(NULL);
	struct flow f = sample_named(sample_syn());
	struct process *curl = sample_process("curl", 41), *other = sample_process("curl", 42),
		       *nginx = sample_process("nginx", 77);
	struct top_talks talks = {0};
	struct top_snapshot s;
	const struct top_row *r;

	(void)state;
	free(curl->exe);
	curl->exe = strdup("/usr/bin/curl");
	free(other->exe);
	other->exe = strdup("/usr/bin/curl");
	other->uid = 33;
	free(nginx->exe);
	nginx->exe = strdup("");
	f.event = FLOW_NEW;
	f.forward.delta_bytes = 100;
	f.reply.delta_bytes = 900;
	f.dst.process = nginx;
	for (uint16_t i = 0; i < 4; i++) {
		f.src.process = i < 3 ? curl : other;
		f.connection_id = 100 + i;
		f.src.port = 40000 + i;
		f.dst.port = i < 2 ? 80 : 443;
		top_add(t, &f);
	}
	s = shot(t, TOP_EXECUTABLES, TOP_BYTES, 0, NOW);
	assert_int_equal(s.n, 2);
	r = row(&s, "/usr/bin/curl");
	assert_true(r->is_name);
	assert_string_equal(r->unqualified, "curl");
	assert_int_equal(r->n_pids, 2);
	assert_int_equal(r->pids[0], 41);
	assert_int_equal(r->pids[1], 42);
	assert_true(r->more_uids);
	assert_int_equal(r->peers, 1);
	assert_float_equal(r->total.bytes_in, 3600, 1);
	assert_float_equal(r->total.bytes_out, 400, 1);
	assert_int_equal(r->total.begun, 4);
	assert_int_equal(top_talks(t, TOP_EXECUTABLES, r->key, &talks), 0);
	assert_int_equal(talks.n, 2);
	assert_string_equal(talks.v[0].peer, "shop/cart-58f6c9d7b-xyz12");
	assert_string_equal(talks.v[0].peer_process, "nginx");
	assert_int_equal(talks.v[0].connections, 2);
	assert_int_equal(talks.v[0].open, 2);
	assert_true(talks.v[0].calls);
	assert_int_equal(talks.v[0].port, 80);
	assert_float_equal(talks.v[0].total.bytes_in, 1800, 1);
	top_talks_free(&talks);
	r = row(&s, "nginx");
	assert_false(r->is_name);
	assert_float_equal(r->total.bytes_out, 3600, 1);
	assert_int_equal(top_talks(t, TOP_EXECUTABLES, r->key, &talks), 0);
	assert_int_equal(talks.n, 2);
	assert_false(talks.v[0].calls);
	assert_int_equal(top_talks(t, TOP_EXECUTABLES, 4711, &(struct top_talks){0}), -2);
	top_talks_free(&talks);
	top_snapshot_free(&s);
	s = shot(t, TOP_UNITS, TOP_BYTES, 0, NOW);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.without, 4);
	top_snapshot_free(&s);
	s = shot(t, TOP_CONTAINERS, TOP_BYTES, 0, NOW);
	r = row(&s, "shop/frontend-7d9c5b6f4-abcde");
	assert_int_equal(r->n_pids, 2);
	top_snapshot_free(&s);
	top_free(t);
	process_put(curl);
	process_put(other);
	process_put(nginx);
}

/* A pair is one row, whoever began; drops without a direction belong to it, too. */
static void test_pairs(void **state)
{
	struct top *t = new_top(NULL);
	struct flow f = sample_named(sample_syn()), drop = f;
	struct top_snapshot s;

	(void)state;
	f.connection_id = 1;
	f.forward.delta_bytes = 10;
	f.reply.delta_bytes = 1;
	top_add(t, &f);
	f = sample_named(sample_synack());
	f.connection_id = 1;
	f.forward.delta_bytes = 10;
	f.reply.delta_bytes = 1;
	top_add(t, &f);
	drop.event = FLOW_DROP;
	drop.verdict = VERDICT_DROPPED;
	drop.is_reply = REPLY_UNKNOWN;
	drop.drop.delta_packets = 1;
	top_add(t, &drop);
	s = shot(t, TOP_PAIRS, TOP_BYTES, 0, NOW);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rows[0].name, "shop/frontend-7d9c5b6f4-abcde");
	assert_string_equal(s.rows[0].peer, "shop/cart-58f6c9d7b-xyz12");
	assert_false(s.rows[0].both);
	assert_int_equal(s.rows[0].flows, 3);
	assert_int_equal(s.rows[0].total.drops, 1);
	assert_float_equal(s.rows[0].total.bytes_out, 20, 0);
	assert_float_equal(s.rows[0].total.bytes_in, 2, 0);
	assert_int_equal(s.rows[0].ports[0], 8080);
	assert_int_equal(s.rows[0].ports[1], 0);
	top_snapshot_free(&s);
	/* the other way round: a connection that cart began */
	f.is_reply = REPLY_NO;
	f.connection_id = 2;
	f.src.port = 50000;
	f.dst.port = 9000;
	top_add(t, &f);
	s = shot(t, TOP_PAIRS, TOP_BYTES, 0, NOW);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.rows[0].name, "shop/frontend-7d9c5b6f4-abcde");
	assert_true(s.rows[0].both);
	assert_float_equal(s.rows[0].total.bytes_in, 12, 0);
	top_snapshot_free(&s);
	s = shot(t, TOP_CONNECTIONS, TOP_BYTES, 0, NOW);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.rows[0].name, "shop/frontend-7d9c5b6f4-abcde");
	assert_string_equal(s.rows[0].peer, "shop/cart-58f6c9d7b-xyz12");
	assert_int_equal(s.rows[0].ports[0], 43210);
	assert_int_equal(s.rows[0].ports[1], 8080);
	top_snapshot_free(&s);
	top_free(t);
}

/* The busy ones and those that lose keep their rows, however many others come. */
static void test_who_stays(void **state)
{
	struct top_options opt = {.max_rows[TOP_CONNECTIONS] = 64};
	struct top *t = new_top(&opt);
	struct flow f = sample_named(sample_syn());
	struct top_snapshot s;

	(void)state;
	f.event = FLOW_REPORT;
	for (uint32_t i = 0; i < 10000; i++) {
		f.time_ns = SAMPLE_NS + i * 1000000ull;
		f.connection_id = i % 100 == 0 ? 1 : i % 100 == 1 ? 2 : 1000 + i;
		if (i >= 5000 &&
		    i % 10 == 3) /* comes late, each event worth less than others' one */
			f.connection_id = 3;
		f.forward.delta_bytes = f.connection_id == 1   ? 100000
					: f.connection_id == 3 ? 60
							       : 100;
		f.forward.retransmits = f.connection_id == 2 ? i / 100 + 1 : 0;
		top_add(t, &f);
	}
	s = shot(t, TOP_CONNECTIONS, TOP_BYTES, 0, 0);
	assert_float_equal(s.rows[0].total.bytes_out, 100 * 100000.0, 0);
	assert_int_equal(s.rows[0].flows, 100);
	assert_in_range(s.rows[1].flows, 490, 500);
	assert_true(s.rows[s.n - 1].others);
	top_snapshot_free(&s);
	s = shot(t, TOP_CONNECTIONS, TOP_RETRANSMITS, 0, 0);
	assert_float_equal(s.rows[0].value, 100, 0);
	assert_int_equal(s.rows[0].flows, 100);
	top_snapshot_free(&s);
	top_free(t);
}

/* --------------------------------------------------------- clocks, and what was before */

static struct flow report(uint64_t id, uint64_t time_ns, uint64_t bytes)
{
	struct flow f = sample_named(sample_syn());

	f.connection_id = id;
	f.event = FLOW_REPORT;
	f.time_ns = f.forward.last_ns = time_ns;
	f.forward.first_ns = SAMPLE_NS;
	f.forward.packets = 1000000;
	f.forward.delta_packets = 1;
	f.forward.bytes = 1000000000;
	f.forward.delta_bytes = bytes;
	return f;
}

static double rate_of_all(struct top *t, uint64_t now_ns)
{
	struct top_snapshot s = shot(t, TOP_ENDPOINTS, TOP_BYTES, 10, now_ns);
	double rate = s.all.window.bytes_out;

	assert_float_equal(s.rows[0].window.bytes_out + s.rows[0].window.bytes_in, rate, 1);
	top_snapshot_free(&s);
	return rate;
}

static void each_second(struct top *t, uint64_t from_ns, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct flow f = report(1, from_ns + i * SEC, 1000);

		top_add(t, &f);
	}
}

/* A clock that is set back by an hour; one flow of another century. */
static void test_clock(void **state)
{
	struct top *t = new_top(NULL);
	struct flow f = report(99, SAMPLE_NS * 2, 1);

	(void)state;
	each_second(t, SAMPLE_NS + 7200 * SEC, 100);
	assert_float_equal(rate_of_all(t, SAMPLE_NS + 7300 * SEC), 1000, 1);
	each_second(t, SAMPLE_NS + 3600 * SEC, 100);
	assert_float_equal(rate_of_all(t, SAMPLE_NS + 3700 * SEC), 1000, 1);
	top_add(t, &f);
	each_second(t, SAMPLE_NS + 3700 * SEC, 100);
	assert_float_equal(rate_of_all(t, SAMPLE_NS + 3800 * SEC), 1000, 1);
	/* a straggler now and then is none */
	for (unsigned int i = 0; i < 200; i++) {
		each_second(t, SAMPLE_NS + 3800 * SEC + i * SEC, 1);
		f = report(2, SAMPLE_NS, 500);
		top_add(t, &f);
	}
	assert_float_equal(rate_of_all(t, SAMPLE_NS + 4000 * SEC), 1000, 1);
	top_free(t);
}

/* Rows are there for new connections again an hour after it was crowded, whatever the clock did. */
static void test_crowded_once(void **state)
{
	(void)state;
	for (int wrong = 0; wrong < 2; wrong++) {
		struct top_options opt = {.max_rows[TOP_CONNECTIONS] = 64};
		struct top *t = new_top(&opt);
		struct flow f = report(999, SAMPLE_NS * 2, 1);
		struct top_snapshot s;
		size_t small = 0;

		if (wrong)
			top_add(t, &f);
		for (unsigned int i = 0; i < 300; i++) {
			f = report(1000 + i, SAMPLE_NS, 5000);
			top_add(t, &f);
		}
		for (unsigned int i = 0; i < 20; i++) {
			f = report(5000 + i, SAMPLE_NS + (3600 + i) * SEC, 100);
			top_add(t, &f);
		}
		s = shot(t, TOP_CONNECTIONS, TOP_BYTES, 0, 0);
		for (size_t i = 0; i < s.n; i++)
			small += !s.rows[i].others && s.rows[i].total.bytes_out < 200;
		assert_in_range(small, 20, 21);
		top_snapshot_free(&s);
		top_free(t);
	}
}

/* Those of before a connection was seen are not of now; all that there can be are counted once. */
static void test_retransmits(void **state)
{
	struct top *t = new_top(NULL);
	struct top_snapshot s;
	struct flow f = report(1, SAMPLE_NS, 1000);

	(void)state;
	f.forward.retransmits = 50000;
	top_add(t, &f);
	f.forward.retransmits = 50003;
	top_add(t, &f);
	s = shot(t, TOP_ENDPOINTS, TOP_RETRANSMITS, 0, 0);
	assert_float_equal(s.all.total.retransmits, 3, 0);
	top_snapshot_free(&s);
	for (unsigned int i = 0; i < 10; i++) {
		f.forward.retransmits = f.reply.retransmits = UINT32_MAX;
		top_add(t, &f);
	}
	s = shot(t, TOP_ENDPOINTS, TOP_RETRANSMITS, 0, 0);
	assert_true(s.all.total.retransmits <= UINT32_MAX);
	top_snapshot_free(&s);
	top_free(t);
}

static void test_bytes_are_exact(void **state)
{
	struct top *t = new_top(NULL);
	struct top_snapshot s;
	uint64_t sum = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct flow f = report(1, SAMPLE_NS + i * SEC, 123456789 + i);

		sum += f.forward.delta_bytes;
		top_add(t, &f);
	}
	s = shot(t, TOP_CONNECTIONS, TOP_BYTES, 0, 0);
	/* (assert_float_equal() compares floats) */
	assert_int_equal(s.all.total.bytes_out, sum);
	assert_int_equal(s.rows[0].total.bytes_out, sum);
	top_snapshot_free(&s);
	top_free(t);
}

/* What has no row among many connections is told of in the rows of its processes. */
static void test_crowded_processes(void **state)
{
	struct top_options opt = {.max_rows[TOP_CONNECTIONS] = 64};
	struct top *t = new_top(&opt);
	struct process *small = sample_process("small", 41);
	struct top_talks talks = {0};
	struct top_snapshot s;

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		struct flow f = report(1000 + i, SAMPLE_NS + i, 1000000);

		top_add(t, &f);
	}
	for (unsigned int i = 0; i < 50; i++) {
		struct flow f = report(5000 + i, SAMPLE_NS + 1000, 10);

		f.src.process = small;
		top_add(t, &f);
		top_add(t, &f);
	}
	s = shot(t, TOP_EXECUTABLES, TOP_BEGUN, 0, 0);
	assert_int_equal(s.n, 1);
	assert_float_equal(s.rows[0].total.begun, 50, 0);
	assert_true(s.rows[0].more_peers);
	assert_int_equal(top_talks(t, TOP_EXECUTABLES, s.rows[0].key, &talks), 0);
	assert_int_equal(talks.gone, 50);
	top_talks_free(&talks);
	top_snapshot_free(&s);
	top_free(t);
	process_put(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_series_and_times),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_who_stays),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_crowded_once),
		cmocka_unit_test(test_retransmits),
		cmocka_unit_test(test_bytes_are_exact),
		cmocka_unit_test(test_crowded_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
