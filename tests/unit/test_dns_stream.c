// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flows/l7/dns_stream.h"
#include "tests/unit/dns_packets.h"
#include "tests/unit/sample_flows.h"

#define SECOND_NS 1000000000ull

/* What came out: sizes and first bytes. */
static struct {
	unsigned int n;
	size_t sizes[64];
	uint8_t first[64];
} got;

static struct dns_streams *s;
static struct wire w;

static void on_message(void *arg, const uint8_t *data, size_t size)
{
	(void)arg;
	assert_in_range(got.n, 0, 63);
	got.sizes[got.n] = size;
	got.first[got.n++] = data[0];
	assert_true(size >= 12);
}

static struct flow flow_of(uint64_t id)
{
	struct flow f = sample(6, "10.0.0.1", 40000, "10.0.0.53", 53);

	f.connection_id = id;
	return f;
}

static void add_at(uint64_t id, uint32_t seq, const void *data, size_t size, bool cut, uint64_t now)
{
	const struct l7_payload p = {.data = data, .size = size, .cut = cut, .tcp_seq = seq};
	struct flow f = flow_of(id);

	dns_streams_add(s, &f, &p, now, on_message, NULL);
}

static void add(uint32_t seq, size_t from, size_t to)
{
	add_at(1, seq + from, w.b + from, to - from, false, SECOND_NS);
}

static void got_one(size_t size, uint8_t first)
{
	assert_int_equal(got.n, 1);
	assert_int_equal(got.sizes[0], size);
	assert_int_equal(got.first[0], first);
	got.n = 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&got, 0, sizeof(got));
	w.n = 0;
	return dns_streams_new(&s);
}

static int tear_down(void **state)
{
	(void)state;
	dns_streams_free(s);
	return 0;
}

static uint64_t gaps(void)
{
	struct dns_streams_stats st;

	dns_streams_stats(s, &st);
	return st.gaps;
}

/* The length alone, byte by byte, and in each pair of parts. */
static void test_split(void **state)
{
	uint32_t seq = 1000;

	(void)state;
	wire_hex(&w, DNS_TCP1);
	assert_int_equal(w.n, 56);
	add(seq, 0, w.n);
	got_one(54, 0x84);
	for (size_t at = 1; at < w.n; at++) {
		seq += w.n;
		add(seq, 0, at);
		assert_int_equal(got.n, 0);
		add(seq, at, w.n);
		got_one(54, 0x84);
	}
	seq += w.n;
	for (size_t at = 0; at < w.n; at++)
		add(seq, at, at + 1);
	got_one(54, 0x84);
	assert_int_equal(gaps(), 0);
}

static void test_several_in_one(void **state)
{
	size_t first;

	(void)state;
	wire_hex(&w, DNS_TCP1);
	first = w.n;
	wire_hex(&w, DNS_TCP1);
	wire_hex(&w, DNS_TCP2);
	add(0xffffffc0, 0, first + 20); /* past the end of the sequence space */
	assert_int_equal(got.n, 1);
	add(0xffffffc0, first + 20, w.n);
	assert_int_equal(got.n, 3);
	assert_int_equal(got.sizes[2], 112);
	assert_int_equal(gaps(), 0);
}

static void test_retransmitted(void **state)
{
	size_t first;

	(void)state;
	wire_hex(&w, DNS_TCP1);
	first = w.n;
	wire_hex(&w, DNS_TCP2);
	add(5, 0, 30);
	add(5, 0, 30); /* the same again */
	add(5, 10, 40); /* and overlapping */
	assert_int_equal(got.n, 0);
	add(5, 20, first);
	add(5, 20, first);
	got_one(54, 0x84);
	add(5, 0, w.n);
	got_one(112, 0x84);
}

/* A hole in a message: what was there of it, and the next one is whole again. */
static void test_gap_inside(void **state)
{
	size_t first;

	(void)state;
	wire_hex(&w, DNS_TCP2);
	first = w.n;
	wire_hex(&w, DNS_TCP1);
	add(5, 0, 40);
	add(5, 60, w.n);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.sizes[0], 38);
	assert_int_equal(got.sizes[1], 54);
	assert_int_equal(gaps(), 1);
	assert_int_equal(first, 114);
}

/* A hole over the end of a message: the next segment that looks like one begins anew. */
static void test_gap_between(void **state)
{
	uint32_t seq = 5;
	size_t first;

	(void)state;
	wire_hex(&w, DNS_TCP2);
	first = w.n;
	wire_hex(&w, DNS_TCP2);
	add(seq, 0, 40);
	add(seq, first + 30, w.n); /* its first two bytes are no length */
	got_one(38, 0x84);
	add_at(1, seq + w.n, "\0\1\2\3", 4, false, 1);
	assert_int_equal(got.n, 0);
	add_at(1, seq + w.n + 4, w.b, first, false, 1);
	got_one(112, 0x84);
}

/* The capture kept the beginning only. */
static void test_cut(void **state)
{
	(void)state;
	wire_hex(&w, DNS_TCP2);
	add_at(1, 5, w.b, 60, true, 1);
	got_one(58, 0x84);
	add_at(1, 5 + 60, w.b + 60, 20, true, 1); /* more of it is of no use */
	assert_int_equal(got.n, 0);
	add_at(1, 5 + w.n, w.b, w.n, false, 1);
	got_one(112, 0x84);
	add_at(1, 5 + 2 * w.n, w.b, 1, true, 1); /* not even the length */
	add_at(1, 5 + 2 * w.n + 500, w.b, w.n, false, 1);
	got_one(112, 0x84);
}

static void test_not_dns(void **state)
{
	(void)state;
	add_at(1, 5, "\0\5hello\0\6hello!", 15, false, 1);
	add_at(1, 20, "GET / HTTP/1.0\r\n\r\n", 18, false, 1);
	assert_int_equal(got.n, 0);
}

/* Directions and kinds of places apart; an end forgets all of them. */
static void test_apart(void **state)
{
	struct l7_payload p = {.tcp_seq = 77};
	struct dns_streams_stats st;
	struct flow f = flow_of(1), back = sample(6, "10.0.0.53", 53, "10.0.0.1", 40000);

	(void)state;
	back.connection_id = 1;
	wire_hex(&w, DNS_TCP1);
	p.data = w.b;
	p.size = 30;
	dns_streams_add(s, &f, &p, 1, on_message, NULL);
	dns_streams_add(s, &back, &p, 1, on_message, NULL);
	p.at_read = true;
	dns_streams_add(s, &f, &p, 1, on_message, NULL);
	dns_streams_stats(s, &st);
	assert_int_equal(st.streams, 3);
	p.data += 30;
	p.size = w.n - 30;
	p.tcp_seq += 30;
	p.at_read = false;
	dns_streams_add(s, &back, &p, 1, on_message, NULL);
	got_one(54, 0x84);
	dns_streams_end(s, &f);
	dns_streams_stats(s, &st);
	assert_int_equal(st.streams, 0);
}

static void test_bounds(void **state)
{
	struct dns_streams_stats st;

	(void)state;
	wire_u16(&w, 65535);
	wire_header(&w, 1, 0x8180, 0, 0, 0, 0);
	for (uint64_t id = 1; id <= DNS_STREAMS + 10; id++)
		add_at(id, 5, "\xff\xff\1\2\1\0\0\1\0\0", 10, false, id * SECOND_NS);
	dns_streams_stats(s, &st);
	assert_int_equal(st.streams, DNS_STREAMS);
	assert_int_equal(st.evicted, 10);
	dns_streams_age(s, (30 + 20) * SECOND_NS); /* the first of them have been idle for 30 s */
	dns_streams_stats(s, &st);
	assert_int_equal(st.streams, DNS_STREAMS - 10);
	dns_streams_age(s, 400 * SECOND_NS);
	dns_streams_stats(s, &st);
	assert_int_equal(st.streams, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_split, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_several_in_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_retransmitted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gap_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gap_between, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_dns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
