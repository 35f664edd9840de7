// SPDX-License-Identifier: MIT
/* Top, given any flows: nothing is lost or counted twice, and a row's expression passes exactly its flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/where.h"
#include "tests/unit/sample_flows.h"
#include "tests/unit/top_shots.h"

#define SEC 1000000000ull
#define NOW (SAMPLE_NS + 100 * SEC)

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

/* ------------------------------------------------------- what waits is not forgotten */

static const struct top_row *row_like(const struct top_snapshot *s, const struct top_row *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->rows[i].name, r->name) && !strcmp(s->rows[i].peer, r->peer) &&
		    s->rows[i].flows == r->flows && s->rows[i].total.begun == r->total.begun &&
		    s->rows[i].first_ns == r->first_ns && s->rows[i].last_ns == r->last_ns)
			return &s->rows[i];
	fail_msg("no row like \"%s\" \"%s\" of %" PRIu64 " flows", r->name, r->peer, r->flows);
	return NULL;
}

static void assert_same(struct top *a, struct top *b, enum top_dimension d, unsigned int seconds)
{
	struct top_snapshot x = shot(a, d, TOP_BYTES, seconds, NOW);
	struct top_snapshot y = shot(b, d, TOP_BYTES, seconds, NOW);

	assert_int_equal(x.n, y.n);
	assert_int_equal(x.without, y.without);
	assert_int_equal(x.all.flows, y.all.flows);
	for (size_t i = 0; i < x.n; i++) {
		const struct top_row *r = row_like(&y, &x.rows[i]);

		assert_float_equal(r->total.bytes_out, x.rows[i].total.bytes_out, 0.5);
		assert_float_equal(r->total.drops, x.rows[i].total.drops, 0);
		assert_float_equal(r->total.retransmits, x.rows[i].total.retransmits, 0);
		assert_float_equal(r->window.bytes_out, x.rows[i].window.bytes_out, 1);
		assert_float_equal(r->window.begun, x.rows[i].window.begun, 0.01);
		/* of a minute, what waited together is of its newest one's minute */
		if (!seconds) {
			assert_int_equal(r->rtt.p50_ns, x.rows[i].rtt.p50_ns);
			assert_int_equal(r->rtt.p99_ns, x.rows[i].rtt.p99_ns);
		}
		assert_int_equal(r->n_pids, x.rows[i].n_pids);
	}
	top_snapshot_free(&x);
	top_snapshot_free(&y);
}

/* Snapshots taken on the way change nothing. */
static void test_snapshots_between(void **state)
{
	struct top *once = new_top(NULL), *often = new_top(NULL);

	(void)state;
	make_flows(5);
	for (size_t i = 0; i < FLOWS; i++) {
		top_add(once, &flows[i]);
		top_add(often, &flows[i]);
		if (i % 7 == 0) {
			struct top_snapshot s = shot(often, i % TOP_DIMENSIONS, TOP_BYTES, 1, NOW);

			top_snapshot_free(&s);
		}
	}
	for (enum top_dimension d = 0; d < TOP_DIMENSIONS; d++) {
		assert_same(once, often, d, 0);
		assert_same(once, often, d, 10);
	}
	top_free(once);
	top_free(often);
	free_names();
}

/* More pairs than can wait, more addresses than are remembered. */
static void test_many_pairs(void **state)
{
	struct top *t = new_top(NULL);
	uint64_t n = 200000, bytes = 0;

	(void)state;
	random_state = 11;
	for (uint64_t i = 0; i < n; i++) {
		struct flow f = sample_syn();
		uint32_t who[2] = {rnd(i < n / 2 ? 300 : 30000), rnd(300)};

		f.time_ns = SAMPLE_NS + i * 100000;
		f.connection_id = 1 + rnd(50000);
		f.event = FLOW_REPORT;
		f.forward.delta_bytes = rnd(1000);
		f.forward.srtt_us = rnd(5000);
		memcpy(f.src.addr.b + 12, &who[0], sizeof(who[0]));
		memcpy(f.dst.addr.b + 12, &who[1], sizeof(who[1]));
		f.dst.addr.b[11] = 1;
		bytes += f.forward.delta_bytes;
		top_add(t, &f);
	}
	for (enum top_dimension d = TOP_CONNECTIONS; d <= TOP_NAMESPACES; d++) {
		struct top_snapshot s = shot(t, d, TOP_BYTES, 0, 0);
		uint64_t flows_of_rows = 0;
		double sum = 0;

		for (size_t i = 0; i < s.n; i++) {
			flows_of_rows += s.rows[i].flows;
			sum += s.rows[i].total.bytes_out;
		}
		assert_int_equal(s.all.flows, n);
		assert_float_equal(s.all.total.bytes_out, (double)bytes, 1);
		if (d == TOP_CONNECTIONS || d == TOP_PAIRS)
			assert_int_equal(flows_of_rows, n);
		if (d == TOP_CONNECTIONS)
			assert_float_equal(sum, (double)bytes, 1);
		top_snapshot_free(&s);
	}
	top_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_uncounted),   cmocka_unit_test(test_snapshots_between),
		cmocka_unit_test(test_many_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
