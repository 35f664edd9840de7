// SPDX-License-Identifier: MIT
/* Cursors and times of the history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/history_kept.h"

static unsigned int drain(struct history *h, struct history_cursor *c, uint64_t *ret_lost)
{
	const struct flow *f;
	unsigned int n = 0;
	uint64_t lost;

	*ret_lost = 0;
	while ((f = history_next(h, c, &lost))) {
		assert_int_equal(f->time_ns, c->next * 10);
		*ret_lost += lost;
		n++;
	}
	return n;
}

static void append(struct history *h, uint64_t time_ns)
{
	struct flow f;

	flow_init(&f);
	f.time_ns = time_ns;
	f.src.port = time_ns / 10;
	history_append(h, &f);
}

static void test_cursor(void **state)
{
	struct history *h = filled(1 << 20, 10);
	struct history_cursor c, end;
	uint64_t lost;

	(void)state;
	history_seek_oldest(h, &c);
	history_seek_end(h, &end);
	assert_int_equal(drain(h, &c, &lost), 10);
	assert_int_equal(drain(h, &end, &lost), 0);
	append(h, 110);
	assert_int_equal(drain(h, &c, &lost), 1);
	assert_int_equal(drain(h, &end, &lost), 1);
	assert_null(history_next(h, &c, &lost));
	assert_int_equal(history_previous(h, &c)->time_ns, 110);
	assert_int_equal(history_previous(h, &c)->time_ns, 100);
	assert_int_equal(drain(h, &c, &lost), 2);
	c.next = 0;
	assert_null(history_previous(h, &c));
	c.next = 1000; /* of another history, say */
	assert_null(history_next(h, &c, &lost));
	assert_int_equal(history_previous(h, &c)->time_ns, 110);
	history_free(h);
}

static void test_seek_last(void **state)
{
	const struct history_range all = {0}, odd = {.match = odd_port},
				   middle = {.since_ns = 30, .until_ns = 70};
	struct history *h = filled(1 << 20, 10);
	struct history_cursor c;

	(void)state;
	history_seek_last(h, &all, 3, &c);
	assert_int_equal(c.next, 7);
	history_seek_last(h, &all, 0, &c);
	assert_int_equal(c.next, 0);
	history_seek_last(h, &all, 100, &c);
	assert_int_equal(c.next, 0);
	history_seek_last(h, &odd, 2, &c); /* numbers 6 and 8 have the ports 7 and 9 */
	assert_int_equal(c.next, 6);
	history_seek_last(h, &middle, 2, &c);
	assert_int_equal(c.next, 5);
	history_seek_last(h, &middle, 0, &c);
	assert_int_equal(c.next, 2);
	history_free(h);
}

/* A reader that sleeps is told how much has gone before it came. */
static void test_cursor_lost(void **state)
{
	struct history *h = filled(65536, 5);
	struct history_cursor slow, quick;
	struct history_stats st;
	uint64_t lost;

	(void)state;
	history_seek_oldest(h, &slow);
	history_seek_oldest(h, &quick);
	for (unsigned int i = 6; i <= 5000; i++) {
		append(h, i * 10);
		if (i % 20 == 0) {
			drain(h, &quick, &lost);
			assert_int_equal(lost, 0);
		}
	}
	history_stats(h, &st);
	assert_int_equal(drain(h, &slow, &lost), st.flows);
	assert_int_equal(lost, st.evicted);
	assert_int_equal(lost + st.flows, 5000);
	history_seek_oldest(h, &slow);
	assert_int_equal(slow.next, st.evicted);
	history_free(h);
}

/* The span held is that of all flows that are held, in whatever order they came. */
static void test_times(void **state)
{
	uint64_t times[4000], oldest, newest;
	struct history_stats st;
	struct history *h;

	(void)state;
	assert_int_equal(history_new(150000, &h), 0);
	srand(3);
	for (unsigned int i = 0; i < 4000; i++) {
		times[i] = i * 10 + 1 + rand() % 5000;
		append(h, times[i]);
		if (i % 37)
			continue;
		history_stats(h, &st);
		oldest = UINT64_MAX;
		newest = 0;
		for (unsigned int k = i + 1 - st.flows; k <= i; k++) {
			oldest = times[k] < oldest ? times[k] : oldest;
			newest = times[k] > newest ? times[k] : newest;
		}
		assert_int_equal(st.oldest_ns, oldest);
		assert_int_equal(st.newest_ns, newest);
	}
	assert_true(st.flows > 100 && st.flows < 2000);
	history_free(h);
}

/* The machine's clock is set back: what came last is what came last, and nothing is lost. */
static void test_clock_back(void **state)
{
	const struct history_range all = {0}, since = {.since_ns = 990};
	struct history *h = filled(1 << 20, 100); /* to 1000 */
	struct history_cursor last, follower;
	uint64_t lost;

	(void)state;
	history_seek_end(h, &follower);
	for (uint64_t t = 210; t <= 250; t += 10)
		append(h, t);
	history_seek_last(h, &all, 5, &last);
	assert_int_equal(history_next(h, &last, &lost)->time_ns, 210);
	assert_int_equal(lost, 0);
	for (uint64_t t = 210; t <= 250; t += 10) {
		assert_int_equal(history_next(h, &follower, &lost)->time_ns, t);
		assert_int_equal(lost, 0);
	}
	assert_null(history_next(h, &follower, &lost));
	assert_int_equal(walk(h, since).n, 2);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor),	    cmocka_unit_test(test_seek_last),
		cmocka_unit_test(test_cursor_lost), cmocka_unit_test(test_times),
		cmocka_unit_test(test_clock_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
