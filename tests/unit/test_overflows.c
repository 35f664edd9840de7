// SPDX-License-Identifier: MIT
/* Listeners' own drop counters, and what their namespaces' queues lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flows/capture/overflows.h"

struct world {
	struct overflows *o;
	bool readable;
	uint64_t count; /* of each namespace */
	char told[512]; /* "COOKIE:NEW/ALL " each */
};

static bool count(void *arg, uint32_t netns, uint64_t *ret)
{
	struct world *w = arg;

	(void)netns;
	*ret = w->count;
	return w->readable;
}

static void tell(void *arg, const struct rec_socket *rec)
{
	struct world *w = arg;
	size_t n = strlen(w->told);

	snprintf(w->told + n, sizeof(w->told) - n, "%u:%u/%u ", (unsigned int)rec->cookie,
		 rec->new_drops, rec->drops);
}

static int setup(void **state)
{
	static struct world world;

	world = (struct world){.readable = true, .count = 1000};
	assert_int_equal(overflows_new(count, &world, &world.o), 0);
	overflows_listener(world.o, 7);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	overflows_free(w->o);
	return 0;
}

/* The listener dropped up to `drops`, the last of them since the look before. */
static void grew(struct world *w, uint64_t cookie, uint32_t drops, uint32_t of_them_new,
		 uint8_t full)
{
	struct rec_socket rec = {.netns = 7,
				 .cookie = cookie,
				 .drops = drops,
				 .new_drops = of_them_new,
				 .full = full};

	overflows_grew(w->o, &rec);
}

static const char *look(struct world *w)
{
	w->told[0] = '\0';
	overflows_share(w->o, tell, w);
	return w->told;
}

static void test_no_queue_was_full(void **state)
{
	struct world *w = *state;

	assert_string_equal(look(w), "");
	grew(w, 1, 8, 8, 0);
	assert_string_equal(look(w), "");
	grew(w, 1, 9, 1, 0);
	w->count += 1;
	assert_string_equal(look(w), "1:1/1 ");
}

/* An ACK that finds the queue full counts twice with the listener. */
static void test_as_the_namespace_counts(void **state)
{
	struct world *w = *state;

	grew(w, 1, 20, 20, LISTEN_FULL);
	w->count += 10;
	assert_string_equal(look(w), "1:10/10 ");
	grew(w, 1, 25, 5, LISTEN_FULL);
	w->count += 5;
	assert_string_equal(look(w), "1:5/15 ");
}

static void test_several_share(void **state)
{
	struct world *w = *state;

	grew(w, 1, 3, 3, 0); /* its clients ask again */
	grew(w, 2, 10, 10, 0); /* was full for a moment */
	grew(w, 3, 5, 5, LISTEN_FULL);
	w->count += 15;
	assert_string_equal(look(w), "3:5/5 2:10/10 ");
}

/* What comes between the look at the listeners and that at the namespace has its turn next time. */
static void test_between_two_looks(void **state)
{
	struct world *w = *state;

	grew(w, 1, 4, 4, LISTEN_FULL);
	w->count += 6;
	assert_string_equal(look(w), "1:4/4 ");
	grew(w, 1, 6, 2, LISTEN_FULL);
	assert_string_equal(look(w), "1:2/6 ");
	/* but what nobody claimed by then is nobody's */
	grew(w, 1, 7, 1, LISTEN_FULL);
	w->count += 4;
	assert_string_equal(look(w), "1:1/7 ");
	grew(w, 2, 0, 0, 0);
	assert_string_equal(look(w), "");
	grew(w, 1, 9, 2, 0);
	assert_string_equal(look(w), "");
}

/* Who lives there has ended: the queue as it is seen now decides. */
static void test_unreadable(void **state)
{
	struct world *w = *state;

	w->readable = false;
	grew(w, 1, 4, 4, 0);
	grew(w, 2, 4, 4, LISTEN_FULL);
	assert_string_equal(look(w), "2:4/4 ");
	w->readable = true;
	w->count += 100; /* of that time: not of what comes */
	grew(w, 1, 5, 1, 0);
	assert_string_equal(look(w), "");
	grew(w, 1, 9, 4, 0);
	w->count += 3;
	assert_string_equal(look(w), "1:3/3 ");
}

/* Another namespace has the number, another socket the place in memory. */
static void test_numbers_given_out_again(void **state)
{
	struct world *w = *state;

	grew(w, 1, 4, 4, LISTEN_FULL);
	w->count += 4;
	assert_string_equal(look(w), "1:4/4 ");
	w->count = 2;
	grew(w, 1, 2, 2, 0);
	assert_string_equal(look(w), "");
	w->count = 5;
	grew(w, 1, 5, 3, 0);
	assert_string_equal(look(w), "1:3/3 ");
}

/* Without SYN cookies the kernel drops before the queue is full, and counts that nowhere else. */
static void test_nearly_full(void **state)
{
	struct world *w = *state;

	grew(w, 1, 9, 9, LISTEN_NEARLY_FULL);
	assert_string_equal(look(w), "1:9/9 ");
}

static void test_flooded(void **state)
{
	struct world *w = *state;
	struct rec_socket rec = {.netns = 7, .cookie = 1, .synflood = 1};

	overflows_grew(w->o, &rec);
	assert_string_equal(look(w), "1:0/0 ");
	rec.drops = rec.new_drops = 2;
	overflows_grew(w->o, &rec);
	assert_string_equal(look(w), "");
}

static void test_many(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 0; i < 100000; i++)
		grew(w, i, 1, 1, 0);
	w->count += 2;
	assert_string_equal(look(w), "0:1/1 1:1/1 ");
	for (uint32_t i = 0; i < 5000; i++)
		overflows_listener(w->o, i);
	w->count += 1;
	grew(w, 5, 1, 1, 0);
	assert_string_equal(look(w), "");
}

static bool parsed(const char *text, uint64_t *ret)
{
	return overflows_parse_netstat(text, strlen(text), ret);
}

static void test_netstat(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(parsed("TcpExt: A ListenOverflows ListenDrops TCPReqQFullDrop B\n"
			   "TcpExt: 1 20 300 4000 50000\nIpExt: ListenOverflows\nIpExt: 7\n",
			   &n));
	assert_int_equal(n, 4020);
	assert_true(parsed("TcpExt: ListenOverflows\nTcpExt: 18446744073709551615", &n));
	assert_true(n == UINT64_MAX);
	assert_false(parsed("", &n));
	assert_false(parsed("TcpExt: ListenOverflows", &n));
	assert_false(parsed("TcpExt: ListenOverflows\n", &n));
	assert_false(parsed("TcpExt: A ListenOverflows\nTcpExt: 1\n", &n));
	assert_false(parsed("TcpExt: A\nTcpExt: 1\n", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_queue_was_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_as_the_namespace_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_share, setup, teardown),
		cmocka_unit_test_setup_teardown(test_between_two_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers_given_out_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nearly_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flooded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test(test_netstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
