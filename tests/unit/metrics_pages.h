/* SPDX-License-Identifier: MIT */
/* Metrics of made flows, and the page that shows them. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_METRICS_PAGES_H
#define PITOT_TESTS_METRICS_PAGES_H

#include "export/metrics_parts.h"

static inline struct metrics *make(const char *spec, uint32_t max)
{
	struct metrics *m = NULL;
	char *error = NULL;

	assert_int_equal(metrics_new(spec, max, &m, &error), 0);
	assert_null(error);
	return m;
}

/* The page, valid until the next call. */
static inline const char *page(struct metrics *m, bool open)
{
	static struct text t;
	struct metrics_page p;
	int ret;

	t.len = 0;
	metrics_page_begin(&p, m, open);
	do
		ret = metrics_page_next(&p, &t);
	while (ret > 0);
	assert_int_equal(ret, 0);
	text_char(&t, '\0');
	return t.data;
}

static inline void assert_line(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	while (at && ((at != text && at[-1] != '\n') || at[strlen(line)] != '\n'))
		at = strstr(at + 1, line);
	if (!at)
		fail_msg("no line \"%s\" in\n%s", line, text);
}

static inline void assert_no(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in\n%s", part, text);
}

static inline void feed(struct metrics *m, struct flow f)
{
	metrics_flow(m, &f);
}

#endif
