// SPDX-License-Identifier: MIT
/* What the collector remembers of a connection for those who name its ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/collector.h"

/* A stage that names: every end that has no name gets that of the moment. */
struct stage {
	struct endpoint *now[2]; /* of the source, of the destination */
	struct endpoint *seen[2]; /* what the last event came with, not counted */
	uint32_t identity; /* of its destination, as it came */
	uint8_t event;
};

static void on_flow(void *arg, struct flow *f)
{
	struct stage *s = arg;

	s->seen[0] = f->src.endpoint;
	s->seen[1] = f->dst.endpoint;
	s->identity = f->dst.identity;
	s->event = f->event;
	if (!f->src.endpoint)
		f->src.endpoint = endpoint_get(s->now[0]);
	if (!f->dst.endpoint)
		f->dst.endpoint = endpoint_get(s->now[1]);
}

static struct rec_flow record(uint8_t why)
{
	struct rec_flow r = {
		.head = {.kind = REC_FLOW, .why = why, .size = sizeof(r), .time_ns = 5000000},
		.key = {.protocol = 6, .kind = CONN_PORTS},
		.conn = {.first_ns = {5000000}, .initiator_by = BY_SYN},
	};

	r.key.addr[0][10] = r.key.addr[0][11] = r.key.addr[1][10] = r.key.addr[1][11] = 0xff;
	r.key.addr[0][12] = r.key.addr[1][12] = 10;
	r.key.addr[1][15] = 1;
	r.key.port[0] = htons(40000);
	r.key.port[1] = htons(80);
	r.conn.dir[0].packets = 1;
	return r;
}

static void feed(struct collector *c, struct rec_flow r)
{
	collector_record(c, &r, sizeof(r));
	collector_batch_end(c);
}

/* Its address has been given to another pod when the connection ends; the next one is that pod's. */
static void test_the_end_keeps_its_names(void **state)
{
	const struct collector_options opt = {.own_netns = 1, .hz = 250, .max_connections = 16};
	struct endpoint *before =
		endpoint_new(&(struct endpoint){.name = "cart-1", .identity = 300});
	struct endpoint *after =
		endpoint_new(&(struct endpoint){.name = "cart-2", .identity = 301});
	struct stage s = {.now = {NULL, before}};
	const struct source_events ev = {.arg = &s, .flow = on_flow};
	struct collector *c;

	(void)state;
	assert_int_equal(collector_new(&opt, &ev, &c), 0);
	collector_clock(c, 1);
	feed(c, record(WHY_FIRST));
	assert_null(s.seen[1]);
	assert_int_equal(before->refs, 2);
	s.now[1] = after;
	feed(c, record(WHY_END));
	assert_int_equal(s.event, FLOW_END);
	assert_null(s.seen[0]);
	assert_ptr_equal(s.seen[1], before);
	assert_int_equal(s.identity, 300);
	feed(c, record(WHY_FIRST));
	assert_null(s.seen[1]);
	assert_int_equal(before->refs, 1);
	assert_int_equal(after->refs, 2);
	collector_free(c);
	assert_int_equal(after->refs, 1);
	endpoint_put(before);
	endpoint_put(after);
}

/* A container that was renamed has its new name in the events that follow. */
static void test_a_new_name_is_taken(void **state)
{
	const struct collector_options opt = {.own_netns = 1, .hz = 250, .max_connections = 16};
	struct endpoint *old = endpoint_new(&(struct endpoint){.name = "web"});
	struct endpoint *new = endpoint_new(&(struct endpoint){.name = "web-2"});
	struct stage s = {.now = {old, NULL}};
	const struct source_events ev = {.arg = &s, .flow = on_flow};
	struct collector *c;

	(void)state;
	assert_int_equal(collector_new(&opt, &ev, &c), 0);
	feed(c, record(WHY_FIRST));
	s.now[0] = new;
	feed(c, record(WHY_FLAGS));
	assert_null(s.seen[0]);
	feed(c, record(WHY_END));
	assert_ptr_equal(s.seen[0], new);
	collector_free(c);
	assert_int_equal(old->refs + new->refs, 2);
	endpoint_put(old);
	endpoint_put(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_end_keeps_its_names),
		cmocka_unit_test(test_a_new_name_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
