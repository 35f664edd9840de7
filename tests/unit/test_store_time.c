// SPDX-License-Identifier: MIT
/* The store of the screen: pause, steps, jumps, and playing back. */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/store_models.h"
#include "tui/clock.h"

static void test_pause(void **state)
{
	struct store *s = filled(false, 10);
	struct store_stats stats;
	struct notes a;

	(void)state;
	attach(s, &a, false);
	work(s);
	store_pause(s);
	add(s, 10, 7);
	work(s);
	assert_last(&a, 10, 9);
	store_stats(s, &stats);
	assert_int_equal(stats.later, 7);
	store_live(s);
	work(s);
	assert_last(&a, 17, 16); /* nothing was lost meanwhile */
	assert_int_equal(a.resets, 0);
	store_free(s);
}

/* Paused so long that what is shown is evicted: it moves on to what is held. */
static void test_pause_too_long(void **state)
{
	struct store *s;
	struct notes a;

	(void)state;
	assert_int_equal(store_new(200000, false, &s), 0);
	attach(s, &a, false);
	add(s, 0, 20);
	work(s);
	store_jump(s, BEGIN + 10 * SECOND);
	work(s);
	assert_int_equal(store_now_ns(s), BEGIN + 10 * SECOND);
	add(s, 20, 2000);
	work(s);
	assert_int_equal(store_shown_end(s), store_first(s));
	assert_int_equal(store_now_ns(s), BEGIN + store_first(s) * SECOND);
	store_play(s, 0.001); /* and while it is played */
	work(s);
	add(s, 2020, 2000);
	work(s);
	assert_int_equal(store_shown_end(s), store_first(s) + 1);
	assert_in_range(store_now_ns(s), BEGIN + store_first(s) * SECOND,
			BEGIN + (store_first(s) + 1) * SECOND);
	store_free(s);
}

static void test_jump(void **state)
{
	struct store *s = filled(true, 100);
	struct notes a, b;

	(void)state;
	attach(s, &a, false);
	attach(s, &b, true);
	work(s);
	assert_int_equal(store_now_ns(s), BEGIN + 99 * SECOND); /* a recording begins at its end */
	assert_int_equal(store_time(s), STORE_PAUSED);
	store_jump(s, BEGIN + 40 * SECOND + SECOND / 2);
	work(s);
	assert_last(&a, 41, 40);
	assert_last(&b, 41, 40);
	assert_int_equal(a.resets, 1);
	assert_int_equal(b.resets, 0);
	assert_int_equal(b.backs, 1);
	store_jump(s, BEGIN + 60 * SECOND); /* on: nobody begins again */
	work(s);
	assert_last(&a, 61, 60);
	assert_int_equal(a.resets, 1);
	store_jump(s, 1);
	assert_int_equal(store_now_ns(s), BEGIN);
	work(s);
	assert_last(&a, 1, 0);
	store_jump(s, UINT64_MAX);
	assert_int_equal(store_now_ns(s), BEGIN + 99 * SECOND);
	work(s);
	assert_last(&a, 100, 99);
	assert_last(&b, 100, 99);
	store_free(s);
}

static void test_step(void **state)
{
	struct store *s = filled(true, 100);
	struct notes a;

	(void)state;
	attach(s, &a, true);
	store_set_filter(s, only_odd());
	work(s);
	assert_last(&a, 50, 99);
	store_step(s, -1);
	work(s);
	assert_last(&a, 49, 97);
	assert_int_equal(store_now_ns(s), BEGIN + 97 * SECOND);
	store_step(s, -10);
	work(s);
	assert_last(&a, 39, 77);
	store_step(s, 3);
	work(s);
	assert_last(&a, 42, 83);
	store_step(s, 1);
	store_step(s, -1);
	work(s);
	assert_last(&a, 42, 83); /* on and back is where it was */
	store_step(s, -1000);
	work(s);
	assert_last(&a, 1, 1); /* the first stays */
	store_step(s, 1000);
	work(s);
	assert_last(&a, 50, 99);
	store_free(s);
}

/* Many flows of one instant are steps of their own. */
static void test_step_of_one_instant(void **state)
{
	struct store *s;
	struct notes a;
	struct flow f;

	(void)state;
	assert_int_equal(store_new(1u << 20, true, &s), 0);
	attach(s, &a, false);
	flow_init(&f);
	f.time_ns = BEGIN;
	for (int i = 0; i < 10; i++)
		store_add(s, &f);
	work(s);
	store_step(s, -3);
	work(s);
	assert_last(&a, 7, 6);
	store_step(s, 1);
	work(s);
	assert_last(&a, 8, 7);
	store_free(s);
}

static void play_until(struct store *s, bool (*done)(struct store *s))
{
	struct timespec begin, now;
	bool changed;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		store_work(s, SECOND / 100, &changed);
		clock_gettime(CLOCK_MONOTONIC, &now);
		assert_true(now.tv_sec - begin.tv_sec < 10);
	} while (!done(s));
}

static bool stands(struct store *s)
{
	return store_time(s) == STORE_PAUSED;
}

static bool is_live(struct store *s)
{
	return store_time(s) == STORE_LIVE;
}

static void test_play(void **state)
{
	struct store *s = filled(true, 100);
	struct notes a;

	(void)state;
	attach(s, &a, true);
	work(s);
	store_jump(s, BEGIN + 10 * SECOND);
	work(s);
	store_play(s, 0.001);
	work(s);
	assert_last(&a, 11, 10); /* a second takes long */
	store_pause(s);
	assert_in_range(store_now_ns(s), BEGIN + 10 * SECOND, BEGIN + 11 * SECOND);
	store_play(s, 1000);
	play_until(s, stands);
	assert_last(&a, 100, 99);
	assert_int_equal(store_now_ns(s), BEGIN + 99 * SECOND);
	/* a filter that changes while it is played begins anew, up to the time shown */
	store_jump(s, BEGIN + 50 * SECOND);
	store_play(s, 0.001);
	work(s);
	store_set_filter(s, only_odd());
	work(s);
	assert_last(&a, 25, 49);
	store_pause(s);
	work(s);
	assert_last(&a, 25, 49);
	store_free(s);
}

static void add_at(struct store *s, uint64_t time_ns)
{
	struct flow f;

	flow_init(&f);
	f.time_ns = time_ns;
	store_add(s, &f);
}

static bool eleven(struct store *s)
{
	return store_shown_end(s) >= 11;
}

/* An hour without a flow is passed over, and told. */
static void test_play_gap(void **state)
{
	struct store *s = filled(true, 10);
	struct notes a;

	(void)state;
	attach(s, &a, true);
	for (int i = 0; i < 10; i++)
		add_at(s, BEGIN + (3609 + i) * SECOND);
	store_jump(s, BEGIN + 9 * SECOND);
	work(s);
	store_play(s, 1);
	assert_int_equal(store_skipped_ns(s), 0);
	work(s);
	assert_last(&a, 10, 9);
	assert_in_range(store_now_ns(s), BEGIN + 3608 * SECOND, BEGIN + 3609 * SECOND);
	assert_in_range(store_skipped_ns(s), 3599 * SECOND, 3600 * SECOND);
	play_until(s, eleven); /* half a second later */
	assert_last(&a, 11, 10);
	work(s); /* a second is no gap */
	assert_last(&a, 11, 10);
	assert_true(store_now_ns(s) < BEGIN + 3610 * SECOND);
	store_pause(s);
	assert_int_equal(store_skipped_ns(s), 0);
	/* what lasts less than ten seconds of watching is no gap */
	store_jump(s, BEGIN + 9 * SECOND);
	work(s);
	store_play(s, 1000);
	work(s);
	assert_int_equal(store_skipped_ns(s), 0);
	assert_true(store_now_ns(s) < BEGIN + 3000 * SECOND);
	store_free(s);
}

/* One flow with a wrong time holds nobody up, and the time shown does not follow it. */
static void test_play_strays(void **state)
{
	static const uint64_t strays[] = {BEGIN + 1000000 * SECOND, UINT64_MAX, 1,
					  BEGIN - 5000 * SECOND};
	struct notes a;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct store *s = filled(true, 5);

		attach(s, &a, true);
		add_at(s, strays[i]);
		add_at(s, strays[i]);
		add(s, 7, 3);
		store_jump(s, BEGIN);
		work(s);
		store_play(s, 100);
		play_until(s, stands);
		assert_last(&a, 10, 9);
		store_free(s);

		s = filled(true, 5);
		attach(s, &a, true);
		add_at(s, strays[i]);
		add(s, 6, 10);
		work(s);
		store_step(s, -11);
		work(s);
		assert_last(&a, 5, 4);
		store_play(s, 0.001);
		work(s);
		assert_last(&a, 6, 5);
		assert_in_range(store_now_ns(s), BEGIN + 4 * SECOND, BEGIN + 5 * SECOND);
		assert_int_equal(store_skipped_ns(s), 0);
		/* what was shown before its time is so after a change of the filter, too */
		store_set_filter(s, NULL);
		work(s);
		assert_last(&a, 6, 5);
		store_free(s);
	}
}

/* The last flow's time is wrong: what was played ends there at once. */
static void test_play_last_stray(void **state)
{
	struct store *s = filled(true, 5);
	struct notes a;

	(void)state;
	attach(s, &a, true);
	add_at(s, UINT64_MAX);
	store_jump(s, BEGIN + 4 * SECOND);
	store_step(s, -1);
	work(s);
	store_play(s, 8);
	play_until(s, stands);
	assert_last(&a, 6, 5);
	store_free(s);
}

static void test_play_to_live(void **state)
{
	struct store *s = filled(false, 100);
	struct notes a;

	(void)state;
	attach(s, &a, true);
	work(s);
	store_play(s, 8); /* live: there is nothing to play */
	assert_int_equal(store_time(s), STORE_LIVE);
	store_jump(s, BEGIN + 10 * SECOND);
	store_play(s, 2000);
	play_until(s, is_live);
	assert_last(&a, 100, 99);
	add(s, 100, 1);
	work(s);
	assert_last(&a, 101, 100);
	store_free(s);
}

/* Against a plain list: random steps, jumps, filters, flows that come and go. */
static void test_random(void **state)
{
	struct store *s;
	struct notes back, again;
	unsigned int seed = 7, came = 0;

	(void)state;
	assert_int_equal(store_new(150000, false, &s), 0);
	attach(s, &back, true);
	attach(s, &again, false);
	for (int i = 0; i < 4000; i++) {
		bool changed;

		switch (rand_r(&seed) % 8) {
		case 0:
			add(s, came, 20);
			came += 20;
			break;
		case 1:
			store_jump(s, BEGIN + rand_r(&seed) % (came + 1) * SECOND);
			break;
		case 2:
			store_step(s, (int)(rand_r(&seed) % 11) - 5);
			break;
		case 3:
			store_live(s);
			break;
		case 4:
			store_set_filter(s, rand_r(&seed) % 2 ? only_odd() : NULL);
			break;
		case 5:
			store_pause(s);
			break;
		case 6:
			store_work(s, 1, &changed);
			break;
		default:
			store_play(s, 0.01);
		}
		if (rand_r(&seed) % 3)
			continue;
		store_pause(s);
		while (back.n && back.numbers[0] < store_first(s)) /* what summed it up keeps it */
			memmove(back.numbers, back.numbers + 1, --back.n * sizeof(*back.numbers));
		work(s);
		while (again.n && again.numbers[0] < store_first(s))
			memmove(again.numbers, again.numbers + 1,
				--again.n * sizeof(*again.numbers));
		while (back.n && back.numbers[0] < store_first(s))
			memmove(back.numbers, back.numbers + 1, --back.n * sizeof(*back.numbers));
		assert_int_equal(back.n, again.n);
		assert_memory_equal(back.numbers, again.numbers, back.n * sizeof(*back.numbers));
		for (uint64_t n = store_first(s), at = 0; n < store_shown_end(s); n++)
			if (store_pass(s, store_get(s, n)))
				assert_int_equal(back.numbers[at++], n);
	}
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_pause_too_long),
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_step_of_one_instant),
		cmocka_unit_test(test_play),
		cmocka_unit_test(test_play_gap),
		cmocka_unit_test(test_play_strays),
		cmocka_unit_test(test_play_last_stray),
		cmocka_unit_test(test_play_to_live),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
