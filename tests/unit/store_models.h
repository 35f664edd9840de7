/* SPDX-License-Identifier: MIT */
/* A store of flows, and models that count what they are fed. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_STORE_MODELS_H
#define PITOT_TESTS_STORE_MODELS_H

#include <stdlib.h>

#include "tui/store.h"

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

static inline void note_reset(void *arg)
{
	struct notes *m = arg;

	m->n = 0;
	m->resets++;
}

static inline void note_flow(void *arg, const struct flow *f, uint64_t number)
{
	struct notes *m = arg;

	(void)f;
	assert_in_range(m->n, 0, 4095);
	m->numbers[m->n++] = number;
}

static inline void note_gone(void *arg, uint64_t first)
{
	struct notes *m = arg;

	m->gone = first;
}

static inline void note_back(void *arg, uint64_t end)
{
	struct notes *m = arg;

	while (m->n && m->numbers[m->n - 1] >= end)
		m->n--;
	m->backs++;
}

static inline void attach(struct store *s, struct notes *m, bool goes_back)
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
static inline void add(struct store *s, unsigned int from, unsigned int n)
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

static inline struct store *filled(bool recording, unsigned int n)
{
	struct store *s;

	assert_int_equal(store_new(64u << 20, recording, &s), 0);
	add(s, 0, n);
	return s;
}

static inline bool work(struct store *s)
{
	bool changed, any = false;

	while (store_work(s, LONG, &changed))
		any |= changed;
	return any | changed;
}

static inline struct ui_filter *only_odd(void)
{
	struct ui_filter *f = calloc(1, sizeof(*f));
	char err[256];

	assert_non_null(f);
	assert_int_equal(filter_add(&f->filter, false, FILTER_PORT, FILTER_DESTINATION, "1", err,
				    sizeof(err)),
			 0);
	return f;
}

static inline void assert_last(const struct notes *m, size_t n, uint64_t last)
{
	assert_int_equal(m->n, n);
	if (n)
		assert_int_equal(m->numbers[n - 1], last);
	for (size_t i = 1; i < n; i++)
		assert_true(m->numbers[i - 1] < m->numbers[i]);
}

#endif
