// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "flows/l7/dns_track.h"
#include "tests/unit/dns_packets.h"
#include "tests/unit/sample_flows.h"

#define SECOND_NS 1000000000ull
#define MS_NS 1000000ull

static struct dns_track *t;
static struct dns_message m;
static struct dns_told told;
static uint64_t now_ns; /* monotonic; the wall clock is SAMPLE_NS later */

/* What the tick told. */
static struct {
	unsigned int n;
	struct flow last;
} timeouts;

static void on_timeout(void *arg, struct flow *f)
{
	(void)arg;
	timeouts.n++;
	flow_release(&timeouts.last);
	flow_copy(&timeouts.last, f);
}

static void message(struct flow *f, uint16_t id, const char *name, bool answer, bool at_read)
{
	static struct wire w;

	wire_header(&w, id, answer ? 0x8180 : 0x0100, 1, answer, 0, 0);
	wire_question(&w, name, 1);
	if (answer)
		wire_a(&w, name, 60, 0xc0000201);
	assert_int_equal(dns_parse(w.b, w.n, &m), 0);
	l7_put(told.l7);
	f->time_ns = SAMPLE_NS + now_ns;
	dns_track_message(t, f, &m, at_read, now_ns, &told);
}

static struct flow client_flow(uint16_t port)
{
	return sample(17, "10.0.0.1", port, "10.0.0.53", 53);
}

static struct flow server_flow(uint16_t port)
{
	return sample(17, "10.0.0.53", 53, "10.0.0.1", port);
}

static void query(uint16_t port, uint16_t id, const char *name)
{
	struct flow f = client_flow(port);

	message(&f, id, name, false, false);
}

static void answer(uint16_t port, uint16_t id, const char *name)
{
	struct flow f = server_flow(port);

	message(&f, id, name, true, false);
}

static void tick(void)
{
	dns_track_tick(t, now_ns, on_timeout, NULL);
}

static struct dns_track_stats stats(void)
{
	struct dns_track_stats s;

	dns_track_stats(t, &s);
	return s;
}

static int set_up(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	memset(&timeouts, 0, sizeof(timeouts));
	now_ns = 100 * SECOND_NS;
	return dns_track_new(&t);
}

static int tear_down(void **state)
{
	(void)state;
	l7_put(told.l7);
	flow_release(&timeouts.last);
	dns_track_free(t);
	return 0;
}

static void test_pair(void **state)
{
	(void)state;
	query(1000, 7, "a.test");
	assert_non_null(told.l7);
	assert_int_equal(told.l7->type, L7_REQUEST);
	assert_int_equal(told.l7->latency_ns, 0);
	assert_int_equal(stats().open, 1);
	now_ns += 3 * MS_NS;
	answer(1000, 7, "A.TEST");
	assert_non_null(told.l7);
	assert_int_equal(told.l7->type, L7_RESPONSE);
	assert_int_equal(told.l7->latency_ns, 3 * MS_NS);
	assert_int_equal(told.l7->dns.n_ips, 1);
	assert_true(told.asked);
	assert_int_equal(stats().open, 0);
	now_ns += 100 * SECOND_NS;
	tick();
	assert_int_equal(timeouts.n, 0);
	assert_int_equal(stats().transactions, 0);
}

/* Another id, port, server or question: not what was asked for. */
static void test_forged(void **state)
{
	struct flow f = sample(17, "10.0.0.66", 53, "10.0.0.1", 1000);

	(void)state;
	query(1000, 7, "a.test");
	answer(1000, 8, "a.test");
	assert_false(told.asked);
	assert_non_null(told.l7);
	assert_int_equal(told.l7->latency_ns, 0);
	answer(1001, 7, "a.test");
	assert_false(told.asked);
	answer(1000, 7, "b.test");
	assert_false(told.asked);
	message(&f, 7, "a.test", true, false);
	assert_false(told.asked);
	assert_int_equal(stats().open, 1);
	answer(1000, 7, "a.test");
	assert_true(told.asked);
	assert_int_equal(stats().open, 0);
}

static void test_read_without_query(void **state)
{
	static struct process process = {.refs = 1, .cgroup_id = 5};
	struct flow f = server_flow(1000);

	(void)state;
	f.dst.process = &process;
	message(&f, 7, "a.test", true, true);
	assert_true(told.asked);
	assert_ptr_equal(told.client, &process);
	assert_non_null(told.l7);
	assert_int_equal(told.l7->latency_ns, 0);
	answer(1000, 7, "a.test"); /* the same on an interface */
	assert_null(told.l7);
	assert_false(told.asked);
}

/* On an interface and when it is read: told once, whichever is first. */
static void test_seen_twice(void **state)
{
	struct flow q = client_flow(1000), a = server_flow(1000);

	(void)state;
	query(1000, 7, "a.test");
	assert_non_null(told.l7);
	message(&q, 7, "a.test", false, true);
	assert_null(told.l7);
	message(&a, 7, "a.test", true, true);
	assert_non_null(told.l7);
	answer(1000, 7, "a.test");
	assert_null(told.l7);
	assert_true(told.asked);
	now_ns += SECOND_NS;
	query(1000, 7, "a.test"); /* the port and the id again: new */
	assert_non_null(told.l7);
	assert_int_equal(stats().open, 1);
	message(&q, 7, "a.test", false, true);
	assert_null(told.l7);
	now_ns += MS_NS;
	answer(1000, 7, "a.test");
	assert_int_equal(told.l7->latency_ns, MS_NS);
}

static void test_retransmitted(void **state)
{
	(void)state;
	query(1000, 7, "a.test");
	now_ns += SECOND_NS;
	query(1000, 7, "a.test");
	assert_non_null(told.l7); /* it is one more packet */
	assert_int_equal(stats().transactions, 1);
	now_ns += SECOND_NS;
	answer(1000, 7, "a.test");
	assert_int_equal(told.l7->latency_ns, 2 * SECOND_NS);
}

static void test_timeout(void **state)
{
	uint64_t asked = SAMPLE_NS + now_ns;
	char text[46];

	(void)state;
	query(1000, 7, "dead.test");
	now_ns += DNS_TIMEOUT_NS - 1;
	tick();
	assert_int_equal(timeouts.n, 0);
	now_ns += 1;
	tick();
	assert_int_equal(timeouts.n, 1);
	assert_int_equal(timeouts.last.verdict, VERDICT_ERROR);
	assert_int_equal(timeouts.last.l7->type, L7_REQUEST);
	assert_true(timeouts.last.l7->dns.timeout);
	assert_string_equal(timeouts.last.l7->dns.query, "dead.test.");
	assert_string_equal(ip_addr_text(&timeouts.last.src.addr, text), "10.0.0.1");
	assert_int_equal(timeouts.last.dst.port, 53);
	assert_int_equal(timeouts.last.time_ns, asked + DNS_TIMEOUT_NS);
	assert_int_equal(stats().open, 0);
	tick();
	assert_int_equal(timeouts.n, 1);
	now_ns += 7 * SECOND_NS; /* late, but it comes */
	answer(1000, 7, "dead.test");
	assert_int_equal(told.l7->latency_ns, 12 * SECOND_NS);
	assert_true(told.asked);
}

/* The second try of a client that waits 5 s: it can find no answer either, or one at last. */
static void test_second_timeout(void **state)
{
	(void)state;
	query(1000, 7, "dead.test");
	query(1000, 8, "slow.test");
	now_ns += DNS_TIMEOUT_NS;
	tick();
	assert_int_equal(timeouts.n, 2);
	timeouts.n = 1;
	query(1000, 8, "slow.test");
	now_ns += MS_NS;
	answer(1000, 8, "slow.test");
	assert_int_equal(told.l7->latency_ns, DNS_TIMEOUT_NS + MS_NS);
	query(1000, 7, "dead.test");
	now_ns += DNS_TIMEOUT_NS;
	tick();
	assert_int_equal(timeouts.n, 2);
	now_ns += DNS_LATE_NS;
	tick();
	assert_int_equal(stats().transactions, 0);
	answer(1000, 7, "dead.test");
	assert_false(told.asked);
}

/* Server and client see different tuples; the one before translation counts. */
static void test_translated(void **state)
{
	struct flow q = client_flow(1000), a = sample(17, "10.9.9.9", 5353, "10.0.0.1", 1000);

	(void)state;
	q.has_nat = a.has_nat = true;
	q.nat_orig = a.nat_orig = (struct flow_tuple){
		.src = addr("10.0.0.1"), .dst = addr("10.96.0.10"), .sport = 1000, .dport = 53};
	message(&q, 7, "a.test", false, false);
	message(&a, 7, "a.test", true, false);
	assert_true(told.asked);
	assert_int_equal(stats().open, 0);
}

static void test_multicast(void **state)
{
	struct flow q = sample(17, "10.0.0.1", 5353, "224.0.0.251", 5353);
	struct flow six = sample(17, "fe80::1", 40000, "ff02::fb", 5353);
	struct flow unicast = sample(17, "10.0.0.53", 5353, "10.0.0.1", 40000);

	(void)state;
	message(&q, 0, "a.local", false, false);
	assert_true(told.l7->dns.multicast);
	message(&q, 0, "a.local", true, true);
	assert_null(told.l7);
	assert_int_equal(stats().transactions, 0);
	assert_true(dns_is_multicast(&six));
	assert_false(dns_is_multicast(&unicast)); /* an ordinary server on that port */
	now_ns += 2 * DNS_TIMEOUT_NS;
	tick();
	assert_int_equal(timeouts.n, 0);
}

/* One port and one id for ever other questions: no message is compared to all of them. */
static void test_same_id(void **state)
{
	char name[16];

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		now_ns += MS_NS;
		query(1000, 7, name);
		assert_non_null(told.l7);
	}
	assert_int_equal(stats().transactions, DNS_SAME_ID);
	assert_int_equal(stats().evicted, 1000 - DNS_SAME_ID);
	snprintf(name, sizeof(name), "n%u.test", 1000 - DNS_SAME_ID);
	answer(1000, 7, name);
	assert_true(told.asked);
	answer(1000, 7, "n1.test");
	assert_false(told.asked);
}

static void test_bounds(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < DNS_TRANSACTIONS; i++)
		query(i & 0xffff, i >> 16, "a.test");
	assert_int_equal(stats().evicted, 0);
	answer(5, 0, "a.test");
	query(60000, 999, "b.test"); /* in the place of the one that was answered */
	assert_int_equal(stats().evicted, 0);
	query(60001, 999, "b.test");
	assert_int_equal(stats().evicted, 1);
	assert_int_equal(stats().transactions, DNS_TRANSACTIONS);
	answer(0, 0, "a.test"); /* the oldest is gone */
	assert_false(told.asked);
	now_ns += DNS_TIMEOUT_NS;
	tick();
	/* one was answered, one was evicted for a query and one for the answer to nothing */
	assert_int_equal(timeouts.n, DNS_TRANSACTIONS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pair, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_without_query, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_seen_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_retransmitted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_timeout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_second_timeout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_translated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_multicast, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
