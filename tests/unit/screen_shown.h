/* SPDX-License-Identifier: MIT */
/* What a canvas shows, as lines. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_SCREEN_SHOWN_H
#define PITOT_TESTS_SCREEN_SHOWN_H

#include "cli/ui_filter.h"
#include "tests/unit/sample_flows.h"
#include "tui/ui_internal.h"

static struct canvas canvas;
static struct ui *ui;

static inline int parse(void *arg, const char *text, struct ui_filter **ret,
			struct ui_filter_error *e)
{
	(void)arg;
	return ui_filter_parse(NULL, text, ret, e);
}

static const struct ui_host host = {.filter_parse = parse};

static const struct ui_config config = {
	.from = UI_FROM_KERNEL,
	.from_name = "this machine",
	.why = "no rights",
	.why_err = -1,
	.host = &host,
	.history_bytes = 1 << 20,
};

static inline int set_up(void **state)
{
	(void)state;
	setenv("XDG_STATE_HOME", "/dev/null", 1);
	assert_int_equal(canvas_resize(&canvas, 80, 24), 0);
	return ui_new(&config, &ui);
}

static inline int tear_down(void **state)
{
	(void)state;
	ui_free(ui);
	canvas_free(&canvas);
	return 0;
}

/* A line of the canvas; valid until the next call. */
static inline const char *line(int y)
{
	static struct text t;
	const char *at;

	text_free(&t);
	canvas_print(&canvas, false, &t);
	text_char(&t, '\0');
	at = t.data;
	while (y--)
		at = strchr(at, '\n') + 1;
	*strchrnul(at, '\n') = '\0';
	return at;
}

#define SCREEN_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
