/* SPDX-License-Identifier: MIT */
/* A history of numbered flows. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_HISTORY_KEPT_H
#define PITOT_TESTS_HISTORY_KEPT_H

#include "flows/history.h"

/* What a walk handed over. */
struct seen {
	unsigned int n;
	uint64_t times[64];
	unsigned int stop_after;
};

static inline int note(void *arg, const struct flow *f)
{
	struct seen *s = arg;

	assert_in_range(s->n, 0, 63);
	s->times[s->n++] = f->time_ns;
	return s->n == s->stop_after ? 7 : 0;
}

static inline struct history *filled(size_t max_bytes, unsigned int n)
{
	struct history *h;
	struct flow f;

	assert_int_equal(history_new(max_bytes, &h), 0);
	flow_init(&f);
	for (unsigned int i = 1; i <= n; i++) {
		f.time_ns = i * 10;
		f.src.port = i;
		history_append(h, &f);
	}
	return h;
}

static inline struct seen walk(struct history *h, struct history_range range)
{
	struct seen s = {0};

	assert_int_equal(history_each(h, &range, note, &s), 0);
	return s;
}

static inline bool odd_port(void *arg, const struct flow *f)
{
	(void)arg;
	return f->src.port & 1;
}

#endif
