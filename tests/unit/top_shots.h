/* SPDX-License-Identifier: MIT */
/* Snapshots of Top. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_TOP_SHOTS_H
#define PITOT_TESTS_TOP_SHOTS_H

#include "flows/top.h"

static inline struct top *new_top(const struct top_options *opt)
{
	struct top *t;

	assert_int_equal(top_new(opt, &t), 0);
	return t;
}

static inline struct top_snapshot shot(struct top *t, enum top_dimension d, enum top_metric m,
				       unsigned int seconds, uint64_t now_ns)
{
	struct top_query q = {
		.dimension = d, .metric = m, .seconds = seconds, .now_ns = now_ns, .peers = true};
	struct top_snapshot s = {0};

	assert_int_equal(top_snapshot(t, &q, &s), 0);
	return s;
}

static inline const struct top_row *row(const struct top_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->rows[i].name, name))
			return &s->rows[i];
	fail_msg("no row \"%s\"", name);
	return NULL;
}

#endif
