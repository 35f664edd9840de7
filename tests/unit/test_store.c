// SPDX-License-Identifier: MIT
/* The store of the screen: models, rows, the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/store_models.h"
#include "tui/clock.h"
#include "tui/flow_rows.h"
#include "tui/sorted.h"
#include "tui/text_labels.h"

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
		cmocka_unit_test(test_live),	   cmocka_unit_test(test_filter),
		cmocka_unit_test(test_slices),	   cmocka_unit_test(test_evicted),
		cmocka_unit_test(test_sorted),	   cmocka_unit_test(test_rows),
		cmocka_unit_test(test_labels),	   cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_text), cmocka_unit_test(test_lazy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
