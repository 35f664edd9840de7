// SPDX-License-Identifier: MIT
/* Top: what belongs to which row, rates, bounds, and the expression that a row stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/top.h"
#include "flows/where.h"
#include "tests/unit/sample_flows.h"

#define SEC 1000000000ull
#define NOW (SAMPLE_NS + 100 * SEC)

static struct top *new_top(const struct top_options *opt)
{
	struct top *t;

	assert_int_equal(top_new(opt, &t), 0);
	return t;
}

static struct top_snapshot shot(struct top *t, enum top_dimension d, enum top_metric m,
				unsigned int seconds, uint64_t now_ns)
{
	struct top_query q = {
		.dimension = d, .metric = m, .seconds = seconds, .now_ns = now_ns, .peers = true};
	struct top_snapshot s = {0};

	assert_int_equal(top_snapshot(t, &q, &s), 0);
	return s;
}

static const struct top_row *row(const struct top_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->rows[i].name, name))
			return &s->rows[i];
	fail_msg("no row \"%s\"", name);
	return NULL;
}

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

/* ------------------------------------------------- any flows: sums and expressions */

static uint64_t random_state;

static uint32_t rnd(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % n;
}

#define FLOWS 3000
#define NODES 96

static struct endpoint *nodes[NODES];
static struct process *processes[8];
static struct name_list *lists[4];
static struct service *services[3];
static struct hubble *foreign;
static struct flow flows[FLOWS];

/* Names that need quoting, nothing, the same in another place. */
static void make_names(void)
{
	static const char *const names[] = {"cart",	     "we\"ird\\x", "a b\tc",
					    "\xc3\xa4\xff",  "other/cart", "",
					    "nginx.service", "x\x1b[31m"};
	static const char *const lists_of[][2] = {{"example.com", "www.example.com"},
						  {"example.com", "a.example.net"},
						  {"example.com", NULL},
						  {"cart", NULL}};
	static const char id[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

	for (uint32_t i = 0; i < NODES; i++) {
		struct endpoint e = {.kind = i % ENDPOINT_KINDS,
				     .namespace_name = i % 3 ? i % 2 ? "shop" : "a\"b" : "",
				     .name = names[rnd(8)],
				     .container = rnd(2) ? "app" : "",
				     .container_id = rnd(8) ? "" : id + rnd(3)};

		nodes[i] = endpoint_new(&e);
	}
	for (uint32_t i = 0; i < 8; i++) {
		processes[i] = sample_process(names[rnd(8)], 1000 + i);
		free(processes[i]->exe);
		processes[i]->exe = strdup(rnd(3) ? names[rnd(8)] : "");
		if (rnd(4) == 0) /* without its end */
			memset(processes[i]->comm, 'c', sizeof(processes[i]->comm));
	}
	for (size_t i = 0; i < 4; i++)
		lists[i] = name_list_new(lists_of[i], lists_of[i][1] ? 2 : 1);
	services[0] = service_new("shop", "cart");
	services[1] = service_new("third", "db");
	services[2] = service_new("", "db");
	foreign = hubble_new(&(struct hubble){.source_mac = "0a:00:00:00:00:01",
					      .destination_mac = "",
					      .node_name = "n",
					      .uuid = "",
					      .summary = "",
					      .source_xlated = "",
					      .trace_id = "",
					      .l4_name = ""});
}

static void free_names(void)
{
	for (size_t i = 0; i < FLOWS; i++)
		flow_release(&flows[i]);
	for (size_t i = 0; i < NODES; i++)
		endpoint_put(nodes[i]);
	for (size_t i = 0; i < 8; i++)
		process_put(processes[i]);
	for (size_t i = 0; i < 4; i++)
		name_list_put(lists[i]);
	for (size_t i = 0; i < 3; i++)
		service_put(services[i]);
	hubble_put(foreign);
}

static void any_end(struct flow_end *e)
{
	uint32_t who = rnd(NODES + 6);

	e->addr = addr(rnd(8) ? "10.0.0.1" : "fd00::7");
	e->addr.b[15] = rnd(6);
	e->port = rnd(3) ? 1 + rnd(3) * 30000 : 0;
	e->identity = rnd(4) ? rnd(12) : 5000 + rnd(3);
	if (who < NODES)
		e->endpoint = endpoint_get(nodes[who]);
	if (!rnd(4))
		e->service = service_get(services[rnd(3)]);
	if (!rnd(3))
		e->dns = name_list_get(lists[rnd(4)]);
	if (!rnd(5))
		e->reverse = name_list_get(lists[rnd(4)]);
	if (!rnd(3))
		e->process = process_get(processes[rnd(8)]);
}

static void any_flow(struct flow *f, size_t i)
{
	static const uint8_t protocols[] = {6, 6, 17, 1, 58, 132, 0};

	flow_init(f);
	f->time_ns = SAMPLE_NS + i * 40000000ull;
	f->event = rnd(FLOW_L7);
	f->drop.reason_name = "X";
	f->drop.function = "";
	f->verdict = f->event == FLOW_DROP ? VERDICT_DROPPED : VERDICT_FORWARDED;
	f->ip_version = rnd(10) ? rnd(5) ? 4 : 6 : 0;
	f->protocol = protocols[rnd(7)];
	f->ethertype = rnd(2) ? 0x806 : 0;
	f->is_reply = (int8_t)rnd(3) - 1;
	f->connection_id = rnd(3) ? 0x1000000000000000ull + rnd(200) : 0;
	f->forward.delta_bytes = rnd(1000);
	f->reply.delta_bytes = rnd(1000);
	f->forward.delta_packets = rnd(10);
	f->forward.srtt_us = rnd(3) ? 0 : rnd(100000);
	f->reply.retransmits = rnd(3);
	f->drop.delta_packets = rnd(3);
	if (!rnd(12))
		f->hubble = hubble_get(foreign);
	any_end(&f->src);
	any_end(&f->dst);
}

static void make_flows(uint64_t seed)
{
	random_state = seed;
	make_names();
	for (size_t i = 0; i < FLOWS; i++)
		any_flow(&flows[i], i);
}

static size_t passing(const char *expression)
{
	struct where_error e;
	struct where *w;
	size_t n = 0;

	if (where_parse(expression, &w, &e))
		fail_msg("%s: %s", expression, e.message);
	for (size_t i = 0; i < FLOWS; i++)
		n += where_pass(w, &flows[i]);
	where_free(w);
	return n;
}

static void test_expressions(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct top *t = new_top(NULL);

		make_flows(seed);
		for (size_t i = 0; i < FLOWS; i++)
			top_add(t, &flows[i]);
		for (enum top_dimension d = 0; d < TOP_DIMENSIONS; d++) {
			struct top_snapshot s = shot(t, d, TOP_BYTES, 0, 0);
			struct text e = {0};

			assert_true(s.n > 3);
			for (size_t i = 0; i < s.n; i++) {
				assert_false(s.rows[i].others);
				e.len = 0;
				assert_true(top_expression(t, d, s.rows[i].key, &e));
				text_char(&e, '\0');
				if (passing(e.data) != s.rows[i].flows)
					fail_msg("%s \"%s\": %" PRIu64 " flows, %zu pass %s",
						 top_dimension_name(d), s.rows[i].name,
						 s.rows[i].flows, passing(e.data), e.data);
			}
			assert_false(top_expression(t, d, 12345, &e));
			text_free(&e);
			top_snapshot_free(&s);
		}
		top_free(t);
		free_names();
	}
}

/* With little room: nothing is lost, what has no row is in the others. */
static void test_bounds(void **state)
{
	struct top_options opt = {0};
	struct top *t;
	uint64_t bytes = 0, drops = 0;

	(void)state;
	make_flows(9);
	for (size_t i = 0; i < TOP_DIMENSIONS; i++)
		opt.max_rows[i] = i < TOP_EXECUTABLES ? 6 : i < TOP_UNITS ? 4 : 2;
	t = new_top(&opt);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < FLOWS; i++)
			top_add(t, &flows[i]);
		if (!again)
			top_reset(t);
	}
	for (size_t i = 0; i < FLOWS; i++) {
		bytes += flows[i].forward.delta_bytes + flows[i].reply.delta_bytes;
		if (flows[i].event == FLOW_DROP && !flows[i].hubble)
			drops += flows[i].drop.delta_packets;
	}
	for (enum top_dimension d = TOP_CONNECTIONS; d < TOP_DIMENSIONS; d++) {
		struct top_snapshot s = shot(t, d, TOP_BYTES, 0, 0);
		struct top_amounts sum = {0};
		uint64_t n = 0;

		assert_in_range(s.n, 2, opt.max_rows[d] + 1);
		assert_true(s.rows[s.n - 1].others);
		assert_true(s.put_together > 0);
		assert_string_equal(s.rows[s.n - 1].name, "others");
		for (size_t i = 0; i < s.n; i++) {
			n += s.rows[i].flows;
			sum.bytes_out += s.rows[i].total.bytes_out + s.rows[i].total.bytes_in;
			sum.drops += s.rows[i].total.drops;
		}
		assert_int_equal(s.all.flows, FLOWS);
		assert_float_equal(s.all.total.bytes_out + s.all.total.bytes_in, bytes, 1);
		if (d == TOP_CONNECTIONS || d == TOP_PAIRS) {
			assert_int_equal(n, FLOWS);
			assert_float_equal(sum.bytes_out, bytes, 1);
			assert_true(sum.drops >= drops);
		} else {
			assert_true(n + s.without >= FLOWS);
		}
		top_snapshot_free(&s);
	}
	assert_true(top_bytes(t) < 16u << 20);
	top_free(t);
	free_names();
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

/* Flows of Hubble's have no counters: events stand for them. */
static void test_uncounted(void **state)
{
	struct top *t = new_top(NULL);
	struct top_snapshot s;

	(void)state;
	random_state = 5;
	make_names();
	for (int i = 0; i < 5; i++) {
		struct flow f = sample_named(sample_syn());

		f.hubble = foreign;
		f.time_ns += i * SEC / 10;
		if (i == 4)
			f.dst.endpoint = NULL;
		top_add(t, &f);
	}
	s = shot(t, TOP_ENDPOINTS, TOP_BYTES, 0, 0);
	assert_int_equal(s.uncounted, 5);
	assert_int_equal(s.flows, 5);
	assert_string_equal(s.rows[0].name, "shop/frontend-7d9c5b6f4-abcde");
	assert_float_equal(s.rows[0].value, 5, 0);
	assert_float_equal(s.rows[1].value, 4, 0);
	top_snapshot_free(&s);
	s = shot(t, TOP_ENDPOINTS, TOP_BYTES, 10, SAMPLE_NS + 3 * SEC);
	assert_float_equal(s.rows[0].value, 0.5, 0.001);
	top_snapshot_free(&s);
	top_free(t);
	for (size_t i = 0; i < FLOWS; i++)
		flow_init(&flows[i]);
	free_names();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),	  cmocka_unit_test(test_series_and_times),
		cmocka_unit_test(test_drops),	  cmocka_unit_test(test_processes),
		cmocka_unit_test(test_pairs),	  cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_bounds),	  cmocka_unit_test(test_who_stays),
		cmocka_unit_test(test_uncounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
