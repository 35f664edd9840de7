// SPDX-License-Identifier: MIT
/* The store of the screen: what models are given, and the time that is shown. Its rows, its clock's words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/clock.h"
#include "tui/flow_rows.h"
#include "tui/sorted.h"
#include "tui/store.h"
#include "tui/text_labels.h"

#define SECOND 1000000000ull
#define BEGIN (1700000000ull * SECOND)
#define LONG (10 * SECOND)

/* A model that writes down what it has. */
struct notes {
	uint64_t numbers[4096];
	size_t n;
	unsigned int resets, backs;
	uint64_t gone;
};

static void note_reset(void *arg)
{
	struct notes *m = arg;

	m->n = 0;
	m->resets++;
}

static void note_flow(void *arg, const struct flow *f, uint64_t number)
{
	struct notes *m = arg;

	(void)f;
	assert_in_range(m->n, 0, 4095);
	m->numbers[m->n++] = number;
}

static void note_gone(void *arg, uint64_t first)
{
	struct notes *m = arg;

	m->gone = first;
}

static void note_back(void *arg, uint64_t end)
{
	struct notes *m = arg;

	while (m->n && m->numbers[m->n - 1] >= end)
		m->n--;
	m->backs++;
}

static void attach(struct store *s, struct notes *m, bool goes_back)
{
	const struct store_model model = {
		.arg = m,
		.reset = note_reset,
		.flow = note_flow,
		.gone = note_gone,
		.back = goes_back ? note_back : NULL,
	};

	*m = (struct notes){0};
	assert_int_equal(store_attach(s, &model), 0);
}

/* Flow i comes at second i; odd ones go to port 1, even ones to port 2. */
static void add(struct store *s, unsigned int from, unsigned int n)
{
	struct flow f;

	flow_init(&f);
	f.verdict = VERDICT_FORWARDED;
	f.protocol = 6;
	f.ip_version = 4;
	for (unsigned int i = from; i < from + n; i++) {
		f.time_ns = BEGIN + i * SECOND;
		f.dst.port = i % 2 ? 1 : 2;
		f.connection_id = i;
		f.forward.bytes = (i * 7919ull) % 1000;
		store_add(s, &f);
	}
}

static struct store *filled(bool recording, unsigned int n)
{
	struct store *s;

	assert_int_equal(store_new(64u << 20, recording, &s), 0);
	add(s, 0, n);
	return s;
}

static bool work(struct store *s)
{
	bool changed, any = false;

	while (store_work(s, LONG, &changed))
		any |= changed;
	return any | changed;
}

static struct ui_filter *only_odd(void)
{
	struct ui_filter *f = calloc(1, sizeof(*f));
	char err[256];

	assert_non_null(f);
	assert_int_equal(filter_add(&f->filter, false, FILTER_PORT, FILTER_DESTINATION, "1", err,
				    sizeof(err)),
			 0);
	return f;
}

static void assert_last(const struct notes *m, size_t n, uint64_t last)
{
	assert_int_equal(m->n, n);
	if (n)
		assert_int_equal(m->numbers[n - 1], last);
	for (size_t i = 1; i < n; i++)
		assert_true(m->numbers[i - 1] < m->numbers[i]);
}

/* ------------------------------------------------------------------- models */

static void test_live(void **state)
{
	struct store *s = filled(false, 10);
	struct store_stats stats;
	struct notes a, b;

	(void)state;
	attach(s, &a, false);
	assert_true(work(s));
	assert_last(&a, 10, 9);
	assert_false(work(s));
	add(s, 10, 5);
	attach(s, &b, true); /* later: it is given what is held, too, and the first nothing twice */
	assert_true(work(s));
	assert_last(&a, 15, 14);
	assert_last(&b, 15, 14);
	store_stats(s, &stats);
	assert_int_equal(stats.read, 15);
	assert_int_equal(stats.passed, 15);
	assert_int_equal(stats.behind, 0);
	assert_int_equal(store_time(s), STORE_LIVE);
	store_free(s);
}

static void test_filter(void **state)
{
	struct store *s = filled(false, 10);
	struct store_stats stats;
	struct notes a;

	(void)state;
	attach(s, &a, false);
	work(s);
	store_set_filter(s, only_odd());
	work(s);
	assert_last(&a, 5, 9);
	assert_int_equal(a.resets, 1);
	store_stats(s, &stats);
	assert_int_equal(stats.read, 10);
	assert_int_equal(stats.passed, 5);
	store_set_filter(s, NULL);
	work(s);
	assert_last(&a, 10, 9);
	store_free(s);
}

static void test_slices(void **state)
{
	struct store *s = filled(false, 4000);
	struct store_stats stats;
	struct notes a;
	bool changed;
	unsigned int slices = 0;

	(void)state;
	attach(s, &a, false);
	while (store_work(s, 1, &changed))
		slices++;
	assert_true(slices > 50); /* a budget of nothing gives a little each time */
	assert_last(&a, 4000, 3999);
	store_stats(s, &stats);
	assert_int_equal(stats.read, 4000);
	store_free(s);
}

static void test_evicted(void **state)
{
	struct store *s;
	struct store_stats stats;
	struct notes a;

	(void)state;
	assert_int_equal(store_new(200000, false, &s), 0);
	attach(s, &a, false);
	add(s, 0, 50);
	work(s);
	add(s, 50, 2000); /* more than there is room for, at once */
	work(s);
	store_stats(s, &stats);
	assert_true(store_first(s) > 50);
	assert_int_equal(a.gone, store_first(s));
	assert_int_equal(stats.unread, store_first(s) - 50);
	assert_int_equal(a.numbers[a.n - 1], 2049);
	assert_null(store_get(s, 0));
	assert_int_equal(store_get(s, 2049)->connection_id, 2049);
	assert_null(store_get(s, 2050));
	assert_true(stats.history.bytes <= 200000);
	store_free(s);
}

/* --------------------------------------------------------------------- time */

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

/* --------------------------------------------------------------------- rows */

static uint64_t by_bytes(void *arg, const struct flow *f, unsigned int *generation)
{
	(void)arg, (void)generation;
	return f->forward.bytes;
}

static void test_sorted(void **state)
{
	struct sorted *s = sorted_new();
	unsigned int seed = 3;
	size_t n = 0;
	struct sorted_item all[3000];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		if (n < 3000 && (n < 100 || rand_r(&seed) % 3)) {
			all[n] = (struct sorted_item){rand_r(&seed) % 50, (uint64_t)i};
			assert_int_equal(sorted_add(s, all[n++]), 0);
		} else {
			size_t at = rand_r(&seed) % n;

			assert_int_equal(sorted_remove(s, all[at]), 0);
			assert_int_equal(sorted_remove(s, all[at]), -ENOENT);
			all[at] = all[--n];
		}
		assert_int_equal(sorted_count(s), n);
	}
	for (size_t i = 0; i < n; i++) {
		struct sorted_item item = sorted_at(s, i), before = sorted_at(s, i ? i - 1 : 0);

		assert_int_equal(sorted_find(s, item), i);
		assert_true(!i || before.key < item.key ||
			    (before.key == item.key && before.number < item.number));
	}
	sorted_free(s);
}

static void assert_ranked(struct store *s, struct flow_rows *r, bool descending)
{
	size_t n = flow_rows_count(r);

	for (size_t i = 0; i < n; i++) {
		uint64_t number = flow_rows_number(r, i);
		uint64_t bytes, before;

		assert_int_equal(flow_rows_find(r, number), i);
		if (!i)
			continue;
		bytes = store_get(s, number)->forward.bytes;
		before = store_get(s, flow_rows_number(r, i - 1))->forward.bytes;
		assert_true(descending ? before >= bytes : before <= bytes);
	}
}

static void test_rows(void **state)
{
	struct store *s;
	struct flow_rows *r;

	(void)state;
	assert_int_equal(store_new(400000, false, &s), 0);
	assert_int_equal(flow_rows_new(s, &r), 0);
	add(s, 0, 300);
	work(s);
	assert_int_equal(flow_rows_count(r), 300);
	assert_int_equal(flow_rows_number(r, 299), 299);
	assert_int_equal(flow_rows_find(r, 7), 7);
	assert_int_equal(flow_rows_find(r, 300), SIZE_MAX);
	flow_rows_sort(r, NULL, NULL, true);
	assert_int_equal(flow_rows_number(r, 0), 299);
	assert_int_equal(flow_rows_find(r, 0), 299);
	flow_rows_sort(r, by_bytes, NULL, true);
	assert_false(flow_rows_work(r, LONG));
	assert_int_equal(flow_rows_count(r), 300);
	assert_ranked(s, r, true);
	add(s, 300, 1500); /* the first ones go */
	work(s);
	while (flow_rows_work(r, 1))
		;
	assert_int_equal(flow_rows_count(r), store_end(s) - store_first(s));
	assert_int_equal(flow_rows_find(r, store_first(s) - 1), SIZE_MAX);
	flow_rows_sort(r, by_bytes, NULL, false);
	assert_ranked(s, r, false);
	store_step(s, -100);
	work(s);
	assert_int_equal(flow_rows_count(r), store_shown_end(s) - store_first(s));
	assert_ranked(s, r, false);
	store_set_filter(s, only_odd());
	work(s);
	while (flow_rows_work(r, LONG))
		;
	assert_int_equal(flow_rows_count(r), flow_rows_total(r));
	assert_ranked(s, r, false);
	store_free(s);
	flow_rows_free(r);
}

/* Texts that come in every order; numbers of the last generation are in theirs. */
static void test_labels(void **state)
{
	struct text_labels *l = text_labels_new();
	unsigned int seed = 5, generations;
	char last[16] = "", text[16];
	uint64_t before = 0;

	(void)state;
	assert_int_equal(text_label(l, "", 0), 0);
	for (int i = 0; i < 3000; i++) {
		int n = snprintf(text, sizeof(text), "%08d", rand_r(&seed) % 5000);

		assert_true(text_label(l, text, n) > 0);
	}
	/* always between the same two */
	for (int i = 0; i < 200; i++) {
		int n = snprintf(text, sizeof(text), "00000001%03d", i);

		text_label(l, text, n);
	}
	generations = text_labels_generation(l);
	assert_in_range(generations, 1, 20);
	for (int i = 0; i < 5000; i++) {
		int n = snprintf(text, sizeof(text), "%08d", i);
		uint64_t label = text_label(l, text, n);

		if (text_labels_generation(l) == generations)
			assert_true(!*last || before < label);
		generations = text_labels_generation(l);
		before = text_label(l, text, n);
		memcpy(last, text, sizeof(last));
	}
	text_labels_free(l);
}

/* -------------------------------------------------------------------- clock */

static uint64_t parsed(const char *text)
{
	uint64_t ns = 0;

	/* shown: 2023-11-14 22:13:20, now a minute later */
	return clock_parse(text, BEGIN, BEGIN + 60 * SECOND, false, &ns) ? 0 : ns;
}

static void test_clock(void **state)
{
	const uint64_t midnight = BEGIN - (22 * 3600 + 13 * 60 + 20) * SECOND;

	(void)state;
	assert_int_equal(parsed("+5s"), BEGIN + 5 * SECOND);
	assert_int_equal(parsed("-1m"), BEGIN - 60 * SECOND);
	assert_int_equal(parsed("1m"), BEGIN);
	assert_int_equal(parsed("12:03"), midnight + (12 * 3600 + 3 * 60) * SECOND);
	assert_int_equal(parsed("1:02:03.5"), midnight + 3723 * SECOND + SECOND / 2);
	assert_int_equal(parsed("2023-11-14T22:13:21Z"), BEGIN + SECOND);
	assert_int_equal(parsed("24:00"), 0);
	assert_int_equal(parsed("12:60"), 0);
	assert_int_equal(parsed("12:03:"), 0);
	assert_int_equal(parsed("12:03:04x"), 0);
	assert_int_equal(parsed("12:03:60"), 0);
	assert_int_equal(parsed("12:03:nan"), 0);
	assert_int_equal(parsed("+"), 0);
	assert_int_equal(parsed("-x"), 0);
	assert_int_equal(parsed("soon"), 0);
	assert_int_equal(parsed(""), 0);
}

static void assert_clock(uint64_t ns, bool date, unsigned int digits, const char *want)
{
	struct text t = {0};

	clock_text(&t, ns, false, date, digits);
	text_char(&t, '\0');
	assert_string_equal(t.data, want);
	text_free(&t);
}

static void test_clock_text(void **state)
{
	struct text t = {0};

	(void)state;
	assert_clock(0, true, 3, "-");
	assert_clock(BEGIN, false, 0, "22:13:20");
	assert_clock(BEGIN + 7000001, true, 3, "2023-11-14 22:13:20.007");
	assert_clock(BEGIN + 7000001, false, 9, "22:13:20.007000001");
	clock_count(&t, 999);
	text_char(&t, ' ');
	clock_count(&t, 1234007);
	text_char(&t, '\0');
	assert_string_equal(t.data, "999 1,234,007");
	text_free(&t);
}

/* Much comes: a model that nobody looks at waits, goes on when it is looked at, and says what it missed. */
static void test_lazy(void **state)
{
	struct store *s;
	static struct notes eager, lazy;
	const struct store_model model = {
		.arg = &lazy, .reset = note_reset, .flow = note_flow, .lazy = true};

	(void)state;
	assert_int_equal(store_new(64 << 10, false, &s), 0);
	attach(s, &eager, false);
	lazy = (struct notes){0};
	assert_int_equal(store_attach(s, &model), 0);
	add(s, 0, 10);
	work(s);
	assert_int_equal(lazy.n, 10);
	store_much(s, true);
	add(s, 10, 10);
	work(s);
	assert_int_equal(eager.n, 20);
	assert_int_equal(lazy.n, 10);
	store_look(s, &lazy, true);
	work(s);
	assert_int_equal(eager.n, 20); /* nothing twice */
	assert_int_equal(lazy.n, 20);
	assert_int_equal(lazy.numbers[19], 19);
	store_look(s, &lazy, false);
	add(s, 20, 2000); /* more than fits */
	work(s);
	assert_int_equal(lazy.n, 20);
	store_much(s, false);
	work(s);
	assert_true(store_first(s) > 20);
	assert_int_equal(store_missed(s, &lazy), store_first(s) - 20);
	assert_int_equal(lazy.numbers[20], store_first(s));
	assert_int_equal(lazy.numbers[lazy.n - 1], 2019);
	assert_int_equal(store_missed(s, &eager) + eager.n, 2020);
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_evicted),
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
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_text),
		cmocka_unit_test(test_lazy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
