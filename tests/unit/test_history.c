// SPDX-License-Identifier: MIT
/* What the history keeps of a flow, and what it lets go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/history_kept.h"

static void test_ranges(void **state)
{
	struct history *h = filled(1 << 20, 10);
	struct seen s;

	(void)state;
	s = walk(h, (struct history_range){0});
	assert_int_equal(s.n, 10);
	assert_int_equal(s.times[0], 10);
	assert_int_equal(s.times[9], 100);
	s = walk(h, (struct history_range){.last = 3});
	assert_int_equal(s.n, 3);
	assert_int_equal(s.times[0], 80);
	s = walk(h, (struct history_range){.last = 30});
	assert_int_equal(s.n, 10);
	s = walk(h, (struct history_range){.first = 2});
	assert_int_equal(s.n, 2);
	assert_int_equal(s.times[1], 20);
	s = walk(h, (struct history_range){.since_ns = 30, .until_ns = 50});
	assert_int_equal(s.n, 3);
	assert_int_equal(s.times[0], 30);
	assert_int_equal(s.times[2], 50);
	s = walk(h, (struct history_range){.last = 2, .match = odd_port});
	assert_int_equal(s.n, 2);
	assert_int_equal(s.times[0], 70);
	assert_int_equal(s.times[1], 90);
	history_free(h);
}

static void test_walk_stops(void **state)
{
	struct history *h = filled(1 << 20, 10);
	struct seen s = {.stop_after = 4};

	(void)state;
	assert_int_equal(history_each(h, &(struct history_range){0}, note, &s), 7);
	assert_int_equal(s.n, 4);
	history_free(h);
}

static void test_eviction(void **state)
{
	struct history *h = filled(16384, 1000);
	struct history_stats st;
	struct seen s;

	(void)state;
	history_stats(h, &st);
	assert_int_equal(st.seen, 1000);
	assert_int_equal(st.flows + st.evicted, 1000);
	assert_true(st.flows > 10);
	assert_true(st.flows < 64);
	assert_true(st.bytes <= 16384);
	assert_int_equal(st.newest_ns, 10000);
	assert_int_equal(st.oldest_ns, 10000 - 10 * (st.flows - 1));
	s = walk(h, (struct history_range){0});
	assert_int_equal(s.n, st.flows);
	for (unsigned int i = 0; i < s.n; i++)
		assert_int_equal(s.times[i], st.oldest_ns + 10 * i);
	history_free(h);
}

static void test_too_small(void **state)
{
	struct history *h = filled(10, 5);
	struct history_stats st;

	(void)state;
	history_stats(h, &st);
	assert_int_equal(st.flows, 0);
	assert_int_equal(st.evicted, 5);
	assert_int_equal(st.bytes, 0);
	history_free(h);
	history_free(NULL);
}

static int same_flow(void *arg, const struct flow *f)
{
	assert_memory_equal(f, arg, sizeof(*f));
	return 0;
}

/* Whatever part of a flow is set comes back. */
static void test_whole_flow(void **state)
{
	struct history *h;
	struct flow f;

	(void)state;
	for (int what = 0; what < 5; what++) {
		flow_init(&f);
		memset(f.ifaces, 'x', sizeof(f.ifaces));
		f.has_nat = what >= 1;
		f.nat_xlated.dport = what >= 1 ? 80 : 0;
		f.tunnel.type = what >= 2;
		f.tunnel.outer.dport = what >= 2 ? 4789 : 0;
		f.event = what >= 3 ? FLOW_ICMP_ERROR : FLOW_END;
		f.icmp_info = what >= 3 ? 1400 : 0;
		if (what == 4)
			f.event = FLOW_DROP;
		assert_int_equal(history_new(4096, &h), 0);
		history_append(h, &f);
		assert_int_equal(history_each(h, &(struct history_range){0}, same_flow, &f), 0);
		history_free(h);
	}
}

static struct process *process_new(uint32_t pid)
{
	struct process *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->refs = 1;
	p->pid = pid;
	p->exe = strdup("/usr/bin/something/long/enough/to/count");
	p->command = strdup("");
	return p;
}

/* A process each: what they take is bounded with the rest, and all are let go. */
static void test_processes(void **state)
{
	struct process *all[500];
	struct history_stats st;
	struct history *h;
	struct flow f;
	uint64_t held = 0;

	(void)state;
	assert_int_equal(history_new(65536, &h), 0);
	for (int i = 0; i < 500; i++) {
		all[i] = process_new(i);
		flow_init(&f);
		f.time_ns = i + 1;
		f.src.process = all[i];
		f.dst.process = i ? all[i - 1] : NULL;
		history_append(h, &f);
	}
	history_stats(h, &st);
	assert_true(st.bytes <= 65536);
	assert_true(st.flows > 20);
	for (int i = 0; i < 500; i++)
		held += all[i]->refs - 1;
	assert_int_equal(held, 2 * st.flows);
	history_free(h);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(all[i]->refs, 1);
		process_put(all[i]);
	}
}

/* Processes come, are shared at random and go: afterwards nothing is charged for them. */
static void test_process_table(void **state)
{
	struct history *h, *plain = filled(262144, 2000);
	struct history_stats with, without;
	struct process *all[300];
	struct flow f;

	(void)state;
	assert_int_equal(history_new(262144, &h), 0);
	for (int i = 0; i < 300; i++)
		all[i] = process_new(i);
	srand(2);
	for (int i = 0; i < 20000; i++) {
		flow_init(&f);
		f.src.process = all[rand() % 300];
		f.dst.process = all[rand() % 300];
		history_append(h, &f);
	}
	flow_init(&f);
	for (int i = 0; i < 2000; i++)
		history_append(h, &f);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(all[i]->refs, 1);
		process_put(all[i]);
	}
	history_stats(h, &with);
	history_stats(plain, &without);
	/* what remains is the table, 16 bytes a slot */
	assert_in_range(without.flows - with.flows, 0, 64);
	assert_in_range(with.bytes, 262144 - 1024, 262144);
	history_free(plain);
	history_free(h);
}

#define PASSING 20000

/* Ever other processes, shared at random: room for as many flows at the end as at the beginning. */
static void test_passing_processes(void **state)
{
	static struct process *all[PASSING];
	struct history_stats early, late;
	struct history *h;
	struct flow f;

	(void)state;
	for (int i = 0; i < PASSING; i++)
		all[i] = process_new(i);
	assert_int_equal(history_new(262144, &h), 0);
	srand(3);
	for (int i = 0; i < 3 * PASSING; i++) {
		flow_init(&f);
		f.src.process = all[i % PASSING];
		f.dst.process = all[(i + rand() % 200) % PASSING];
		history_append(h, &f);
		if (i == 2000)
			history_stats(h, &early);
	}
	history_stats(h, &late);
	assert_in_range(late.flows, early.flows * 9 / 10, early.flows * 11 / 10);
	history_free(h);
	for (int i = 0; i < PASSING; i++)
		process_put(all[i]);
}

/* One process behind every flow is charged for once. */
static void test_shared_process(void **state)
{
	struct history *plain = filled(1 << 20, 100), *h;
	struct process *p = process_new(1);
	struct history_stats a, b;
	struct flow f;

	(void)state;
	assert_int_equal(history_new(1 << 20, &h), 0);
	flow_init(&f);
	f.src.process = f.dst.process = p;
	for (int i = 0; i < 100; i++)
		history_append(h, &f);
	history_stats(plain, &a);
	history_stats(h, &b);
	assert_int_equal(b.flows, 100);
	assert_in_range(b.bytes - a.bytes, sizeof(*p), 4096);
	history_free(plain);
	history_free(h);
	assert_int_equal(p->refs, 1);
	process_put(p);
}

/* Names are held with their flow, charged for once, and let go with it. */
static void test_names(void **state)
{
	const struct endpoint like = {.namespace_name = "shop", .name = "cart-1"};
	const char *const names[] = {"example.com"};
	const struct l7 dns = {.type = L7_REQUEST, .dns = {.query = "example.com."}};
	const struct place where = {.country = "DE"};
	struct history *plain = filled(1 << 20, 100), *h;
	struct history_stats a, b;
	struct flow f;
	size_t bytes;

	(void)state;
	assert_int_equal(history_new(1 << 20, &h), 0);
	flow_init(&f);
	f.event = FLOW_L7;
	f.src.endpoint = endpoint_new(&like);
	f.dst.service = service_new("shop", "cart");
	f.dst.dns = name_list_new(names, 1);
	f.dst.reverse = name_list_get(f.dst.dns);
	f.dst.place = place_new(&where);
	f.l7 = l7_new(&dns);
	bytes = f.src.endpoint->bytes + f.dst.service->bytes + f.dst.dns->bytes +
		f.dst.place->bytes + f.l7->bytes;
	assert_true(bytes > sizeof(struct endpoint) + sizeof(struct l7));
	for (int i = 0; i < 100; i++)
		history_append(h, &f);
	assert_int_equal(f.src.endpoint->refs, 101);
	assert_int_equal(f.dst.dns->refs, 202);
	history_stats(plain, &a);
	history_stats(h, &b);
	assert_int_equal(b.flows, 100);
	assert_in_range(b.bytes - a.bytes, bytes, bytes + 2048);
	history_free(h);
	history_free(plain);
	assert_int_equal(f.src.endpoint->refs, 1);
	assert_int_equal(f.dst.service->refs, 1);
	assert_int_equal(f.dst.dns->refs, 2);
	assert_int_equal(f.dst.place->refs, 1);
	assert_int_equal(f.l7->refs, 1);
	flow_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),	       cmocka_unit_test(test_walk_stops),
		cmocka_unit_test(test_eviction),       cmocka_unit_test(test_too_small),
		cmocka_unit_test(test_whole_flow),     cmocka_unit_test(test_processes),
		cmocka_unit_test(test_process_table),  cmocka_unit_test(test_passing_processes),
		cmocka_unit_test(test_shared_process), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
