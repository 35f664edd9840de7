/* SPDX-License-Identifier: MIT */
/* DNS messages and control groups in the collector: what becomes of their records, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows/capture/collector.h"

#define HEAD offsetof(struct rec_dns, data)
#define OWN_NETNS 1000
#define OTHER_NETNS 1001

/* What was handed over, in its order: "f" a flow, "m" a message, "c" a control group. */
static char order[256];
static struct flow last;
static struct l7_payload payload;
static uint8_t bytes[DNS_BYTES];
static char path[CGROUP_PATH];
static uint64_t cgroup;

static void note(char what)
{
	order[strlen(order)] = what;
}

static void on_flow(void *arg, struct flow *f)
{
	(void)arg, (void)f;
	note('f');
}

static void on_message(void *arg, struct flow *f, const struct l7_payload *p)
{
	(void)arg;
	note('m');
	flow_release(&last);
	flow_copy(&last, f);
	payload = *p;
	memcpy(bytes, p->data, p->size);
}

static void on_cgroup(void *arg, uint64_t id, const char *name)
{
	(void)arg;
	note('c');
	cgroup = id;
	strncpy(path, name, sizeof(path) - 1);
}

static const struct source_events all = {
	.flow = on_flow, .message = on_message, .cgroup = on_cgroup};

static int begin_with(void **state, const struct source_events *ev)
{
	struct collector_options opt = {.own_netns = OWN_NETNS, .hz = 250, .max_connections = 100};
	struct collector *c;

	memset(order, 0, sizeof(order));
	flow_init(&last);
	if (collector_new(&opt, ev, &c))
		return -1;
	collector_clock(c, 1);
	*state = c;
	return 0;
}

static int begin(void **state)
{
	return begin_with(state, &all);
}

static int begin_deaf(void **state)
{
	static const struct source_events none = {.flow = on_flow};

	return begin_with(state, &none);
}

static int end(void **state)
{
	flow_release(&last);
	collector_free(*state);
	return 0;
}

static void key_of(struct conn_key6 *key, const char *first, uint16_t port, const char *second,
		   uint16_t second_port)
{
	memset(key, 0, sizeof(*key));
	key->addr[0][10] = key->addr[0][11] = key->addr[1][10] = key->addr[1][11] = 0xff;
	inet_pton(AF_INET, first, key->addr[0] + 12);
	inet_pton(AF_INET, second, key->addr[1] + 12);
	key->port[0] = htons(port);
	key->port[1] = htons(second_port);
	key->protocol = 17;
}

/* A query of end 0 to end 1. */
static struct rec_dns query(size_t n)
{
	struct rec_dns r = {.head = {.kind = REC_DNS, .time_ns = 5000000, .ifindex = 3},
			    .first_ns = 5000000,
			    .initiator_by = BY_FIRST,
			    .whole = n,
			    .bytes = n};

	key_of(&r.key, "10.0.0.1", 40000, "10.0.0.2", 53);
	for (size_t i = 0; i < n && i < DNS_BYTES; i++)
		r.data[i] = i;
	r.head.size = HEAD + n;
	return r;
}

static struct rec_dns read_in(uint32_t netns, const char *from, const char *to)
{
	struct rec_dns r = query(20);

	key_of(&r.key, from, 53, to, 40000);
	r.flags = DNS_AT_SOCKET;
	r.initiator_by = 0;
	r.head.ifindex = 0;
	r.cgroup_id = 77;
	r.start_ns = 1;
	r.pid = 4000000;
	r.ppid = r.uid = 0;
	r.netns = netns;
	memcpy(r.comm, "resolver", 9);
	return r;
}

static uint64_t events(const struct collector *c)
{
	struct capture_stats s = {0};

	collector_stats(c, &s);
	return s.events;
}

static uint64_t refused(const struct collector *c)
{
	struct capture_stats s = {0};

	collector_stats(c, &s);
	return s.table_full;
}

static void a_message(void **state)
{
	struct rec_dns r = query(31);

	collector_record(*state, &r, HEAD + 31);
	assert_string_equal(order, "");
	collector_batch_end(*state);
	assert_string_equal(order, "m");
	assert_int_equal(payload.size, 31);
	assert_memory_equal(bytes, r.data, 31);
	assert_false(payload.cut);
	assert_false(payload.at_read);
	assert_int_equal(last.event, FLOW_L7);
	assert_int_equal(last.verdict, VERDICT_FORWARDED);
	assert_int_equal(last.is_reply, REPLY_NO);
	assert_int_equal(last.src.port, 40000);
	assert_int_equal(last.dst.port, 53);
	assert_int_equal(last.ifindex, 3);
	assert_int_equal(last.ip_version, 4);
	assert_int_not_equal(last.connection_id, 0);
	assert_int_equal(events(*state), 1);
	r.dir = 1;
	collector_record(*state, &r, HEAD + 31);
	collector_batch_end(*state);
	assert_int_equal(last.is_reply, REPLY_YES);
	assert_int_equal(last.src.port, 53);
}

static void no_counters(void **state)
{
	static const struct flow_counters none;
	struct rec_flow f = {.head = {.kind = REC_FLOW, .why = WHY_FIRST, .size = sizeof(f)}};
	struct rec_dns r = query(5);
	uint64_t id;

	f.key = r.key;
	f.conn.first_ns[0] = r.first_ns;
	f.conn.dir[0].packets = 9;
	f.conn.dir[0].bytes = 900;
	collector_record(*state, &f, sizeof(f));
	collector_record(*state, &r, HEAD + 5);
	collector_batch_end(*state);
	assert_string_equal(order, "fm");
	assert_memory_equal(&last.forward, &none, sizeof(none));
	assert_memory_equal(&last.reply, &none, sizeof(none));
	id = last.connection_id;
	collector_record(*state, &r, HEAD + 5);
	collector_batch_end(*state);
	assert_int_equal(last.connection_id, id);
}

static void in_order(void **state)
{
	struct rec_flow f = {.head = {.kind = REC_FLOW, .why = WHY_FLAGS, .size = sizeof(f)}};
	struct rec_cgroup g = {
		.head = {.kind = REC_CGROUP, .size = sizeof(g)}, .id = 12, .path = "/kubepods"};
	struct rec_dns r = query(3);

	f.key = r.key;
	for (int i = 0; i < 3; i++) { /* sizes that are no multiples of a word */
		r.whole = r.bytes = 3 + i;
		collector_record(*state, &r, HEAD + 3 + i);
		collector_record(*state, &f, sizeof(f));
	}
	collector_record(*state, &g, sizeof(g));
	assert_string_equal(order, "c"); /* at once */
	assert_int_equal(cgroup, 12);
	assert_string_equal(path, "/kubepods");
	collector_batch_end(*state);
	assert_string_equal(order, "cmfmfmf");
	assert_int_equal(payload.size, 5);
}

/* More than a batch can hold is delivered in parts, none is lost. */
static void many(void **state)
{
	struct rec_dns r = query(DNS_BYTES - 1);

	for (int i = 0; i < 150; i++)
		collector_record(*state, &r, HEAD + DNS_BYTES - 1);
	collector_batch_end(*state);
	assert_int_equal(strlen(order), 150);
	assert_memory_equal(bytes, r.data, DNS_BYTES - 1);
}

static void cut(void **state)
{
	struct rec_dns r = query(16);

	r.whole = 17;
	collector_record(*state, &r, HEAD + 16);
	collector_batch_end(*state);
	assert_true(payload.cut);
	r.whole = 16;
	r.flags = DNS_FRAGMENT;
	collector_record(*state, &r, HEAD + 16);
	collector_batch_end(*state);
	assert_true(payload.cut);
	assert_int_equal(events(*state), 2);
}

static void broken(void **state)
{
	struct rec_cgroup g = {.head = {.kind = REC_CGROUP, .size = sizeof(g)}};
	struct rec_dns r = query(100);
	uint8_t *exact;

	for (size_t n = 0; n < HEAD + 100; n++) { /* on the heap, for a sanitizer's sake */
		exact = malloc(n ? n : 1);
		memcpy(exact, &r, n);
		collector_record(*state, exact, n);
		free(exact);
	}
	collector_batch_end(*state);
	assert_string_equal(order, "");
	assert_int_equal(refused(*state), HEAD + 100);
	r.bytes = 65535; /* more than any record has */
	collector_record(*state, &r, 70000);
	collector_record(*state, &r, sizeof(r));
	collector_record(*state, &g, sizeof(g) - 1);
	memset(g.path, 'x', sizeof(g.path)); /* no end */
	collector_record(*state, &g, sizeof(g));
	collector_batch_end(*state);
	assert_string_equal(order, "");
	assert_int_equal(events(*state), 0);
}

static void read_elsewhere(void **state)
{
	struct rec_dns r = read_in(OTHER_NETNS, "127.0.0.11", "127.0.0.1");

	collector_record(*state, &r, HEAD + 20);
	collector_batch_end(*state);
	assert_string_equal(order, "m");
	assert_true(payload.at_read);
	assert_int_equal(last.is_reply, REPLY_YES);
	assert_int_equal(last.direction, DIRECTION_EGRESS);
	assert_int_equal(last.trace_point, TO_ENDPOINT);
	assert_null(last.src.process);
	assert_non_null(last.dst.process);
	assert_int_equal(last.dst.process->pid, 4000000);
	assert_int_equal(last.dst.process->cgroup_id, 77);
	assert_int_equal(last.dst.process->netns, OTHER_NETNS);
	assert_string_equal(last.dst.process->comm, "resolver");
	assert_int_equal(last.dst.identity, IDENTITY_UNMANAGED);
}

/* What an interface has shown is not told again by the socket that it reaches. */
static void read_after_the_wire(void **state)
{
	struct rec_dns wire = query(20), r = read_in(OTHER_NETNS, "10.0.0.1", "10.0.0.2");

	wire.key = r.key;
	collector_record(*state, &wire, HEAD + 20);
	collector_record(*state, &r, HEAD + 20);
	collector_batch_end(*state);
	assert_string_equal(order, "m");
	assert_false(payload.at_read);
	key_of(&r.key, "10.0.0.1", 53, "10.0.0.3", 40000);
	collector_record(*state, &r, HEAD + 20);
	collector_batch_end(*state);
	assert_string_equal(order, "mm");
	assert_true(payload.at_read);
	assert_int_equal(events(*state), 2);
}

static void nobody_asked(void **state)
{
	struct rec_cgroup g = {.head = {.kind = REC_CGROUP, .size = sizeof(g)}, .path = "/a"};
	struct rec_dns r = query(20);

	collector_record(*state, &r, HEAD + 20);
	collector_record(*state, &g, sizeof(g));
	collector_batch_end(*state);
	assert_string_equal(order, "");
	assert_int_equal(events(*state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message, begin, end),
		cmocka_unit_test_setup_teardown(no_counters, begin, end),
		cmocka_unit_test_setup_teardown(in_order, begin, end),
		cmocka_unit_test_setup_teardown(many, begin, end),
		cmocka_unit_test_setup_teardown(cut, begin, end),
		cmocka_unit_test_setup_teardown(broken, begin, end),
		cmocka_unit_test_setup_teardown(read_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(read_after_the_wire, begin, end),
		cmocka_unit_test_setup_teardown(nobody_asked, begin_deaf, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
